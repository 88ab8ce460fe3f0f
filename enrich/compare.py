"""A platform's export of profile fields beside ours: who agrees, how far the rest is, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from enrich.compute.profiles import make_profiles
from enrich.destinations.base import MappedField
from enrich.destinations.mapping import ATTRIBUTES
from enrich.errors import BadSettings
from enrich.model import FileFormat, Rules, last_complete_day
from enrich.profile import FIELDS
from enrich.runs.reporting import SILENT, Reporter
from enrich.shop import Shop
from enrich.sources.files.batches import LINE
from enrich.sources.files.checking import read_table
from enrich.sources.files.sources import read_batches
from enrich.sources.files.spec import COMPARED, FileSpec, fold
from enrich.sources.files.tables import Column, Table
from enrich.sources.files.values import cents, email, moment, plain, yes_or_no
from enrich.warehouse import Warehouse

EMAIL = "email"
THEIR_EMAIL = ("email", "e-mail", "email address", "correo", "mail", "$email")
OF_HISTORY = ("previous_rfm_segment", "rfm_segment_changed_on")
"""Fields that depend on runs of ours, which the platform did not see."""

COMPARABLE: Mapping[str, pl.DataType] = {
    one.name: one.dtype() if isinstance(one.dtype, type) else one.dtype
    for one in FIELDS
    if one.is_sent_by_default and one.name not in (*ATTRIBUTES, *OF_HISTORY)
}
"""The fields an export can be compared on, with their types: computed from purchases alone."""

OTHER_RULES: Mapping[str, Mapping[str, Any]] = {
    'amount_basis = "gross"': {"amount_basis": "gross"},
    'amount_basis = "items"': {"amount_basis": "items"},
    'purchase_rule = "invoiced"': {"purchase_rule": "invoiced"},
    'returned_purchases = "drop"': {"returned_purchases": "drop"},
    'beyond_last = "lifetime"': {"beyond_last": "lifetime"},
    'rfm_method = "quintile"': {"rfm_method": "quintile"},
    'segment_window = "360d"': {"segment_window": "360d"},
}
OTHER_DAYS = {"a day earlier": -1, "a day later": 1}
A_GAIN = 0.02
"""An explanation is named from this share of people more who agree with it."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """One field: people who have it in the file and are ours, those who agree, how far others are.

    Distances are days, or units of the field's own; None for texts and lists. `why` is what makes
    more people agree, `agree_with` the share of people who then do.
    """

    field: str
    column: str
    people_count: int
    agree_share: float
    median_distance: float | None
    p90_distance: float | None
    why: str | None = None
    agree_with: float | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """The people of the file, those who have a profile here, and a row per field."""

    file_people_count: int
    common_people_count: int
    agreements: tuple[Agreement, ...]


def read_export(path: Path, mapping: Sequence[MappedField], form: FileFormat) -> pl.DataFrame:
    """The computed profile fields of a platform's export: email, and a column per field in it.

    Numbers are Int64 in hundredths, days midnights, lists texts; one row per address. Raises
    BadSettings on a file that cannot be read, has no address, or none of the mapped names.
    """
    header = {fold(name): name for name in _header(path)}
    found = [one for one in mapping if fold(one.target) in header and one.source in COMPARABLE]
    if not found:
        wanted = ", ".join(one.target for one in mapping[:5])
        raise BadSettings(f"{path.name} has no column of this platform, such as {wanted}")
    address = next((header[name] for name in THEIR_EMAIL if name in header), EMAIL)
    columns = {one.source: header[fold(one.target)] for one in found}
    form = replace(form, columns={EMAIL: address, **columns, **form.columns})
    read = read_table(path, _table([one.source for one in found], form))
    return read.rows.select(EMAIL, *columns).unique(EMAIL, keep="last", maintain_order=True)


def compare(
    theirs: pl.DataFrame,
    mapping: Sequence[MappedField],
    warehouse: Warehouse,
    shop: Shop,
    *,
    as_of: date,
    now: datetime,
    report: Reporter = SILENT,
) -> Compared:
    """The export beside the profiles of `as_of`, and beside those under other rules.

    `warehouse` is a copy to throw away: it is resolved again for each rule, and the profiles are
    written beside it.
    """
    columns = {one.source: one.target for one in mapping}
    names = [name for name in theirs.columns if name != EMAIL]
    shop = replace(shop, prediction=replace(shop.prediction, enabled=False))
    best: dict[str, Agreement] = {}
    for why, day, rules in _variants(shop, as_of, now):
        report.say(f"comparing with {why or 'the settings'}")
        made = replace(shop, rules=rules)
        both = theirs.join(_ours(warehouse, made, names, day, now), on=EMAIL)
        for name in names:
            seen = _agreement(both, name, columns[name])
            best[name] = seen if why is None else _better(best[name], seen, why)
    return Compared(theirs.height, both.height, tuple(best[name] for name in names))


def _header(path: Path) -> list[str]:
    first = next(iter(read_batches(FileSpec(path, COMPARED))))
    return [name for name in first.rows.columns if name != LINE]


def _table(names: Sequence[str], form: FileFormat) -> Table:
    address = Column(EMAIL, email, pl.String(), is_required=True, is_filled=True, is_personal=True)
    values = (_column(name, COMPARABLE[name], form) for name in names)
    return Table(COMPARED, EMAIL, (address, *values), is_unique=False, format=form)


def _column(name: str, dtype: pl.DataType, form: FileFormat) -> Column:
    if dtype == pl.Date:
        return Column(name, partial(moment, time_zone="UTC", dates=form.dates), pl.Datetime("us"))
    if dtype.is_numeric():
        return Column(name, partial(cents, decimal=form.decimal), pl.Int64(), is_dropped=True)
    if dtype == pl.Boolean:
        return Column(name, yes_or_no, pl.Boolean(), is_dropped=True)
    return Column(name, plain, pl.String(), is_dropped=True)


def _variants(shop: Shop, as_of: date, now: datetime) -> Iterator[tuple[str | None, date, Rules]]:
    """(what differs, profile day, rules): the settings as they are come first, as None."""
    yield None, as_of, shop.rules
    for why, days in OTHER_DAYS.items():
        day = as_of + timedelta(days=days)
        if day <= last_complete_day(now, shop.rules.time_zone):
            yield why, day, shop.rules
    for why, change in OTHER_RULES.items():
        if replace(shop.rules, **change) != shop.rules:
            yield why, as_of, replace(shop.rules, **change)


def _ours(
    warehouse: Warehouse, shop: Shop, names: Sequence[str], day: date, now: datetime
) -> pl.DataFrame:
    """email, and each field as `read_export` has it; one profile per address."""
    path = warehouse.path.with_name("profiles.parquet")
    make_profiles(warehouse, shop, now=now, as_of=day, output=path)
    shown = (_plain(pl.col(name), COMPARABLE[name]).alias(f"our {name}") for name in names)
    found = pl.scan_parquet(path).filter(pl.col(EMAIL).is_not_null())
    return found.select(pl.col(EMAIL).str.to_lowercase(), *shown).unique(EMAIL).collect()


def _plain(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if dtype == pl.Date:
        return value.cast(pl.Datetime("us"))
    if dtype.is_numeric():
        return (value.cast(pl.Float64) * 100).round().cast(pl.Int64)
    return value.list.join(",") if isinstance(dtype, pl.List) else value


def _agreement(both: pl.DataFrame, name: str, column: str) -> Agreement:
    dtype = COMPARABLE[name]
    theirs, ours = pl.col(name), pl.col(f"our {name}")
    if dtype in (pl.String, pl.Enum, pl.Categorical) or isinstance(dtype, pl.List):
        theirs, ours = _words(theirs), _words(ours)
    # A platform leaves out what is empty: nothing there is a nothing or a 0 here.
    equal = theirs.eq_missing(ours) | (theirs.is_null() & _is_nothing(ours, dtype))
    seen = both.select(equal=equal, distance=_distance(theirs, ours, dtype))
    apart = seen.filter(~pl.col("equal"))["distance"].drop_nulls()
    return Agreement(
        name,
        column,
        both.height,
        _number(seen["equal"].cast(pl.Float64).mean()) or 0.0,
        _number(apart.median()),
        _number(apart.quantile(0.9)),
    )


def _words(text: pl.Expr) -> pl.Expr:
    """A text or a list of texts without case, order and separator."""
    parts = text.cast(pl.String).str.to_lowercase().str.replace_all("[;|]", ",").str.split(",")
    return parts.list.eval(pl.element().str.strip_chars()).list.unique().list.sort().list.join(",")


def _is_nothing(ours: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if dtype == pl.Date:
        return ours.is_null()
    return ours == 0 if dtype.is_numeric() else ours == ""


def _distance(theirs: pl.Expr, ours: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if dtype == pl.Date:
        return (theirs - ours).dt.total_days().abs().cast(pl.Float64)
    return (theirs - ours).abs() / 100 if dtype.is_numeric() else pl.lit(None, pl.Float64)


def _number(value: object) -> float | None:
    return value if isinstance(value, float) else None


def _better(best: Agreement, seen: Agreement, why: str) -> Agreement:
    """The first comparison, with the variant that most people agree with so far."""
    known = best.agree_share + A_GAIN if best.agree_with is None else best.agree_with
    if seen.agree_share <= known:
        return best
    return replace(best, why=why, agree_with=seen.agree_share)
