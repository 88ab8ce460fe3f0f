"""Questions to the read copy: one's own SQL, or a ready query of sql/analysis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer
from polars import selectors

from enrich.cli.console import show_table
from enrich.cli.look import LimitOption
from enrich.cli.options import CsvForOption
from enrich.cli.shell import Shell
from enrich.durable import whole_file
from enrich.errors import BadSettings, Stop
from enrich.lake.manifest import tables_in
from enrich.plain_text import json_text
from enrich.spreadsheet import csv_options, flat, for_people
from enrich.warehouse import ReadCopy, read_lake, ready_queries

SqlArgument = Annotated[str | None, typer.Argument(help="One statement of DuckDB's SQL")]
ReadyOption = Annotated[
    str | None, typer.Option("--ready", help="Ask this ready query; without any, they are listed")
]
CsvOption = Annotated[
    bool, typer.Option("--csv", help="Print CSV for a spreadsheet; no text of it runs as a formula")
]
OutputOption = Annotated[
    Path | None,
    typer.Option("--output", help="Write the answer to this .csv or .json, for its owner alone"),
]
SecondsOption = Annotated[
    float, typer.Option("--max-seconds", min=0.1, help="Give up when the answer takes longer")
]
LakeOption = Annotated[
    Path | None, typer.Option("--lake", help="Ask the files of this lake instead")
]
NUMBERS_AS_NAMES = ("_key", "_no", "_id")


def query(
    shell: Shell,
    sql: SqlArgument = None,
    ready: ReadyOption = None,
    csv: CsvOption = False,
    csv_for: CsvForOption = None,
    output: OutputOption = None,
    limit: LimitOption = 200,
    max_seconds: SecondsOption = 600.0,
    lake: LakeOption = None,
) -> None:
    """Ask the read copy, and nothing but it; without a question, list the ready ones."""
    options = csv_options(csv_for)
    if sql is None and ready is None:
        rows = [(name, one.question) for name, one in ready_queries().items()]
        show_table(shell.out, None, ("enrich query --ready", "the question"), rows)
        return
    kind = kind_of(csv or csv_for is not None, shell.as_json, output)
    with _asked(shell, lake) as copy:
        found = copy.batches(statement_of(sql, ready), max_seconds=max_seconds)
        pieces = map(json_lines, found) if kind == "json" else csv_pieces(found, options)
        if output is not None:
            count = write_file(output, pieces)
            shell.say(f"written: {output} ({count:,} bytes)")
        elif kind:
            for piece in pieces:
                shell.out.write(piece)
        else:
            show(shell, first_rows(found, limit + 1), limit)


def _asked(shell: Shell, lake: Path | None) -> AbstractContextManager[ReadCopy]:
    return (
        shell.wiring.read_copy()
        if lake is None
        else read_lake(lake.resolve(), tables_in(lake.resolve()))
    )


def kind_of(csv: bool, as_json: bool, output: Path | None) -> str:
    """`csv`, `json`, or empty for a table; raises BadSettings when the options contradict."""
    if output is None:
        if csv and as_json:
            raise BadSettings("say --csv or --json, not both")
        return "csv" if csv else "json" if as_json else ""
    kind = {".csv": "csv", ".json": "json", ".jsonl": "json", ".ndjson": "json"}.get(output.suffix)
    if kind is None:
        raise BadSettings(f"{output} should end in .csv or .json")
    return kind


def write_file(path: Path, pieces: Iterator[str]) -> int:
    """How many bytes were written: whole or not at all, for the owner alone; raises Stop."""
    try:
        with whole_file(path) as unfinished, unfinished.open("w", encoding="utf-8") as file:
            file.writelines(pieces)
            return file.tell()
    except OSError as error:
        raise Stop(f"{path} cannot be written: {error.strerror}") from None


def csv_pieces(found: Iterator[pl.DataFrame], options: Mapping[str, Any]) -> Iterator[str]:
    """The header, then the rows of every frame; no text of them runs as a formula."""
    for number, frame in enumerate(found):
        begins = {} if number == 0 else {"include_header": False, "include_bom": False}
        yield for_people(flat(frame)).write_csv(**{**options, **begins})


def first_rows(found: Iterator[pl.DataFrame], count: int) -> pl.DataFrame:
    """At most so many rows; no more of the answer is computed than it takes."""
    taken = [next(found)]
    while sum(frame.height for frame in taken) < count and (frame := next(found, None)) is not None:
        taken.append(frame)
    return pl.concat(taken).head(count)


def statement_of(sql: str | None, ready: str | None) -> str:
    """The statement that is meant; raises BadSettings when it is none or two."""
    if sql is not None and ready is not None:
        raise BadSettings("give a statement or --ready, not both")
    if sql is not None:
        return sql
    known = ready_queries()
    if ready not in known:
        raise BadSettings(f"there is no ready query {ready!r}; known: {', '.join(known)}")
    return known[ready].statement


def show(shell: Shell, found: pl.DataFrame, limit: int) -> None:
    """A table of the first rows; numbers that are names, such as keys, without separators."""
    numbers = found.select(selectors.integer()).columns
    names = [name for name in numbers if name.endswith(NUMBERS_AS_NAMES)]
    shown = found.head(limit).with_columns(pl.col(names).cast(pl.String))
    show_table(shell.out, None, shown.columns, shown.iter_rows())
    if found.height > limit:
        shell.say(f"there are more than these {limit:,} rows; --limit shows more, --csv all")


def json_lines(found: pl.DataFrame) -> str:
    """One JSON object a line; decimals and days as text."""
    rows = found.iter_rows(named=True)
    return "".join(json_text(row) + "\n" for row in rows)
