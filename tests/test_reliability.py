"""Every promise of docs/reliability.md and of README's Reliability names a test that exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = {
    "docs/reliability.md": (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8"),
    "README.md": re.findall(r"^## Reliability\n.*?(?=^## )", README, re.MULTILINE | re.DOTALL)[0],
}
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
TABLE = re.compile(r"^\| Promise \|.*\n\| --- .*\n((?:\|.*\n)+)", re.MULTILINE)
COMMAND = re.compile(r"`python -m (tests[\w.]*)")


def promises(page: str) -> list[str]:
    """The rows of the tables of promises; bold rows are headings."""
    found = []
    for table in TABLE.findall(PAGES[page]):
        found += [row for row in table.splitlines() if not row.startswith("| **")]
    return found


NAMED = sorted({named for text in PAGES.values() for named in TEST.findall(text)})
COMMANDS = sorted({module for text in PAGES.values() for module in COMMAND.findall(text)})


@pytest.mark.parametrize("page", PAGES)
def test_every_promise_names_its_test(page: str) -> None:
    rows = promises(page)
    assert len(rows) > 5
    assert [row for row in rows if not TEST.search(row)] == []


@pytest.mark.parametrize(("path", "function"), NAMED)
def test_the_test_of_a_promise_is_there(path: str, function: str) -> None:
    found = (ROOT / path).read_text(encoding="utf-8")
    assert re.search(rf"^def {function}\(", found, re.MULTILINE)


@pytest.mark.parametrize("module", COMMANDS)
def test_the_command_behind_a_figure_is_there(module: str) -> None:
    path = ROOT / module.replace(".", "/")
    assert (path / "__main__.py").exists() or path.with_suffix(".py").exists()


def test_no_figure_is_left_out() -> None:
    assert [page for page, text in PAGES.items() if "FIGURES" in text] == []
