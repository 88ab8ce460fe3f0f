"""Tables on terminals of every width."""

from __future__ import annotations

import io

from rich.console import Console

from enrich.cli.console import show_table

COLUMNS = ("store", "reason", "records")
ROWS = [("main", "amount: not a number", 1200), ("other", None, 3)]


def shown(width: int) -> list[str]:
    file = io.StringIO()
    console = Console(file=file, width=width, color_system=None)
    show_table(console, "set aside", COLUMNS, ROWS)
    return file.getvalue().splitlines()


def test_a_wide_terminal_gets_a_table_under_its_title() -> None:
    lines = shown(80)
    assert lines[0] == "set aside"
    assert any("amount: not a number" in line and "1,200" in line for line in lines)


def test_where_words_would_break_every_row_is_a_paragraph() -> None:
    assert shown(25) == [
        "set aside",
        "store: main",
        "reason: amount: not a number",
        "records: 1,200",
        "",
        "store: other",
        "records: 3",
        "",
    ]
