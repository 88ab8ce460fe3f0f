"""README and docs/ say what the code does: commands, options, settings and segments.

To write the tables again: python -m tests.test_readme
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest

from enrich.cli.tables import markdown_table
from enrich.errors import BadSettings, HeldBack, Locked, Refused, Stop
from enrich.profile.segments import SEGMENTS
from enrich.warehouse import ready_queries
from tests.docs.tables import SETTING_COLUMNS, command_rows, option_rows, setting_rows

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted(DOCS.rglob("*.md")),
    *(ROOT / "sql").glob("*.md"),
]
SEGMENT_COLUMNS = ("group", "segment", "recency", "frequency", "monetary")


def segment_rows() -> list[tuple[str, ...]]:
    """One row per row of the table of segments, scores as 1 to 5."""
    return [
        (row.group, f"`{row.segment}`", *map(scores, (row.recency, row.frequency, row.monetary)))
        for row in SEGMENTS
        if row.recency
    ]


def scores(allowed: Sequence[int]) -> str:
    return str(allowed[0]) if len(allowed) == 1 else f"{allowed[0]} to {allowed[-1]}"


def ready_rows() -> list[tuple[str, str]]:
    """One row per ready query."""
    return [
        (f"[{name}](../sql/analysis/{name}.sql)", one.question)
        for name, one in ready_queries().items()
    ]


Rows = Callable[[], Iterable[Sequence[object]]]
TABLES: dict[str, tuple[str, Sequence[str], Rows]] = {
    "commands": ("commands.md", ("command", "what it does"), command_rows),
    "options": ("commands.md", ("command", "option", "what it is"), option_rows),
    "settings": ("settings.md", SETTING_COLUMNS, setting_rows),
    "ready": ("analysis.md", ("query", "the question"), ready_rows),
    "segments": ("concepts.md", SEGMENT_COLUMNS, segment_rows),
}


def between(name: str, text: str) -> str:
    found = re.search(f"<!-- {name}:start -->\n(.*?)<!-- {name}:end -->", text, re.DOTALL)
    assert found, f"no markers for {name}"
    return found[1].strip()


@pytest.mark.parametrize("name", TABLES)
def test_the_tables_are_those_of_the_code(name: str) -> None:
    page, columns, rows = TABLES[name]
    assert between(name, (DOCS / page).read_text()) == markdown_table(columns, rows())


def test_every_setting_says_what_it_does() -> None:
    """In the docstring under its field in enrich/settings.py."""
    assert [row[0] for row in setting_rows() if not row[-1]] == []


def test_the_exit_codes_are_those_of_the_errors() -> None:
    text = (DOCS / "commands.md").read_text()
    for error, words in (
        (Stop, "failed"),
        (BadSettings, "wrong usage or settings"),
        (Refused, "refused the credentials"),
        (HeldBack, "held back by a check"),
        (Locked, "another run is writing"),
    ):
        line = next(line for line in text.splitlines() if line.startswith(f"| {error.exit_code} |"))
        assert words in line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    text = page.read_text()
    links = re.findall(r"\]\((?!https?:)([^)]+)\)", text)
    assert [link for link in links if not leads_somewhere(page, link)] == []


def leads_somewhere(page: Path, link: str) -> bool:
    """Whether the file is there, and in it the heading after the `#`."""
    path, _, anchor = link.partition("#")
    target = page.parent / path if path else page
    if not target.exists():
        return False
    return not anchor or anchor in map(
        anchor_of, re.findall(r"^#+ (.*)$", target.read_text(), re.M)
    )


def anchor_of(heading: str) -> str:
    """What a heading is called in a link: lower case, dashes, no punctuation."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_every_page_stands_in_the_table_of_contents() -> None:
    contents = (DOCS / "README.md").read_text()
    missing = [page.name for page in DOCS.glob("*.md") if f"({page.name})" not in contents]
    assert [name for name in missing if name != "README.md"] == []


def test_readme_is_short_enough_to_read() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 77


def test_what_is_expected_of_such_a_tool_has_a_link_in_every_row() -> None:
    section = (ROOT / "README.md").read_text().split("## Expected of such a tool\n")[1]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| ")]
    assert len(rows) > 13
    assert [
        row for row in rows[2:] if len(row) != 2 or not row[0].strip() or "](" not in row[1]
    ] == []


def write_tables() -> None:
    for name, (page, columns, rows) in TABLES.items():
        text = (DOCS / page).read_text()
        start, end = f"<!-- {name}:start -->\n", f"<!-- {name}:end -->"
        before, rest = text.split(start)
        table = markdown_table(columns, rows())
        (DOCS / page).write_text(before + start + table + "\n" + end + rest.split(end)[1])


if __name__ == "__main__":
    write_tables()
