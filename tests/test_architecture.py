"""docs/architecture.md and CONTRIBUTING.md name files and functions that exist, and every layer."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ARCHITECTURE = ROOT / "docs" / "architecture.md"
PAGES = [ARCHITECTURE, ROOT / "CONTRIBUTING.md"]
STEP = re.compile(r"^\| \d+ \| .* \| `(\S+)` \| (.*) \|$", re.M)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_named_exists(page: Path) -> None:
    text = page.read_text()
    folders = "|".join(one.name for one in ROOT.iterdir() if one.is_dir() and one.name[0] != ".")
    named = re.findall(rf"\b(?:{folders})/[\w./]*\w", text)
    assert len(named) > 3
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_function_on_the_way_of_the_order_exists() -> None:
    steps = STEP.findall(ARCHITECTURE.read_text())
    assert len(steps) > 15
    missing = [
        f"{path}: {name}"
        for path, names in steps
        for name in re.findall(r"`(\w+)`", names) or ["no function"]
        if not re.search(rf"^ *def {name}\(", (ROOT / path).read_text(), re.M)
    ]
    assert missing == []


def test_every_layer_is_in_the_picture() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = next(one["layers"] for one in contracts["contracts"] if one["type"] == "layers")
    picture = ARCHITECTURE.read_text().split("```")[1]
    modules = [name for name in re.findall(r"[\w.]+", " ".join(layers)) if "__main__" not in name]
    paths = [name.replace(".", "/") for name in modules]
    assert [path for path in paths if not re.search(rf"\b{path}\b", picture)] == []
