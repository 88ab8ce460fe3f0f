"""Tables on terminals of every width."""

from __future__ import annotations

import io

from rich.console import Console

from enrich.cli.console import show_table
from enrich.jobs.reporting import in_lines

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


def test_progress_in_lines_has_a_rate_and_the_time_left() -> None:
    moments = iter([0.0, 10.0, 20.0, 85.0, 100.0, 0.0, 3.0])
    lines: list[str] = []
    reporter = in_lines(lines.append, lambda: next(moments))
    for done in (0, 50, 100, 149, 1000):
        reporter.step("orders", done, 1000)
    reporter.step("customers", 100, None)
    reporter.step("customers", 6000, None)
    assert lines == [
        "orders: 100 of 1,000, 5/s, 3 min left",
        "orders: 149 of 1,000, 2/s, 8 min left",  # no tenth, but a minute of silence
        "orders: 1,000 of 1,000, 10/s",
        "customers: 6,000, 1,967/s",
    ]
