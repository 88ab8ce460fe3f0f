"""The same examples in every run, so that only a change can turn main red.

`pytest --hypothesis-profile explore` looks for new ones.
"""

import gc
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

# How long it takes to draw them is the machine's affair: that check is for whoever explores.
settings.register_profile(
    "same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", deadline=None, print_blob=True)
settings.load_profile("same")

# Hypothesis also draws constants of the modules imported by then, so that examples depended on what
# else the same worker had run. There is no setting for it.
_of_what_is_imported = providers._get_local_constants
providers._get_local_constants = lambda: (
    providers._local_constants if settings().derandomize else _of_what_is_imported()
)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect without the garbage collector: what is imported and collected stays to the end."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()
