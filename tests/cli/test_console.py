"""Tables on terminals of every width."""

from __future__ import annotations

import io
import re
import unicodedata
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.panel import Panel
from rich.text import Text

from enrich.cli.console import PlainConsole, make_console, reporter, show_table
from enrich.runs.reporting import in_lines

COLUMNS = ("store", "reason", "records")
ROWS = [("main", "amount: not a number", 1200), ("other", None, 3)]


def shown(width: int) -> list[str]:
    file = io.StringIO()
    console = PlainConsole(file=file, width=width, color_system=None)
    show_table(console, "rejected", COLUMNS, ROWS)
    return file.getvalue().splitlines()


def test_a_wide_terminal_gets_a_table_under_its_title() -> None:
    lines = shown(80)
    assert lines[0] == "rejected"
    assert any("amount: not a number" in line and "1,200" in line for line in lines)


def test_where_words_would_break_every_row_is_a_paragraph() -> None:
    assert shown(25) == [
        "rejected",
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


CLI = Path(__file__).resolve().parents[2] / "enrich" / "cli"
SPECIAL = "ab [/]\x1b\x07\x08\x7f\x9b\r\n\t\u202e\u2066\u2028\ud800"
EVIL = st.text(st.sampled_from(SPECIAL) | st.characters(), max_size=20)
TURNING = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")  # of a terminal alone


def hidden(text: str) -> set[str]:
    kinds = ("Cc", "Cs", "Zl", "Zp")
    return {one for one in text if unicodedata.category(one) in kinds or one in TURNING} - {"\n"}


@settings(deadline=None, max_examples=150)
@given(EVIL, EVIL, st.booleans())
def test_nothing_hidden_reaches_a_terminal_whatever_is_shown(
    text: str, other: str, is_terminal: bool
) -> None:
    file = io.StringIO()
    console = PlainConsole(file=file, force_terminal=is_terminal, width=40, color_system="standard")
    console.print(text)
    show_table(console, text, ("a", text), [(text, other), (1, None), ([other], {text: other})])
    console.print(Panel(text, title=Text(other)))
    console.write(text.replace("\t", ""))
    try:
        raise ValueError(text)
    except ValueError:
        console.print_exception()
    assert hidden(COLOURS.sub("", file.getvalue())) == set()


@settings(deadline=None)
@given(EVIL)
def test_a_line_stays_one_line_and_its_markup_is_text(text: str) -> None:
    file = io.StringIO()
    PlainConsole(file=file, width=20, color_system=None).print(f"[bold]{text}[/bold] [/x]")
    assert re.fullmatch(r"\[bold\][^\n]*\[/bold\] \[/x\]\n", file.getvalue())


def test_progress_shows_the_name_of_the_work_as_text() -> None:
    file = io.StringIO()
    console = PlainConsole(file=file, force_terminal=True, width=100, color_system=None)
    with reporter(console) as report:
        report.step("[red]\x1b[31mstore\u202e", 1, 3)
        report.say("[red]\x1b]0;x\x07")
    assert "[red]" in file.getvalue()
    assert "\x1b[31m" not in file.getvalue() and "\x1b]0" not in file.getvalue()
    assert hidden(file.getvalue()) <= {"\x1b", "\r"}  # of the bars themselves


def test_what_the_encoding_lacks_is_escaped() -> None:
    raw = io.BytesIO()
    console = make_console(io.TextIOWrapper(raw, encoding="ascii", write_through=True))
    console.print("Jos\xe9")
    console.write("\u2014")
    assert raw.getvalue() == b"Jos\\xe9\n\\u2014"


def test_no_command_has_another_way_out() -> None:
    around = re.compile(r"(?<!\.)\bprint\(|sys\.std|\.file\b|echo\(|import Console\b")
    found = {path.name for path in CLI.rglob("*.py") if around.search(path.read_text())}
    assert found == {"console.py", "main.py"}  # the console itself, and where it is made
