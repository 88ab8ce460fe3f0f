"""README says what the code does: commands, fields and settings are compared with it.

To write the tables again: python -m tests.test_readme
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from enrich.cli.main import command_rows
from enrich.cli.tables import (
    FIELD_COLUMNS,
    SETTING_COLUMNS,
    field_rows,
    markdown_table,
    setting_rows,
)
from enrich.errors import BadSettings, HeldBack, Locked, Refused, Stop

README = Path(__file__).resolve().parents[1] / "README.md"
TABLES = {
    "commands": (("command", "what it does"), command_rows),
    "fields": (FIELD_COLUMNS, field_rows),
    "settings": (SETTING_COLUMNS, setting_rows),
}


def between(name: str, text: str) -> str:
    found = re.search(f"<!-- {name}:start -->\n(.*?)<!-- {name}:end -->", text, re.DOTALL)
    assert found, f"README has no markers for {name}"
    return found[1].strip()


@pytest.mark.parametrize("name", TABLES)
def test_the_tables_are_those_of_the_code(name: str) -> None:
    columns, rows = TABLES[name]
    assert between(name, README.read_text()) == markdown_table(columns, rows())


def test_the_exit_codes_are_those_of_the_errors() -> None:
    text = README.read_text()
    for error, words in (
        (Stop, "failed"),
        (BadSettings, "wrong usage or settings"),
        (Refused, "refused the credentials"),
        (HeldBack, "held back by a check"),
        (Locked, "another run is writing"),
    ):
        line = next(line for line in text.splitlines() if line.startswith(f"| {error.exit_code} |"))
        assert words in line


def test_every_file_that_readme_links_to_is_there() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README.read_text())
    assert links
    missing = [link for link in links if not (README.parent / link).exists()]
    assert missing == []


def write_tables() -> None:
    text = README.read_text()
    for name, (columns, rows) in TABLES.items():
        start, end = f"<!-- {name}:start -->\n", f"<!-- {name}:end -->"
        before, rest = text.split(start)
        text = before + start + markdown_table(columns, rows()) + "\n" + end + rest.split(end)[1]
    README.write_text(text)


if __name__ == "__main__":
    write_tables()
