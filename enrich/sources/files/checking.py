"""One import file against its table: typed rows, rejects and notes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from enrich.errors import BadSettings
from enrich.model import MAX_TEXT, Reject
from enrich.sources.files.batches import LINE, SHOWN_CHARACTERS, Batch
from enrich.sources.files.notations import Judged, judge
from enrich.sources.files.sources import read_batches, state_of
from enrich.sources.files.spec import NAMED_COLUMNS, FileSpec
from enrich.sources.files.tables import Column, Table
from enrich.sources.files.values import VALUE, Fault, Parsed, is_empty, parse, trimmed, value_of
from enrich.sources.files.words import VTEX_STATUSES, folded

MAX_REJECTS = 1_000_000  # more than that is a wrong file, not a file with bad rows
MAX_REJECTED_TEXT = 2**28  # as much of their text is kept in memory, in characters
MAX_UNKNOWN_WORDS = 1_000
_REASON = "\x00reason"
_UNKNOWN = "\x00unknown "
_NOBODY = "\x00nobody"


@dataclass(frozen=True)
class Understood:
    """One column of the file as it was read; counts are of the good rows."""

    name: str
    theirs: str
    read_as: str
    filled_count: int
    dropped_count: int


@dataclass(frozen=True)
class TableRead:
    """The good rows of one file with their LINE, the bad ones, and what there is to say.

    `unknown` has the words of closed lists that nobody knows, each with its rows and first line.
    """

    rows: pl.DataFrame
    rejects: list[Reject]
    notes: list[str]
    row_count: int
    unknown: dict[str, tuple[int, int]] = field(default_factory=dict)
    understood: str = ""
    columns: tuple[Understood, ...] = ()


@dataclass
class _Tally:
    """What is gathered while the batches go by."""

    row_count: int = 0
    going_on_count: int = 0
    nobody_count: int = 0
    long_cell_count: int = 0
    last_key: str | None = None
    understood: str = ""
    filled: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    ignored: dict[str, None] = field(default_factory=dict)
    unknown: dict[str, tuple[int, int]] = field(default_factory=dict)
    spelled: dict[str, str] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)
    rejected_text: int = 0


def read_table(path: Path, table: Table) -> TableRead:
    """The rows of one file, read once to understand it and once to take it.

    Raises BadSettings when it cannot be understood, with the setting that helps, or when nothing in
    it can be used.
    """
    spec = FileSpec(path, table.name, table.names, table.required, table.format, table.alternatives)
    _refuse_wrong_settings(spec)
    state = state_of(spec)
    parsed = {column.name: column.parse(column.name) for column in table.columns}
    judged = judge(spec, table, parsed, _batches(spec))
    tally = _Tally()
    parts = [_read_batch(spec, table, parsed, batch, tally) for batch in _batches(spec)]
    if state != state_of(spec):
        raise spec.refusal("was written to while it was read; run it again")
    if tally.row_count == 0:
        raise spec.refusal("the file has no rows")
    rows = pl.concat(parts)
    repeated_count = 0
    if table.is_unique:
        rows, repeated_count = _once(spec, table, rows, tally)
    if rows.is_empty():
        raise _nothing_usable(spec, tally)
    rejects = sorted(tally.rejects, key=lambda reject: reject.line or 0)
    return TableRead(
        rows,
        rejects,
        list(_notes(path, table, tally, repeated_count)),
        tally.row_count,
        tally.unknown,
        tally.understood,
        tuple(_understood(table, judged, tally)),
    )


def _refuse_wrong_settings(spec: FileSpec) -> None:
    """Raises BadSettings on columns and statuses that are none of ours."""
    columns = [name for name in spec.format.columns if name not in spec.names]
    if columns:
        known = ", ".join(spec.names)
        raise spec.refusal(f"columns: {columns[0]} is no column of ours; they are {known}")
    statuses = [ours for ours in spec.format.statuses.values() if ours not in VTEX_STATUSES]
    if statuses:
        raise spec.refusal(f"statuses: {statuses[0]} is no status of VTEX, such as invoiced")


def _nothing_usable(spec: FileSpec, tally: _Tally) -> BadSettings:
    if not tally.rejects:
        return spec.refusal("the file has no rows")
    first = min(tally.rejects, key=lambda reject: reject.line or 0)
    return spec.refusal(
        f"none of its {tally.row_count} rows can be used;"
        f" the first, line {first.line}: {first.reason}"
    )


def _batches(spec: FileSpec) -> Iterator[Batch]:
    """The batches of the file, every cell trimmed."""
    for batch in read_batches(spec):
        names = [name for name in batch.rows.columns if name != LINE]
        rows = batch.rows.with_columns(trimmed(name).alias(name) for name in names)
        yield Batch(rows, batch.broken, batch.numbers, batch.understood)


def _read_batch(
    spec: FileSpec, table: Table, parsed: Mapping[str, Parsed], batch: Batch, tally: _Tally
) -> pl.DataFrame:
    """The good rows of one batch, typed; the bad ones go to the tally."""
    path = spec.path
    tally.understood = tally.understood or batch.understood
    given = _without_going_on(table, batch.rows, tally)
    extra = [name for name in given.columns if name not in table.names and name != LINE]
    tally.row_count += given.height + len(batch.broken)
    absent = [name for name in table.names if name not in given.columns]
    kept = _without_long_cells(given, extra, tally) if table.keeps_extra else given
    rows = kept.with_columns(pl.lit(None, pl.String).alias(name) for name in absent)
    judged = _judged(table, parsed, rows)
    broken = [Reject(None, row.reason, row.payload, path.name, row.line) for row in batch.broken]
    bad = judged.filter(pl.col(_REASON).is_not_null())
    _keep(spec, tally, [*broken, *_rejects(path, table, bad, given.columns)])
    good = judged.filter(pl.col(_REASON).is_null())
    _count(table, good, tally)
    if not table.keeps_extra:
        tally.ignored |= dict.fromkeys(extra)
    return good.select(*_output(table, extra), LINE)


def _without_going_on(table: Table, rows: pl.DataFrame, tally: _Tally) -> pl.DataFrame:
    """The rows without those that only go on with the row before: the further lines of an order."""
    if table.goes_on is None or table.key not in rows.columns or rows.is_empty():
        return rows
    wanted = [name for name in table.names if name not in rows.columns]
    whole = rows.with_columns(pl.lit(None, pl.String).alias(name) for name in wanted)
    key = pl.col(table.key)
    is_same = (key == key.shift(1, fill_value=tally.last_key)).fill_null(False)
    kept = rows.filter(~whole.select(is_same & table.goes_on).to_series())
    tally.last_key = rows[table.key][-1]
    tally.going_on_count += rows.height - kept.height
    return kept


def _without_long_cells(rows: pl.DataFrame, names: list[str], tally: _Tally) -> pl.DataFrame:
    """The rows without what no field of a customer holds; the tally counts it."""
    kept = rows.with_columns(
        pl.when(pl.col(name).str.len_chars() <= MAX_TEXT).then(name).alias(name) for name in names
    )
    tally.long_cell_count += sum(
        kept[name].null_count() - rows[name].null_count() for name in names
    )
    return kept


def _judged(table: Table, parsed: Mapping[str, Parsed], rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with the value of every column, why a row is bad, and words that mean nothing."""
    found = parse(rows.lazy(), parsed).with_columns(_first_reason(table, parsed), *_marks(parsed))
    dropped = (_without_faults(column, parsed[column.name]) for column in table.columns)
    typed = found.with_columns(
        value.cast(column.dtype).fill_null(pl.lit((table.defaults or {}).get(column.name)))
        for column, value in zip(table.columns, dropped, strict=True)
    )
    # every step is a column by itself: looking for more to share takes longer than it saves
    return typed.collect(optimizations=pl.QueryOptFlags(comm_subexpr_elim=False))


def _first_reason(table: Table, parsed: Mapping[str, Parsed]) -> pl.Expr:
    """Why a row is bad: the first fault in the order of the columns; null when it is good."""
    binding = [
        fault
        for column in table.columns
        if not column.is_dropped
        for fault in parsed[column.name].faults
    ]
    empty = [
        Fault(value_of(column.name).is_null(), f"{column.name}: missing")
        for column in table.columns
        if column.is_filled
    ]
    blank = [
        Fault(pl.col(column.name).is_null(), f"{column.name}: missing")
        for column in table.columns
        if column.is_filled
    ]
    faults = (*blank, *binding, *empty, *table.faults)
    reasons = [pl.when(fault.is_bad).then(pl.lit(fault.reason)) for fault in faults]
    return pl.coalesce(reasons).alias(_REASON)


def _marks(parsed: Mapping[str, Parsed]) -> Iterator[pl.Expr]:
    for name, one in parsed.items():
        if one.unknown is not None:
            yield one.unknown.alias(_UNKNOWN + name)
        if one.is_nobody is not None:
            yield one.is_nobody.alias(_NOBODY)


def _without_faults(column: Column, parsed: Parsed) -> pl.Expr:
    """The value; null where the cell is at fault and the row stays."""
    if not column.is_dropped:
        return value_of(column.name)
    faults = [fault.is_bad.fill_null(False) for fault in parsed.faults]
    return (
        pl.when(~pl.any_horizontal(pl.lit(False), *faults))
        .then(value_of(column.name))
        .alias(VALUE + column.name)
    )


def _count(table: Table, good: pl.DataFrame, tally: _Tally) -> None:
    """Add up, for each column, the cells with a value, the cells left out and unknown words."""
    given = {column.name: pl.col(column.name).is_not_null() for column in table.columns}
    filled = {name: is_given & value_of(name).is_not_null() for name, is_given in given.items()}
    dropped = {
        column.name: value_of(column.name).is_null() & ~is_empty(pl.col(column.name))
        for column in table.columns
        if column.is_dropped
    }
    sums = good.select(
        *(is_so.sum().alias(f"filled {name}") for name, is_so in filled.items()),
        *(is_so.sum().alias(f"dropped {name}") for name, is_so in dropped.items()),
        nobody=pl.col(_NOBODY).sum() if _NOBODY in good.columns else pl.lit(0),
    ).row(0, named=True)
    tally.filled.update({name: sums[f"filled {name}"] for name in filled})
    tally.dropped.update({name: sums[f"dropped {name}"] for name in dropped})
    tally.nobody_count += sums["nobody"]
    for column in table.columns:
        if _UNKNOWN + column.name in good.columns:
            _add_unknown(good, _UNKNOWN + column.name, tally)


def _add_unknown(good: pl.DataFrame, name: str, tally: _Tally) -> None:
    words = (
        good.drop_nulls(name)
        .group_by(name, maintain_order=True)
        .agg(pl.len(), pl.col(LINE).min())
        .head(MAX_UNKNOWN_WORDS)
    )
    for word, count, line in words.rows():
        spelled = tally.spelled.setdefault(folded(word), word)
        before, first = tally.unknown.get(spelled, (0, line))
        tally.unknown[spelled] = before + count, first


def _output(table: Table, extra: list[str]) -> Iterator[pl.Expr]:
    for column in table.columns:
        yield pl.col(VALUE + column.name).alias(column.output_name)
    if table.keeps_extra:
        yield _extra_fields(extra)


def _extra_fields(extra: list[str]) -> pl.Expr:
    if not extra:
        return pl.lit(None, pl.String).alias("extra_fields")
    return pl.struct(extra).struct.json_encode().alias("extra_fields")


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


def _keep(spec: FileSpec, tally: _Tally, rejects: list[Reject]) -> None:
    tally.rejects += rejects
    tally.rejected_text += sum(len(reject.payload) for reject in rejects)
    if len(tally.rejects) > MAX_REJECTS or tally.rejected_text > MAX_REJECTED_TEXT:
        raise spec.refusal(
            f"{len(tally.rejects):,} of its first {tally.row_count:,} rows are bad;"
            f" the first, line {tally.rejects[0].line}: {tally.rejects[0].reason}"
        )


def _once(
    spec: FileSpec, table: Table, rows: pl.DataFrame, tally: _Tally
) -> tuple[pl.DataFrame, int]:
    """The first row of every key, and how many repeat it word for word; others are rejects."""
    repeated = rows.filter(pl.col(table.key).is_duplicated())
    if repeated.is_empty():
        return rows, 0
    compared = [name for name in rows.columns if name != LINE]
    is_same = pl.all_horizontal(
        pl.col(name).eq_missing(pl.col(name).first().over(table.key)) for name in compared
    )
    later = repeated.with_columns(is_same.alias("is_same")).filter(
        ~pl.col(table.key).is_first_distinct()
    )
    differing = later.filter(~pl.col("is_same"))[LINE]
    _reject_lines(spec, table, differing, tally)
    kept = rows.unique(table.key, keep="first", maintain_order=True)
    return kept, later.height - len(differing)


def _reject_lines(spec: FileSpec, table: Table, lines: pl.Series, tally: _Tally) -> None:
    """Rejects of rows that contradict an earlier one; the file is read again for their text."""
    if lines.is_empty():
        return
    reason = pl.lit(f"{table.key}: given twice with different values")
    for batch in _batches(spec):
        bad = batch.rows.filter(pl.col(LINE).is_in(lines.to_list())).with_columns(
            reason.alias(_REASON)
        )
        if not bad.is_empty():
            _keep(spec, tally, _rejects(spec.path, table, bad, batch.rows.columns))


def _notes(path: Path, table: Table, tally: _Tally, repeated_count: int) -> Iterator[str]:
    if tally.ignored:
        names, rest = list(tally.ignored)[:NAMED_COLUMNS], len(tally.ignored) - NAMED_COLUMNS
        more = f" and {rest} more" if rest > 0 else ""
        yield f"{path.name}: columns ignored: {', '.join(names)}{more}"
    if tally.long_cell_count:
        long_ones = f"cells left out because they are longer than {MAX_TEXT:,} characters"
        yield f"{path.name}: {long_ones}: {tally.long_cell_count}"
    for column, count in tally.dropped.items():
        if count:
            yield f"{path.name}: {column}: cells left out because they cannot be read: {count}"
    if tally.nobody_count:
        yield f"{path.name}: rows whose customer is a word for nobody: {tally.nobody_count}"
    if tally.going_on_count:
        yield f"{path.name}: rows that only hold a further line of an order: {tally.going_on_count}"
    if repeated_count:
        yield f"{path.name}: rows that repeat an earlier one word for word: {repeated_count}"


def _understood(table: Table, judged: dict[str, Judged], tally: _Tally) -> Iterator[Understood]:
    for column in table.columns:
        if not (tally.filled[column.name] or tally.dropped[column.name]):
            continue
        yield Understood(
            column.name,
            table.format.columns.get(column.name, column.name),
            _read_as(column, judged.get(column.name)),
            tally.filled[column.name],
            tally.dropped[column.name],
        )
    for name in tally.ignored:
        yield Understood("", name, "ignored", 0, 0)


def _read_as(column: Column, judged: Judged | None) -> str:
    if judged is not None:
        default = {"decimal": ".", "dates": "iso"}[judged.notation.setting]
        return f"{judged.notation.setting} {judged.notation.value or default}"
    names = {pl.Int64(): "number", pl.Boolean(): "yes or no", pl.String(): "text"}
    return names.get(column.dtype, "day")
