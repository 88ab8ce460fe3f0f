"""Expressions that turn one text cell into a value, and say what is wrong with it.

Every function takes a cell that is trimmed and null when blank. Reasons name the kind of fault and
never the value: a reason ends up in logs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import polars as pl

from enrich.model import MAX_CENTS, MAX_KEY, MAX_QUANTITY, MAX_TEXT
from enrich.sources.files.words import (
    CURRENCY_SIGNS,
    EMPTY,
    NO,
    NOBODY,
    STATUSES,
    YES,
    ZERO_WIDTH,
    folded,
    folded_cells,
)

FIRST_YEAR, LAST_YEAR = 1900, 2100
FIRST_ORDER_YEAR = 1970
MAX_AGE = 120

_PLAIN = r"^[+-]?(?:[0-9]+|[0-9]*\.[0-9]+|[0-9]+\.)$"
_NUMBER_PARTS = r"^([+-]?)([0-9]*)\.?([0-9]*)$"
_TINY = r"^[+-]?[0-9](?:[.,][0-9]+)?[eE]-0*(?:[4-9]|[1-9][0-9]+)$"
_GROUPS = {".": ",", ",": "."}
_SPACES = " '’\u00a0\u202f"
_LOST_DIGITS = r"^[0-9](?:[.,][0-9]+)?[eE]\+[0-9]+$"
_TIME = (
    r"(?:[Tt ] ?([0-9]{1,2}:[0-5][0-9])(:[0-5][0-9](?:\.[0-9]{1,9})?)?(?: ?([AaPp])\.?[Mm]\.?)?"
    r" ?([Zz]|[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9])?)?)?$"
)
_DAY, _MONTH, _YEAR = "(0?[1-9]|[12][0-9]|3[01])", "(0?[1-9]|1[0-2])", "([0-9]{4})"
_DATES = {
    "iso": r"^([0-9]{4})-([0-9]{2})-([0-9]{2})" + _TIME,
    "dmy": f"^{_DAY}[/.-]{_MONTH}[/.-]{_YEAR},?{_TIME}",
    "mdy": f"^{_MONTH}[/.-]{_DAY}[/.-]{_YEAR},?{_TIME}",
}
_PLACES = {"iso": (1, 2, 3), "dmy": (3, 2, 1), "mdy": (3, 1, 2)}
"""Where year, month and day stand."""
_EMAIL = r"^[^@\s,;<>\"]+@[^@\s.,;<>\"]+(?:\.[^@\s.,;<>\"]+)+$"


@dataclass(frozen=True)
class Fault:
    """A condition under which a row is rejected, and why."""

    is_bad: pl.Expr
    reason: str


@dataclass(frozen=True)
class Notation:
    """A setting that says how a column is written: the cells that each of its values reads.

    `default` are the cells that are read when nobody set it; `is_unsure` those that leave open
    what is meant, `is_sure` those that decide it for the whole column.
    """

    setting: str
    value: str | None
    default: pl.Expr
    readings: Mapping[str, pl.Expr]
    is_unsure: pl.Expr
    is_sure: pl.Expr


Step = Mapping[str, pl.Expr]


@dataclass(frozen=True)
class Parsed:
    """The value of one cell and what may be wrong with it.

    `steps` are columns that are made first, one step after the other: the value is made of them,
    and faults of both, by `step` and `value_of`. `is_nobody` are words that name nobody; `unknown`
    is the word of a closed list that is not in the list.
    """

    value: pl.Expr
    faults: tuple[Fault, ...] = ()
    notation: Notation | None = None
    is_nobody: pl.Expr | None = None
    unknown: pl.Expr | None = None
    steps: tuple[Step, ...] = ()


VALUE = "\x00value "


def value_of(name: str) -> pl.Expr:
    """The value of a column, for its faults and those of the table."""
    return pl.col(VALUE + name)


def parse(rows: pl.LazyFrame, columns: Mapping[str, Parsed]) -> pl.LazyFrame:
    """The rows with the value of every column beside its cell, under `VALUE + name`."""
    for number in range(max(len(one.steps) for one in columns.values())):
        steps = [one.steps[number] for one in columns.values() if len(one.steps) > number]
        made = {name: cell for step in steps for name, cell in step.items()}
        rows = rows.with_columns(cell.alias(name) for name, cell in made.items())
    return rows.with_columns(one.value.alias(VALUE + name) for name, one in columns.items())


def _step(name: str, what: str) -> str:
    return f"\x00{name} {what}"


def trimmed(name: str) -> pl.Expr:
    """The text of a column without surrounding blanks; null when nothing is left."""
    text = pl.col(name).str.strip_chars()
    return pl.when(text.str.len_bytes() > 0).then(text)


def plain(name: str, max_length: int = MAX_TEXT) -> Parsed:
    """Text as it stands, of at most so many characters."""
    is_too_long = pl.col(name).str.len_chars() > max_length
    return Parsed(pl.col(name), (Fault(is_too_long, f"{name}: longer than {max_length:,}"),))


def is_empty(text: pl.Expr) -> pl.Expr:
    """Whether a cell holds a word that programs write where there is nothing; null where blank."""
    return text.str.to_lowercase().is_in(list(EMPTY))


def short(name: str) -> Parsed:
    """Text of the length of an id; a word such as NULL is none."""
    text = pl.col(name)
    return Parsed(pl.when(~is_empty(text)).then(text), plain(name, MAX_KEY).faults)


def lowered(name: str) -> Parsed:
    """Text in lower case."""
    text = short(name)
    return replace(text, value=text.value.str.to_lowercase())


def status(name: str, statuses: Mapping[str, str]) -> Parsed:
    """The status that a word means, `statuses` of the shop's own before the known ones.

    A word that nobody knows stays as it is, in lower case, and is `unknown`.
    """
    text = short(name)
    known = {**STATUSES, **{folded(word): ours for word, ours in statuses.items()}}
    word = _step(name, "word")
    is_known = pl.col(word).is_in(list(known))
    value = pl.when(is_known).then(pl.col(word).replace(known)).otherwise(text.value)
    return Parsed(
        value.str.to_lowercase(),
        text.faults,
        unknown=pl.when(~is_known).then(text.value),
        steps=({word: folded_cells(text.value)},),
    )


def identifier(name: str) -> Parsed:
    """An id as ids are compared: NFC, without marks nobody sees; `17850.0`, what a column of
    numbers with gaps becomes in many tools, is 17850. A word such as NULL is none."""
    text = pl.col(name)
    seen = text.str.normalize("NFC").str.replace_all(ZERO_WIDTH, "").str.strip_chars()
    whole = _step(name, "id")
    return Parsed(
        pl.when(~is_empty(pl.col(whole)) & (pl.col(whole) != "")).then(pl.col(whole)),
        (*plain(name, MAX_KEY).faults, _lost_digits(name)),
        steps=({whole: seen.str.replace(r"^([0-9]{1,15})[.,]0$", "$1")},),
    )


def person_id(name: str) -> Parsed:
    """The id of a person; zeros alone and words such as `Consumidor Final` are nobody."""
    found = identifier(name)
    whole = pl.col(_step(name, "id"))
    is_word = folded_cells(whole).is_in(list(NOBODY)) | whole.str.contains("^0+$")
    return replace(
        found,
        value=pl.when(~is_word).then(found.value),
        is_nobody=pl.col(name).is_not_null() & value_of(name).is_null(),
    )


def digits(name: str) -> Parsed:
    """A telephone number or a document as it stands."""
    return Parsed(pl.col(name), (*plain(name, MAX_KEY).faults, _lost_digits(name)))


def _lost_digits(name: str) -> Fault:
    return Fault(
        pl.col(name).str.contains(_LOST_DIGITS),
        f"{name}: a spreadsheet cut its digits (1,2E+12); format the column as text there",
    )


def email(name: str) -> Parsed:
    """A lower-cased address, null for what is none: the row is worth more than its address."""
    text = pl.col(name).str.to_lowercase()
    return Parsed(pl.when(text.str.contains(_EMAIL)).then(text))


def cents(name: str, decimal: str | None = None) -> Parsed:
    """Integer cents of a decimal text in currency units; halves of a cent go away from zero."""
    text = pl.col(name)
    sign = decimal or "."
    digits = _step(name, "digits")
    is_number = pl.col(digits).is_not_null()
    is_tiny = text.str.contains(_TINY)
    parts = _step(name, "parts")
    value = _exact_cents(pl.col(parts))
    other = _GROUPS[sign]
    is_other = ~is_number & text.str.contains(_number(other))
    is_unread = text.is_not_null() & ~is_number & ~is_tiny & ~is_empty(text)
    is_too_large = is_number & (value_of(name).is_null() | (value_of(name).abs() > MAX_CENTS))
    return Parsed(
        pl.when(is_tiny).then(pl.lit(0, pl.Int64)).otherwise(value),
        (
            Fault(is_other, f"{name}: has a decimal {_SIGNS[other]}, not a {_SIGNS[sign]}"),
            Fault(is_unread, f"{name}: not a number"),
            Fault(is_too_large, f"{name}: too large"),
        ),
        _decimals(text, decimal),
        steps=(
            {digits: pl.when(text.str.contains(_number(sign))).then(_digits(text, sign))},
            {parts: pl.col(digits).str.extract_groups(_NUMBER_PARTS)},
        ),
    )


_SIGNS = {".": "point", ",": "comma"}


def _number(sign: str) -> str:
    """A number with this decimal sign, its thousands apart or not."""
    groups = f"(?:[{_GROUPS[sign]}][0-9]{{3}})+|(?:[{_SPACES}][0-9]{{3}})+"
    whole = f"(?:[0-9]{{1,3}}(?:{groups})|[0-9]+)"
    return rf"^[+-]?(?:{whole}(?:[{sign}][0-9]*)?|[{sign}][0-9]+)$"


def _digits(text: pl.Expr, sign: str) -> pl.Expr:
    """The number with a point and without thousands separators."""
    bare = text.str.replace_all(f"[{_GROUPS[sign]}{_SPACES}]", "")
    return bare if sign == "." else bare.str.replace(",", ".", literal=True)


def _decimals(text: pl.Expr, decimal: str | None) -> Notation:
    """`12.500` may be twelve and a half or twelve thousand five hundred: the column decides."""
    return Notation(
        "decimal",
        decimal,
        text.str.contains(_PLAIN),
        {sign: text.str.contains(_number(sign)) for sign in (".", ",")},
        text.str.contains(r"\.[0-9]{3}$"),
        text.str.contains(r"\.") & ~text.str.contains(r"\.[0-9]{3}$"),
    )


def _exact_cents(groups: pl.Expr) -> pl.Expr:
    """Of sign, whole and part, in integers; null from MAX_CENTS on, before anything overflows."""
    parts = groups.struct
    whole = ("0" + parts.field("2")).cast(pl.Int64, strict=False)
    mills = (parts.field("3") + "000").str.head(3).cast(pl.Int64, strict=False)
    magnitude = (
        pl.when(whole <= MAX_CENTS // 100).then(whole) * 100 + mills // 10 + (mills % 10 >= 5)
    )
    return pl.when(parts.field("1") == "-").then(-magnitude).otherwise(magnitude)


def line_cents(name: str, decimal: str | None = None) -> Parsed:
    """The amount of a line, else its `unit_price` times the quantity, parts of a unit included."""
    amount, price = cents(name, decimal), cents("unit_price", decimal)
    quantity = _point(pl.col("quantity"), decimal).cast(pl.Float64, strict=False)
    product = price.value * quantity.fill_null(1)
    # halves of a cent go away from zero, also those that a float holds as a little less
    of_units = (product + product.sign() * 1e-6).round().cast(pl.Int64, strict=False)
    has_none = pl.col(name).is_null()
    missing = Fault(has_none & pl.col("unit_price").is_null(), f"{name}: missing")
    of_price = (Fault(has_none & one.is_bad, one.reason) for one in price.faults)
    faults = (*amount.faults, missing, *of_price)
    steps = tuple({**one, **other} for one, other in zip(amount.steps, price.steps, strict=True))
    return replace(amount, value=pl.coalesce(amount.value, of_units), faults=faults, steps=steps)


def _point(text: pl.Expr, decimal: str | None) -> pl.Expr:
    """A quantity with a point; without a setting either sign is one, for nobody sells 1,000 kg."""
    if decimal is None:
        return text.str.replace(",", ".", literal=True)
    return _digits(text, decimal)


def units(name: str, decimal: str | None = None) -> Parsed:
    """A whole number; `6.0` counts as one. A part of a unit, such as 0.350 kg, is one unit."""
    parts, whole = _step(name, "parts"), _step(name, "whole")
    groups = _point(pl.col(name), decimal).str.extract_groups(_UNITS)
    part = pl.col(parts).struct
    magnitude = ("0" + pl.col(whole).str.head(18)).cast(pl.Int64, strict=False)
    count = pl.when(part.field("3").str.contains("[1-9]")).then(1).otherwise(magnitude)
    is_number = part.field("2").is_not_null() & pl.col(name).str.contains("[0-9]")
    is_too_large = (pl.col(whole).str.len_bytes() > 18) | (value_of(name).abs() > MAX_QUANTITY)
    return Parsed(
        pl.when(is_number).then(pl.when(part.field("1") == "-").then(-count).otherwise(count)),
        (
            Fault(pl.col(name).is_not_null() & ~is_number, f"{name}: not a number of units"),
            Fault(is_too_large, f"{name}: too large"),
        ),
        steps=({parts: groups}, {whole: part.field("2").str.strip_chars_start("0")}),
    )


_UNITS = r"^([+-]?)([0-9]*)(?:\.([0-9]*))?$"


def currency(name: str) -> Parsed:
    """A currency code in capitals, or the code of a sign that only one currency has."""
    text = short(name).value.str.to_uppercase().replace(CURRENCY_SIGNS)
    is_none = ~value_of(name).str.contains(r"^[A-Z]{3}$")
    return Parsed(text, (Fault(is_none, f"{name}: not three letters"),))


def yes_or_no(name: str) -> Parsed:
    """A boolean written as true/false, 1/0 or yes/no in English, Spanish or Portuguese."""
    word = pl.col(_step(name, "word"))
    value = pl.when(word.is_in(list(YES))).then(True).when(word.is_in(list(NO))).then(False)
    is_unread = value_of(name).is_null() & ~is_empty(pl.col(name))
    return Parsed(
        value,
        (Fault(is_unread, f"{name}: neither yes nor no"),),
        steps=({_step(name, "word"): folded_cells(pl.col(name))},),
    )


def birth_date(name: str, now: datetime, dates: str | None = None) -> Parsed:
    """A day of the last 120 years; a moment, as spreadsheets and Parquet write days, is its day."""
    text = pl.col(name)
    earliest = date(now.year - MAX_AGE, 1, 1)
    is_unread = text.is_not_null() & value_of(name).is_null()
    is_alive = value_of(name).is_between(earliest, now.date())
    return Parsed(
        pl.col(_step(name, "local")).dt.date(),
        (
            Fault(is_unread, f"{name}: not a date like {_like(dates)}"),
            Fault(~is_alive, f"{name}: of nobody alive"),
        ),
        _date_notation(text, dates),
        steps=_moment_steps(name, dates),
    )


def order_moment(name: str, time_zone: str, now: datetime, dates: str | None = None) -> Parsed:
    """As `moment`, between 1970 and tomorrow."""
    found = moment(name, time_zone, dates)
    is_early = pl.col(_step(name, "local")).dt.year() < FIRST_ORDER_YEAR
    is_future = value_of(name) > now.replace(tzinfo=None) + timedelta(days=1)
    unread, _, no_clock = found.faults
    early = Fault(is_early, f"{name}: before {FIRST_ORDER_YEAR}")
    faults = (unread, early, Fault(is_future, f"{name}: in the future"), no_clock)
    return replace(found, faults=faults)


def moment(name: str, time_zone: str, dates: str | None = None) -> Parsed:
    """A UTC moment (naive) of a date or moment; without zone it is on the store's clock.

    Of an hour that happens twice the earlier one is meant; an hour that daylight saving skips is
    read one hour later, so that midnight keeps its day. Digits beyond microseconds are cut.
    """
    text = pl.col(name)
    local, offset = pl.col(_step(name, "local")), pl.col(_step(name, "offset"))
    zoned = local - _minutes(offset)
    no_clock = local.is_not_null() & value_of(name).is_null()
    return Parsed(
        pl.when(offset.is_not_null()).then(zoned).otherwise(_utc(local, time_zone)),
        (
            Fault(
                text.is_not_null() & local.is_null(),
                f"{name}: not a date or moment like {_like(dates)}",
            ),
            Fault(~local.dt.year().is_between(FIRST_YEAR, LAST_YEAR), f"{name}: absurd year"),
            Fault(no_clock, f"{name}: not on the store's clock"),
        ),
        _date_notation(text, dates),
        steps=_moment_steps(name, dates),
    )


def _like(dates: str | None) -> str:
    return {"dmy": "31/12/1990", "mdy": "12/31/1990"}.get(dates or "", "1990-12-31")


def _date_notation(text: pl.Expr, dates: str | None) -> Notation:
    is_iso = text.str.contains(_DATES["iso"])
    readings = {one: is_iso | text.str.contains(_DATES[one]) for one in ("dmy", "mdy")}
    never = pl.lit(False)
    return Notation("dates", dates, is_iso, {"iso": is_iso, **readings}, never, never)


def _moment_steps(name: str, dates: str | None) -> tuple[Step, ...]:
    """The moment as it is written and the offset beside it; days as in ISO are always read."""
    ways = ["iso"] if dates in (None, "iso") else ["iso", str(dates)]
    groups = {way: _step(name, way) for way in ways}

    def part(places: Mapping[str, int]) -> pl.Expr:
        return pl.coalesce(pl.col(groups[way]).struct.field(str(places[way])) for way in ways)

    year, month, day = (
        part({way: places[number] for way, places in _PLACES.items()}) for number in range(3)
    )
    time, second, half, offset = (part(dict.fromkeys(ways, place)) for place in range(4, 8))
    clock = time.fill_null("00:00").str.zfill(5) + second.fill_null(":00")
    full = (year + "-" + month.str.zfill(2) + "-" + day.str.zfill(2) + "T" + clock).str.to_datetime(
        "%Y-%m-%dT%H:%M:%S%.f", strict=False, time_unit="us"
    )
    written, of_day = _step(name, "written"), _step(name, "half")
    return (
        {groups[way]: pl.col(name).str.extract_groups(_DATES[way]) for way in ways},
        {written: full, of_day: half, _step(name, "offset"): offset},
        {_step(name, "local"): _with_half_of_day(pl.col(written), pl.col(of_day))},
    )


def _with_half_of_day(moment: pl.Expr, half: pl.Expr) -> pl.Expr:
    """`12:05 AM` is five past midnight, `1:05 PM` is 13:05."""
    hour = moment.dt.hour()
    is_later = half.str.to_lowercase() == "p"
    hours = pl.when(hour == 12).then(-12).otherwise(0) + pl.when(is_later).then(12).otherwise(0)
    moved = pl.when(hour.is_between(1, 12)).then(moment + pl.duration(hours=hours, time_unit="us"))
    return pl.when(half.is_null()).then(moment).otherwise(moved)


def _minutes(offset: pl.Expr) -> pl.Expr:
    sign = pl.when(offset.str.starts_with("-")).then(-1).otherwise(1)
    hours = offset.str.extract(r"^[+-]([0-9]{2})", 1).cast(pl.Int64).fill_null(0)
    minutes = offset.str.extract(r"^[+-][0-9]{2}:?([0-9]{2})$", 1).cast(pl.Int64).fill_null(0)
    return pl.duration(minutes=sign * (hours * 60 + minutes), time_unit="us")


def _utc(local: pl.Expr, time_zone: str) -> pl.Expr:
    """The UTC moment; a whole skipped day (Samoa, 2011) moves on by a day."""
    shifts = (local, local + pl.duration(hours=1), local + pl.duration(days=1))
    zoned = pl.coalesce(
        shift.dt.replace_time_zone(time_zone, ambiguous="earliest", non_existent="null")
        for shift in shifts
    )
    return zoned.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
