"""How the command line speaks: tables, plain lines, progress bars on a terminal."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from io import StringIO, TextIOWrapper
from typing import IO, Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from enrich.errors import BadSettings, Stop
from enrich.plain_text import json_text, one_line, visible
from enrich.runs.reporting import SILENT, Reporter, in_lines
from enrich.wrong_settings import WrongSettings

YES = frozenset({"y", "yes", "s", "si", "sí", "sim"})
PLAIN_WIDTH = 160  # a log file or a pipe has no edge to wrap at


class PlainConsole(Console):
    """The one way out: whoever wrote a text, it is a text here, no markup and no escape code."""

    def __init__(self, **options: Any) -> None:
        super().__init__(markup=False, emoji=False, highlight=False, **options)

    def print(self, *objects: Any, **options: Any) -> None:
        """Every text as one line that is not wrapped; tables and the like as they are."""
        if all(isinstance(one, str) for one in objects):
            options.setdefault("soft_wrap", True)
        super().print(*(_text(one) if isinstance(one, str) else one for one in objects), **options)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterator[Segment]:
        """What is written at last: only rich's own control codes are among it."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=visible(segment.text))

    def write(self, text: str) -> None:
        """A whole document, such as CSV or JSON, as it is, but for hidden characters."""
        self.file.write(visible(text))


class Document(PlainConsole):
    """Results for a program: what would be tables and lines is one JSON object after the block.

    A command that writes a document of its own has the last word.
    """

    def __init__(self, out: PlainConsole) -> None:
        super().__init__(file=StringIO())
        self._out = out
        self._is_written = False
        self._tables: dict[str, list[dict[str, object]]] = {}
        self._lines: list[str] = []

    def print(self, *objects: Any, **options: Any) -> None:
        """Kept as a line."""
        self._lines += [one_line(str(one)) for one in objects]

    def write(self, text: str) -> None:
        """A document of the command's own, in the place of this one."""
        self._is_written = True
        self._out.write(text)

    def add(
        self, name: str, columns: Sequence[str], rows: Iterable[Sequence[object]], **of: object
    ) -> None:
        """Rows of one table; those of several stores are one list."""
        names = [_key(column) for column in columns]
        found = self._tables.setdefault(_key(name), [])
        found += [{**of, **dict(zip(names, row, strict=True))} for row in rows]

    def __enter__(self) -> Document:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """`tables` by name, each a list of objects, and `lines`; after an error what there is."""
        if isinstance(error, WrongSettings):
            problems = [(one.place, one.where, one.text) for one in error.problems]
            self.add("problems", ("setting", "where", "problem"), problems)
        if not self._is_written:
            found = {"tables": self._tables, "lines": self._lines}
            self._out.write(json_text(found, indent=2) + "\n")


def _key(title: str) -> str:
    """A title or column as a key of JSON: `hours behind` is `hours_behind`."""
    return "_".join(re.findall(r"[^\W_]+", title.replace("(UTC)", "").lower()))


class Stamped(PlainConsole):
    """Messages with their moment; progress is lines among them."""

    def __init__(self, clock: Callable[[], datetime], to: PlainConsole) -> None:
        super().__init__(file=to.file, force_terminal=False, width=PLAIN_WIDTH, color_system=None)
        self._clock = clock

    def print(self, *objects: Any, **options: Any) -> None:
        moment = f"{self._clock():%H:%M:%S}Z "
        super().print(*(moment + one if isinstance(one, str) else one for one in objects))


def _text(value: str) -> Text:
    return Text(one_line(value))


def make_console(file: IO[str]) -> PlainConsole:
    """A console on `file`; wide enough for whole tables when it is no terminal.

    What the encoding of the file lacks is written as an escape, such as \\xe9.
    """
    if isinstance(file, TextIOWrapper):
        file.reconfigure(errors="backslashreplace")
    console = PlainConsole(file=file)
    if not console.is_terminal:
        console = PlainConsole(file=file, width=PLAIN_WIDTH, color_system=None)
    return console


def confirm(console: PlainConsole, question: str, *, yes: bool) -> None:
    """Go on when a person at the terminal agrees, or did with `yes` already.

    Raises Stop when the person does not, BadSettings when nobody is there to be asked.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise BadSettings(f"there is no terminal to ask at; add --yes to agree to: {question}")
    console.print(f"{question} [y/N] ", end="")
    if sys.stdin.readline().strip().lower() not in YES:
        raise Stop("nothing was done")


def show_table(
    console: PlainConsole,
    title: str | None,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    name: str | None = None,
    **of: object,
) -> None:
    """Print one table; None is an empty cell, numbers stand to the right.

    Where words would have to break for it to fit, every row is a paragraph instead. In JSON it is
    called `name`, by default its title, and each row is `of` the same, such as a store.
    """
    if isinstance(console, Document):
        console.add(name or title or "rows", columns, rows, **of)
        return
    content = [tuple(row) for row in rows]
    if title:  # a title of the table itself would be folded to its width
        console.print(title, style="italic")
    table = Table(header_style="bold")
    for position, name in enumerate(columns):
        numbers = all(_is_number(row[position]) for row in content) and bool(content)
        table.add_column(_text(name), justify="right" if numbers else "left", overflow="fold")
    for row in content:
        table.add_row(*(_text(_cell(value)) for value in row))
    unbounded = console.options.update(width=_WIDTH_OF_ANY_TABLE)
    if content and console.measure(table, options=unbounded).minimum > console.width:
        _show_paragraphs(console, columns, content)
    else:
        console.print(table)


_WIDTH_OF_ANY_TABLE = 100_000


def _show_paragraphs(
    console: PlainConsole, columns: Sequence[str], content: Sequence[Sequence[object]]
) -> None:
    for row in content:
        for name, value in zip(columns, row, strict=True):
            if value is not None:
                console.print(f"{name}: {_cell(value)}")
        console.print()


def currency(cents: int | None) -> Decimal | None:
    """Cents in currency units."""
    return None if cents is None else Decimal(cents).scaleb(-2)


def _is_number(value: object) -> bool:
    is_kind = isinstance(value, int | float | Decimal)
    return value is None or (is_kind and not isinstance(value, bool))


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | Decimal):
        return f"{value:,}"
    if isinstance(value, datetime):
        return str(value.replace(microsecond=0))
    if isinstance(value, float):
        return f"{value:,.4f}".rstrip("0").rstrip(".")
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


class _RateColumn(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f}/s" if speed else "", style="cyan")


@dataclass
class _Bars:
    """One bar a label; its total may grow while the work is found."""

    progress: Progress
    tasks: dict[str, TaskID] = field(default_factory=dict)

    def step(self, label: str, done_count: int, total_count: int | None) -> None:
        if label not in self.tasks:
            self.tasks[label] = self.progress.add_task(label, total=total_count)
        self.progress.update(self.tasks[label], completed=done_count, total=total_count)


@contextmanager
def reporter(console: PlainConsole, *, quiet: bool = False) -> Iterator[Reporter]:
    """What a job reports to: bars with count, rate and time left on a terminal, else lines.

    With `quiet` only the bars are shown.
    """

    def say(line: str) -> None:
        if not quiet:
            console.print(line)

    if not console.is_terminal:
        yield SILENT if quiet else in_lines(say)
        return
    with Progress(*_columns(), console=console, transient=True) as progress:
        yield Reporter(say=say, step=_Bars(progress).step)


def _columns() -> tuple[Any, ...]:
    return (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        _RateColumn(),
        TimeRemainingColumn(),
    )
