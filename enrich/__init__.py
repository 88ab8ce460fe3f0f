"""Self-hosted customer enrichment for shops on VTEX.

For programs and notebooks: `build_profiles`, `build_predictions`, `open_read_copy`
(docs/library.md).
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_LIBRARY = ("PredictionRules", "Rules", "build_predictions", "build_profiles", "open_read_copy")


def __getattr__(name: str) -> Any:
    """What enrich.api has, which is loaded when it is first asked for."""
    if name in _LIBRARY:
        return getattr(import_module("enrich.api"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Names for completion, with the functions that are imported at first use."""
    return sorted({*globals(), *_LIBRARY})
