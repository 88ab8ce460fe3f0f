"""Files of every format as batches of text cells, each row with its line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import polars as pl

from enrich.sources.files.batches import HAS_NUL, LINE, MAX_LINE_LENGTH, TOO_LONG, Batch, Broken
from enrich.sources.files.csv_lines import read_csv
from enrich.sources.files.json_lines import read_ndjson
from enrich.sources.files.spec import FileSpec
from enrich.sources.files.workbook import read_workbook

BATCH_ROWS = 400_000
MAX_ROWS_PER_BYTE = 100  # an id of its own for each row alone takes more room
_REASON = "\x00reason"
_NESTED = (pl.List, pl.Array, pl.Struct, pl.Object)


def read_batches(spec: FileSpec) -> Iterator[Batch]:
    """The rows of a file by its suffix, columns under our names; at least one batch, maybe empty.

    Raises BadSettings, in one line that names the file, when it cannot be read at all.
    """
    path = spec.path
    readers = {
        **dict.fromkeys((".csv", ".tsv", ".txt"), read_csv),
        **dict.fromkeys((".ndjson", ".jsonl"), _read_ndjson),
        **dict.fromkeys((".parquet", ".pq"), _read_parquet),
        ".xlsx": read_workbook,
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise spec.refusal("unknown kind of file; give .csv, .xlsx, .ndjson or .parquet")
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise spec.refusal("is no file but a pipe or a device; give a file")
        if path.stat().st_size == 0:
            raise spec.refusal("the file is empty")
        yield from reader(spec)
    except OSError as error:
        raise spec.refusal(f"cannot be read: {error.strerror or 'no file'}") from None


def state_of(spec: FileSpec) -> tuple[int, int] | None:
    """What changes when somebody writes the file; None when it cannot be seen."""
    try:
        found = spec.path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def _read_ndjson(spec: FileSpec) -> Iterator[Batch]:
    has_named = False
    for batch in read_ndjson(spec):
        named = _with_our_names(spec, batch, is_checked=has_named)
        has_named = has_named or bool(batch.rows.height)
        yield named


def _with_our_names(spec: FileSpec, batch: Batch, *, is_checked: bool) -> Batch:
    """The batch under our names, numbers with the decimal sign that is set.

    Raises BadSettings when columns are missing, unless that `is_checked`.
    """
    theirs = [name for name in batch.rows.columns if name != LINE]
    if batch.rows.height and not is_checked and spec.missing(theirs):
        raise spec.without_columns(None, theirs)
    ours = dict(zip(theirs, spec.named(theirs), strict=True))
    rows, numbers = batch.rows, batch.numbers
    if spec.format.decimal == ",":
        rows = (
            rows.with_columns(pl.col(*numbers).str.replace(".", ",", literal=True))
            if numbers
            else rows
        )
    return replace(batch, rows=rows.rename(ours), numbers=frozenset(ours[one] for one in numbers))


def _read_parquet(spec: FileSpec) -> Iterator[Batch]:
    try:
        scan = pl.scan_parquet(spec.path)
        schema = scan.collect_schema()
        spec.check_column_count(len(schema))
        row_count = scan.select(pl.len()).collect().item()
        if row_count > MAX_ROWS_PER_BYTE * spec.path.stat().st_size:
            raise spec.refusal("holds more rows than it has room for; write it again")
        numbers = frozenset(name for name, dtype in schema.items() if dtype.is_numeric())
        if spec.missing(list(schema)):
            raise spec.without_columns(None, list(schema))
        for first in range(0, max(row_count, 1), BATCH_ROWS):
            rows = scan.slice(first, BATCH_ROWS).collect()
            batch = _without_long_rows(as_text(rows).with_columns(_numbered(first)))
            yield _with_our_names(spec, replace(batch, numbers=numbers), is_checked=True)
    except pl.exceptions.PolarsError:
        raise spec.refusal("not a whole Parquet file") from None


def _without_long_rows(rows: pl.DataFrame) -> Batch:
    """As a line of a text file may not be longer than that, nor hold a NUL byte."""
    cells = [pl.col(name) for name in rows.columns if name != LINE]
    size = pl.sum_horizontal([pl.lit(0), *(cell.str.len_bytes().cast(pl.Int64) for cell in cells)])
    has_nul = pl.any_horizontal(
        [pl.lit(False), *(cell.str.contains("\0", literal=True) for cell in cells)]
    )
    reason = pl.when(size > MAX_LINE_LENGTH).then(pl.lit(TOO_LONG))
    judged = rows.with_columns(reason.when(has_nul).then(pl.lit(HAS_NUL)).alias(_REASON))
    bad = judged.filter(pl.col(_REASON).is_not_null()).select(LINE, _REASON)
    broken = tuple(Broken(line, reason, "") for line, reason in bad.iter_rows())
    good = judged.filter(pl.col(_REASON).is_null()).drop(_REASON) if broken else rows
    return Batch(good, broken)


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
