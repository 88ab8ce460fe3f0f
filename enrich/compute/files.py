"""Rows as one file, Parquet, CSV or a workbook: whole or not at all, for its owner only."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from polars import selectors

from enrich.durable import whole_file
from enrich.spreadsheet import csv_options, for_people, write_xlsx

FORMATS = (".parquet", ".csv", ".xlsx")
SHEET_ROWS = 10_000
_NO_SHEET_NAME = re.compile(r"[\[\]:*?/\\']")


@contextmanager
def written(
    parts: Iterable[pl.DataFrame], output: Path | None, csv_for: str | None = None
) -> Iterator[Iterable[pl.DataFrame]]:
    """The same parts to pass on; what passed, and what did not, is in the file after the block.

    `csv_for` names the reader of a CSV file, one of `enrich.spreadsheet.CSV_READERS`.
    """
    if output is None:
        yield parts
        return
    output.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=output.parent, prefix=f".{output.name}.") as folder:
        passing = _each_written(parts, Path(folder))
        yield passing
        deque(passing, maxlen=0)  # what nobody asked for in the block
        _join(sorted(Path(folder).iterdir()), output, csv_for)


def _each_written(parts: Iterable[pl.DataFrame], folder: Path) -> Iterator[pl.DataFrame]:
    for number, part in enumerate(parts):
        plain(part).write_parquet(folder / f"{number:06d}.parquet")
        yield part


def plain(part: pl.DataFrame) -> pl.DataFrame:
    """Texts as texts: the vocabularies that a part holds them by are not the file's."""
    lists = selectors.list(selectors.enum()).cast(pl.List(pl.String))
    return part.with_columns(selectors.enum().cast(pl.String), lists)


def _join(parts: list[Path], output: Path, csv_for: str | None) -> None:
    with whole_file(output) as half:
        _sink(pl.scan_parquet(parts), half, output, csv_for)


def _sink(rows: pl.LazyFrame, path: Path, output: Path, csv_for: str | None) -> None:
    suffix = output.suffix.lower()
    if suffix == ".xlsx":
        flat = for_people(rows)
        count = flat.select(pl.len()).collect().item()
        starts = range(0, max(count, 1), SHEET_ROWS)
        parts = (flat.slice(at, SHEET_ROWS).collect() for at in starts)
        write_xlsx(path, sheet_name(output), parts, count)
    elif suffix == ".csv":
        for_people(rows).sink_csv(path, **csv_options(csv_for))
    else:
        rows.sink_parquet(path)


def sheet_name(output: Path) -> str:
    """The name of the only sheet: that of the file, as Excel takes it."""
    return _NO_SHEET_NAME.sub(" ", output.stem)[:31].strip() or "rows"
