"""Questions to the read copy, of one's own or ready ones; the answer on the screen or in a file."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import polars as pl
import typer
from polars import selectors

from enrich.cli.console import show_table
from enrich.cli.look import LimitOption
from enrich.cli.options import CsvForOption
from enrich.cli.shell import Shell
from enrich.compute.files import FORMATS, written
from enrich.durable import whole_file
from enrich.errors import BadSettings, Stop
from enrich.lake.manifest import tables_in
from enrich.lake_pipeline import lake_at
from enrich.plain_text import json_text
from enrich.spreadsheet import csv_options, flat, for_people
from enrich.warehouse import ReadCopy, ReadyQuery, query_of, read_lake, ready_queries
from enrich.warehouse.copies import S3

SqlArgument = Annotated[
    str | None, typer.Argument(help="One statement of DuckDB's SQL, or the name of a ready query")
]
ReadyOption = Annotated[str | None, typer.Option("--ready", help="Ask this ready query")]
ListOption = Annotated[
    bool,
    typer.Option("--list", help="List the ready queries with their parameters, as without SQL"),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", help="NAME=VALUE of a parameter of the query; may be repeated"),
]
CsvOption = Annotated[
    bool, typer.Option("--csv", help="Print CSV for a spreadsheet; no text of it runs as a formula")
]
ToOption = Annotated[
    str | None,
    typer.Option(
        "--to",
        "--output",
        help="Write the answer here: .csv, .xlsx, .parquet or .json, also s3://BUCKET/KEY",
    ),
]
WhatArgument = Annotated[str, typer.Argument(help="A table, a ready query, or one statement")]
FileOption = Annotated[
    str, typer.Option("--to", help="A .parquet, .csv, .xlsx or .json file, also s3://BUCKET/KEY")
]
SecondsOption = Annotated[
    float, typer.Option("--max-seconds", min=0.1, help="Give up when the answer takes longer")
]
LakeOption = Annotated[
    str | None, typer.Option("--lake", help="Ask the files of this lake instead, also s3://...")
]
NUMBERS_AS_NAMES = ("_key", "_no", "_id")
JSON = (".json", ".jsonl", ".ndjson")


def query(
    shell: Shell,
    sql: SqlArgument = None,
    ready: ReadyOption = None,
    listed: ListOption = False,
    parameters: SetOption = None,
    csv: CsvOption = False,
    csv_for: CsvForOption = None,
    to: ToOption = None,
    limit: LimitOption = 200,
    max_seconds: SecondsOption = 600.0,
    lake: LakeOption = None,
) -> None:
    """Ask the read copy, and nothing but it; without a question, list the ready ones."""
    options = csv_options(csv_for)
    known = ready_queries(shell.settings.queries_dir)
    if listed or (sql is None and ready is None):
        show_ready(shell, known)
        return
    if to is None and csv and shell.as_json:
        raise BadSettings("say --csv or --json, not both")
    with answer(shell, question_of(sql, ready, known), parameters, max_seconds, lake) as found:
        if to is not None:
            write_to(shell, found, to, csv_for)
        elif shell.as_json or csv or csv_for is not None:
            for piece in map(json_lines, found) if shell.as_json else csv_pieces(found, options):
                shell.out.write(piece)
        else:
            show(shell, first_rows(found, limit + 1), limit)


@contextmanager
def _asked(shell: Shell, lake: str | None) -> Iterator[ReadCopy]:
    if lake is None:
        with shell.wiring.read_copy() as copy:
            yield copy
        return
    with lake_at(shell.wiring, lake) as folder, read_lake(folder, tables_in(folder)) as copy:
        yield copy


def export(
    shell: Shell,
    what: WhatArgument,
    to: FileOption,
    parameters: SetOption = None,
    csv_for: CsvForOption = None,
    max_seconds: SecondsOption = 600.0,
) -> None:
    """Write a table of the read copy, or the answer of a query, to a file or a bucket."""
    csv_options(csv_for)
    known = ready_queries(shell.settings.queries_dir)
    asked = what if what in known or " " in what.strip() else f'from "{what.replace(chr(34), "")}"'
    with answer(shell, question_of(asked, None, known), parameters, max_seconds) as found:
        write_to(shell, found, to, csv_for)


def show_ready(shell: Shell, known: Mapping[str, ReadyQuery]) -> None:
    """The ready queries, the question of each and what it can be given."""
    rows = [
        (name, one.question, ", ".join(f"{p.name}={p.default or ''}" for p in one.parameters))
        for name, one in known.items()
    ]
    show_table(shell.out, None, ("enrich query --ready", "the question", "--set"), rows)


def question_of(sql: str | None, ready: str | None, known: Mapping[str, ReadyQuery]) -> ReadyQuery:
    """The query that is meant; raises BadSettings when it is none or two."""
    if sql is not None and ready is not None:
        raise BadSettings("give a statement or --ready, not both")
    if ready is not None and ready not in known:
        raise BadSettings(f"there is no ready query {ready!r}; known: {', '.join(known)}")
    meant = ready or sql or ""
    return known[meant] if meant in known else query_of(meant)


@contextmanager
def answer(
    shell: Shell,
    asked: ReadyQuery,
    parameters: list[str] | None,
    max_seconds: float,
    lake: str | None = None,
) -> Iterator[Iterator[pl.DataFrame]]:
    """The frames of the answer while the read copy is open."""
    values = asked.values(parameters or ())
    with _asked(shell, lake) as copy:
        yield copy.batches(asked.statement, values or None, max_seconds=max_seconds)


def write_to(shell: Shell, found: Iterator[pl.DataFrame], to: str, csv_for: str | None) -> None:
    """The answer as a file of the format that its name ends in; raises BadSettings, Stop."""
    if not to.startswith(S3):
        write_file(Path(to), found, csv_for)
        shell.say(f"written: {to} ({Path(to).stat().st_size:,} bytes)")
        return
    s3_bucket, _, key = to.removeprefix(S3).partition("/")
    if not s3_bucket or not key:
        raise BadSettings(f"{to} should be s3://BUCKET/KEY.parquet")
    with TemporaryDirectory(dir=shell.settings.data_dir, prefix=".export-") as folder:
        path = Path(folder) / Path(key).name
        write_file(path, found, csv_for)
        with path.open("rb") as file:
            drop = shell.wiring.s3_bucket(s3_bucket)
            entry = drop.put(key, lambda out: shutil.copyfileobj(file, out))
    shell.say(f"written: {to} ({entry['size_bytes']:,} bytes)")


def write_file(path: Path, found: Iterator[pl.DataFrame], csv_for: str | None) -> None:
    """The answer whole or not at all, for the owner alone."""
    suffix = path.suffix.lower()
    if suffix not in (*FORMATS, *JSON):
        known = ", ".join((*FORMATS, *JSON))
        raise BadSettings(f"{path} should end in one of {known}")
    try:
        if suffix in JSON:
            with whole_file(path) as unfinished, unfinished.open("w", encoding="utf-8") as file:
                file.writelines(map(json_lines, found))
            return
        with written(found if suffix == ".parquet" else map(flat, found), path, csv_for):
            pass
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


def show(shell: Shell, found: pl.DataFrame, limit: int) -> None:
    """A table of the first rows; numbers that are names, such as keys, without separators."""
    numbers = found.select(selectors.integer()).columns
    names = [name for name in numbers if name.endswith(NUMBERS_AS_NAMES)]
    shown = found.head(limit).with_columns(pl.col(names).cast(pl.String))
    show_table(shell.out, None, shown.columns, shown.iter_rows())
    if found.height > limit:
        shell.say(f"there are more than these {limit:,} rows; --limit shows more, --to FILE all")


def json_lines(found: pl.DataFrame) -> str:
    """One JSON object a line; decimals and days as text."""
    rows = found.iter_rows(named=True)
    return "".join(json_text(row) + "\n" for row in rows)
