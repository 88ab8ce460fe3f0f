"""Questions to the read copy: one's own SQL, or a ready query of sql/analysis."""

from __future__ import annotations

from typing import Annotated

import polars as pl
import typer
from polars import selectors

from enrich.cli.console import show_table
from enrich.cli.look import LimitOption
from enrich.cli.options import CsvForOption
from enrich.cli.shell import Shell
from enrich.errors import BadSettings
from enrich.plain_text import json_text
from enrich.spreadsheet import csv_options, for_people
from enrich.store import ready_queries

SqlArgument = Annotated[str | None, typer.Argument(help="One statement of DuckDB's SQL")]
ReadyOption = Annotated[
    str | None, typer.Option("--ready", help="Ask this ready query; without any, they are listed")
]
CsvOption = Annotated[
    bool, typer.Option("--csv", help="Print CSV for a spreadsheet; no text of it runs as a formula")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, an object per row")]
NUMBERS_AS_NAMES = ("_key", "_no", "_id")


def query(
    shell: Shell,
    sql: SqlArgument = None,
    ready: ReadyOption = None,
    csv: CsvOption = False,
    csv_for: CsvForOption = None,
    as_json: JsonOption = False,
    limit: LimitOption = 200,
) -> None:
    """Ask the read copy, data/analysis.duckdb; without a question, list the ready ones."""
    options = csv_options(csv_for)
    if sql is None and ready is None:
        rows = [(name, one.question) for name, one in ready_queries().items()]
        show_table(shell.out, None, ("enrich query --ready", "the question"), rows)
        return
    with shell.wiring.read_copy() as copy:
        found = copy.query(statement_of(sql, ready))
    if csv or csv_for:
        shell.out.write(for_people(flat(found)).write_csv(**options))
    elif as_json:
        shell.out.write(json_lines(found))
    else:
        show(shell, found, limit)


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
        shell.say(f"{found.height:,} rows, {limit:,} shown; --limit shows more, --csv all")


def flat(found: pl.DataFrame) -> pl.DataFrame:
    """The rows as CSV holds them: tables, maps and lists of lists in a cell are JSON."""
    return found.with_columns(
        pl.Series(
            name, [None if value is None else json_text(value) for value in found[name]], pl.String
        )
        for name, kind in found.schema.items()
        if kind == pl.Binary or (kind.is_nested() and not _is_plain_list(kind))
    )


def _is_plain_list(kind: pl.DataType) -> bool:
    return isinstance(kind, pl.List) and not isinstance(kind.inner, pl.List | pl.Struct | pl.Array)


def json_lines(found: pl.DataFrame) -> str:
    """One JSON object a line; decimals and days as text."""
    rows = found.iter_rows(named=True)
    return "".join(json_text(row) + "\n" for row in rows)
