"""How this copy was installed: the command that adds a library to it, and where its pages are.

Never by the name of an index: what is called `enrich` there is another project.
"""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path
from urllib.parse import unquote, urlparse

NAME = "enrich-rfm"


def page(name: str) -> Path:
    """Where a page of the documentation is: inside an installed package, else in the checkout."""
    package = Path(__file__).resolve().parent
    folder = package / "_docs"
    return (folder if folder.is_dir() else package.parent / "docs") / name


def install_command(extra: str, copy: Distribution | None = None, prefix: str = sys.prefix) -> str:
    """The command that adds the libraries of an optional extra to this copy.

    From the wheel or checkout it was installed from, by pipx or uv where one of them did; where
    that is gone, the libraries themselves.
    """
    copy = copy or distribution(NAME)
    if (source := _source(copy)) is None:
        return _line(sys.executable, "-m", "pip", "install", *_libraries(copy, extra))
    path, is_editable = source
    wanted = [*(["-e"] if is_editable else []), f"{path}[{extra}]"]
    if Path(prefix, "pipx_metadata.json").exists():
        return _line("pipx", "install", "--force", *wanted)
    if Path(prefix, "uv-receipt.toml").exists():
        return _line("uv", "tool", "install", "--force", *wanted)
    return _line(sys.executable, "-m", "pip", "install", *wanted)


def _line(*words: str) -> str:
    return shlex.join(words)


def _source(copy: Distribution) -> tuple[Path, bool] | None:
    """The wheel or folder this copy is from, and whether that folder is used as it is."""
    origin = json.loads(copy.read_text("direct_url.json") or "{}")
    url = urlparse(origin.get("url", ""))
    path = Path(unquote(url.path))
    if url.scheme != "file" or not path.exists():
        return None
    return path, bool(origin.get("dir_info", {}).get("editable"))


def _libraries(copy: Distribution, extra: str) -> Iterator[str]:
    for needed in copy.requires or ():
        library, _, marker = needed.partition(";")
        if marker.replace("'", '"').strip() == f'extra == "{extra}"':
            yield library.strip()
