"""Files of every format as batches of text cells, each row with its line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from enrich.errors import BadSettings
from enrich.imports.batches import LINE, Batch
from enrich.imports.csv_lines import read_csv
from enrich.imports.json_lines import read_ndjson

BATCH_ROWS = 400_000
_NESTED = (pl.List, pl.Array, pl.Struct, pl.Object)


def read_batches(path: Path) -> Iterator[Batch]:
    """The rows of a CSV, NDJSON or Parquet file, by its suffix; at least one batch, maybe empty.

    Raises BadSettings, in one line that names the file, when it cannot be read at all.
    """
    readers = {
        **dict.fromkeys((".csv", ".tsv", ".txt"), read_csv),
        **dict.fromkeys((".ndjson", ".jsonl"), read_ndjson),
        **dict.fromkeys((".parquet", ".pq"), _read_parquet),
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise BadSettings(f"{path.name}: unknown kind of file; give .csv, .ndjson or .parquet")
    try:
        if path.stat().st_size == 0:
            raise BadSettings(f"{path.name}: the file is empty")
        yield from reader(path)
    except OSError as error:
        raise BadSettings(f"{path.name}: cannot be read: {error.strerror or 'no file'}") from None


def _read_parquet(path: Path) -> Iterator[Batch]:
    try:
        scan = pl.scan_parquet(path)
        row_count = scan.select(pl.len()).collect().item()
        for first in range(0, max(row_count, 1), BATCH_ROWS):
            rows = scan.slice(first, BATCH_ROWS).collect()
            yield Batch(as_text(rows).with_columns(_numbered(first)))
    except pl.exceptions.PolarsError:
        raise BadSettings(f"{path.name}: not a whole Parquet file") from None


def _numbered(first: int) -> pl.Expr:
    return pl.int_range(first + 1, first + 1 + pl.len(), dtype=pl.Int64).alias(LINE)


def as_text(rows: pl.DataFrame) -> pl.DataFrame:
    """The same cells as text, so that one set of rules reads every format."""
    return rows.select(_text_of(name, dtype) for name, dtype in rows.schema.items())


def _text_of(name: str, dtype: pl.DataType) -> pl.Expr:
    cell = pl.col(name)
    if isinstance(dtype, _NESTED):
        return pl.when(cell.is_not_null()).then(pl.struct(cell).struct.json_encode()).alias(name)
    if isinstance(dtype, pl.Float32 | pl.Float64):
        whole = cell.is_finite() & (cell == cell.round()) & (cell.abs() < 1e15)
        digits = cell.cast(pl.Int64, strict=False).cast(pl.String)
        return pl.when(whole).then(digits).otherwise(cell.cast(pl.String)).alias(name)
    if isinstance(dtype, pl.Datetime):
        moment = cell.dt.cast_time_unit("us")
        if dtype.time_zone is None:
            return moment.dt.to_string("%Y-%m-%dT%H:%M:%S%.6f")
        return moment.dt.convert_time_zone("UTC").dt.to_string("%Y-%m-%dT%H:%M:%S%.6fZ")
    return cell.cast(pl.String)
