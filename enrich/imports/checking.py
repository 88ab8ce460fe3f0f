"""One import file against its table: typed rows, rejects and notes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from enrich.errors import BadSettings
from enrich.imports.batches import LINE, SHOWN_CHARACTERS, Batch, tidy_names
from enrich.imports.sources import read_batches
from enrich.imports.tables import Table
from enrich.imports.values import Fault, trimmed
from enrich.model import MAX_TEXT, Reject

MAX_REJECTS = 1_000_000  # more than that is a wrong file, not a file with bad rows
MAX_REJECTED_TEXT = 2**28  # as much of their text is kept in memory, in characters
NAMED_COLUMNS = 30
_REASON = "\x00reason"
_VALUE = "\x00value "


@dataclass(frozen=True)
class TableRead:
    """The good rows of one file with their LINE, the bad ones, and what there is to say."""

    rows: pl.DataFrame
    rejects: list[Reject]
    notes: list[str]
    row_count: int


@dataclass
class _Tally:
    """What is gathered while the batches go by."""

    row_count: int = 0
    dropped_emails: int = 0
    ignored: dict[str, None] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)
    rejected_text: int = 0
    dropped_cells: int = 0


def read_table(path: Path, table: Table) -> TableRead:
    """The rows of one file; raises BadSettings when nothing in it can be used."""
    tally = _Tally()
    parts = [_read_batch(path, table, batch, tally) for batch in _batches(path, table)]
    if tally.row_count == 0:
        raise BadSettings(f"{path.name}: the file has no rows")
    rows = pl.concat(parts)
    repeated_count = 0
    if table.is_unique:
        rows, repeated_count = _once(path, table, rows, tally)
    if rows.is_empty():
        first = min(tally.rejects, key=lambda reject: reject.line or 0)
        raise BadSettings(
            f"{path.name}: none of its {tally.row_count} rows can be used;"
            f" the first, line {first.line}: {first.reason}"
        )
    rejects = sorted(tally.rejects, key=lambda reject: reject.line or 0)
    return TableRead(rows, rejects, list(_notes(path, tally, repeated_count)), tally.row_count)


def _batches(path: Path, table: Table) -> Iterator[Batch]:
    """The batches with the table's columns in its own spelling and every cell trimmed."""
    is_checked = False
    for batch in read_batches(path):
        names = [name for name in batch.rows.columns if name != LINE]
        tidy = tidy_names(path, names)
        own = [name.lower() if name.lower() in table.names else name for name in tidy]
        missing = [name for name in table.required if name not in own]
        has_cells = bool(names or batch.rows.height)
        if has_cells and missing and not is_checked:
            raise BadSettings(f"{path.name}: the column {missing[0]} is missing")
        is_checked = is_checked or has_cells
        rows = batch.rows.rename(dict(zip(names, own, strict=True)))
        yield Batch(rows.with_columns(trimmed(name).alias(name) for name in own), batch.broken)


def _read_batch(path: Path, table: Table, batch: Batch, tally: _Tally) -> pl.DataFrame:
    """The good rows of one batch, typed; the bad ones go to the tally."""
    extra = [name for name in batch.rows.columns if name not in table.names and name != LINE]
    tally.row_count += batch.rows.height + len(batch.broken)
    absent = [name for name in table.names if name not in batch.rows.columns]
    kept = _without_long_cells(batch.rows, extra, tally) if table.keeps_extra else batch.rows
    rows = kept.with_columns(pl.lit(None, pl.String).alias(name) for name in absent)
    # lazily: an expression that stands in a value and in its faults is then computed once
    judged = rows.lazy().with_columns(_first_reason(table), *_values(table)).collect()
    broken = [Reject(None, row.reason, row.payload, path.name, row.line) for row in batch.broken]
    bad = judged.filter(pl.col(_REASON).is_not_null())
    _keep(path, tally, [*broken, *_rejects(path, table, bad, batch.rows.columns)])
    good = judged.filter(pl.col(_REASON).is_null())
    typed = good.select(*_output(table, extra), LINE)
    tally.dropped_emails += _dropped_email_count(good, typed)
    if not table.keeps_extra:
        tally.ignored |= dict.fromkeys(extra)
    return typed


def _without_long_cells(rows: pl.DataFrame, names: list[str], tally: _Tally) -> pl.DataFrame:
    """The rows without what no field of a customer holds; the tally counts it."""
    kept = rows.with_columns(
        pl.when(pl.col(name).str.len_chars() <= MAX_TEXT).then(name).alias(name) for name in names
    )
    tally.dropped_cells += sum(kept[name].null_count() - rows[name].null_count() for name in names)
    return kept


def _first_reason(table: Table) -> pl.Expr:
    """Why a row is bad: the first fault in the order of the columns; null when it is good."""
    empty = [
        Fault(pl.col(column.name).is_null(), f"{column.name}: missing")
        for column in table.columns
        if column.is_filled
    ]
    of_cells = [fault for column in table.columns for fault in column.parse(column.name).faults]
    faults = (*empty, *of_cells, *table.faults)
    reasons = [pl.when(fault.is_bad).then(pl.lit(fault.reason)) for fault in faults]
    return pl.coalesce(reasons).alias(_REASON)


def _values(table: Table) -> Iterator[pl.Expr]:
    """The typed value of every column, beside the cell it comes from."""
    for column in table.columns:
        value = column.parse(column.name).value.cast(column.dtype)
        default = (table.defaults or {}).get(column.name)
        filled = value if default is None else value.fill_null(pl.lit(default))
        yield filled.alias(_VALUE + column.output_name)


def _output(table: Table, extra: list[str]) -> Iterator[pl.Expr]:
    for column in table.columns:
        yield pl.col(_VALUE + column.output_name).alias(column.output_name)
    if table.keeps_extra:
        yield _extra_fields(extra)


def _extra_fields(extra: list[str]) -> pl.Expr:
    if not extra:
        return pl.lit(None, pl.String).alias("extra_fields")
    return pl.struct(extra).struct.json_encode().alias("extra_fields")


def _dropped_email_count(good: pl.DataFrame, typed: pl.DataFrame) -> int:
    if "email" not in typed.columns:
        return 0
    return typed["email"].null_count() - good["email"].null_count()


def _rejects(path: Path, table: Table, bad: pl.DataFrame, columns: Iterable[str]) -> list[Reject]:
    """A reject per bad row; its payload holds every cell of the file under the file's columns."""
    cells = [name for name in columns if name != LINE]
    shown = [pl.col(cell).str.head(SHOWN_CHARACTERS) for cell in cells]
    payload = pl.struct(shown).struct.json_encode() if cells else pl.lit("{}")
    rows = bad.select(table.key, _REASON, payload.alias("payload"), LINE)
    return [
        Reject(key, reason, payload, path.name, line)
        for key, reason, payload, line in rows.iter_rows()
    ]


def _keep(path: Path, tally: _Tally, rejects: list[Reject]) -> None:
    tally.rejects += rejects
    tally.rejected_text += sum(len(reject.payload) for reject in rejects)
    if len(tally.rejects) > MAX_REJECTS or tally.rejected_text > MAX_REJECTED_TEXT:
        raise BadSettings(
            f"{path.name}: {len(tally.rejects):,} of its first {tally.row_count:,} rows are bad;"
            f" the first, line {tally.rejects[0].line}: {tally.rejects[0].reason}"
        )


def _once(path: Path, table: Table, rows: pl.DataFrame, tally: _Tally) -> tuple[pl.DataFrame, int]:
    """The first row of every key, and how many repeat it word for word; others are rejects."""
    repeated = rows.filter(pl.col(table.key).is_duplicated())
    if repeated.is_empty():
        return rows, 0
    said = [name for name in rows.columns if name != LINE]
    is_same = pl.all_horizontal(
        pl.col(name).eq_missing(pl.col(name).first().over(table.key)) for name in said
    )
    later = repeated.with_columns(is_same.alias("is_same")).filter(
        ~pl.col(table.key).is_first_distinct()
    )
    differing = later.filter(~pl.col("is_same"))[LINE]
    _reject_lines(path, table, differing, tally)
    kept = rows.unique(table.key, keep="first", maintain_order=True)
    return kept, later.height - len(differing)


def _reject_lines(path: Path, table: Table, lines: pl.Series, tally: _Tally) -> None:
    """Rejects of rows that contradict an earlier one; the file is read again for their text."""
    if lines.is_empty():
        return
    reason = pl.lit(f"{table.key}: given twice with different values")
    for batch in _batches(path, table):
        bad = batch.rows.filter(pl.col(LINE).is_in(lines.to_list())).with_columns(
            reason.alias(_REASON)
        )
        if not bad.is_empty():
            _keep(path, tally, _rejects(path, table, bad, batch.rows.columns))


def _notes(path: Path, tally: _Tally, repeated_count: int) -> Iterator[str]:
    if tally.ignored:
        names, rest = list(tally.ignored)[:NAMED_COLUMNS], len(tally.ignored) - NAMED_COLUMNS
        more = f" and {rest} more" if rest > 0 else ""
        yield f"{path.name}: columns ignored: {', '.join(names)}{more}"
    if tally.dropped_cells:
        long_ones = f"cells left out because they are longer than {MAX_TEXT:,} characters"
        yield f"{path.name}: {long_ones}: {tally.dropped_cells}"
    if tally.dropped_emails:
        yield f"{path.name}: e-mails left out because they are no addresses: {tally.dropped_emails}"
    if repeated_count:
        yield f"{path.name}: rows that repeat an earlier one word for word: {repeated_count}"
