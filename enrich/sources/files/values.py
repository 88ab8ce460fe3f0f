"""Expressions that turn one text cell into a value, and say what is wrong with it.

Every function takes a cell that is trimmed and null when blank. Reasons name the kind of fault and
never the value: a reason ends up in logs.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from enrich.model import MAX_CENTS, MAX_KEY, MAX_QUANTITY, MAX_TEXT

FIRST_YEAR, LAST_YEAR = 1900, 2100

_NUMBER = r"^([+-]?)([0-9]+|[0-9]*\.[0-9]+|[0-9]+\.)$"
_NUMBER_PARTS = r"^([+-]?)([0-9]*)\.?([0-9]*)$"
_TINY = r"^[+-]?[0-9](?:\.[0-9]+)?[eE]-0*(?:[4-9]|[1-9][0-9]+)$"
_THOUSANDS = r"^[+-]?[0-9]{1,3}(?:(?:,[0-9]{3})+\.[0-9]+|(?:,[0-9]{3}){2,}|(?:\.[0-9]{3}){2,}(?:,[0-9]+)?|(?:[ '’\x{a0}][0-9]{3})+(?:[.,][0-9]+)?)$"  # noqa: E501
_DECIMAL_COMMA = r"^[+-]?[0-9.]*,[0-9]+$"
_MOMENT = (
    r"^([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[Tt ]([0-9]{2}:[0-5][0-9])(:[0-5][0-9](?:\.[0-9]{1,9})?)?"
    r" ?([Zz]|[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9])?)?)?$"
)
_MIDNIGHT = r"^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]00:00(?::00(?:\.0+)?)?)?$"
_EMAIL = r"^[^@\s,;<>\"]+@[^@\s.,;<>\"]+(?:\.[^@\s.,;<>\"]+)+$"
_TRUE = ["true", "1", "yes", "y", "si", "sí", "sim", "s"]
_FALSE = ["false", "0", "no", "n", "não", "nao"]


@dataclass(frozen=True)
class Fault:
    """A condition under which a row is rejected, and why."""

    is_bad: pl.Expr
    reason: str


@dataclass(frozen=True)
class Parsed:
    """The value of one cell and what may be wrong with it."""

    value: pl.Expr
    faults: tuple[Fault, ...] = ()


def trimmed(name: str) -> pl.Expr:
    """The text of a column without surrounding blanks; null when nothing is left."""
    text = pl.col(name).str.strip_chars()
    return pl.when(text.str.len_bytes() > 0).then(text)


def plain(name: str, max_length: int = MAX_TEXT) -> Parsed:
    """Text as it stands, of at most so many characters."""
    is_too_long = pl.col(name).str.len_chars() > max_length
    return Parsed(pl.col(name), (Fault(is_too_long, f"{name}: longer than {max_length:,}"),))


def short(name: str) -> Parsed:
    """Text of the length of an id."""
    return plain(name, MAX_KEY)


def lowered(name: str) -> Parsed:
    """Text in lower case (statuses are compared by spelling)."""
    return Parsed(pl.col(name).str.to_lowercase(), short(name).faults)


def identifier(name: str) -> Parsed:
    """Free text; `17850.0`, what a column of numbers with gaps becomes in many tools, is 17850."""
    value = pl.col(name).str.replace(r"^([0-9]{1,15})\.0$", "$1")
    return Parsed(value, short(name).faults)


def email(name: str) -> Parsed:
    """A lower-cased address, null for what is none: the row is worth more than its address."""
    text = pl.col(name).str.to_lowercase()
    return Parsed(pl.when(text.str.contains(_EMAIL)).then(text))


def cents(name: str) -> Parsed:
    """Integer cents of a decimal text in currency units; halves of a cent go away from zero."""
    text = pl.col(name)
    is_number = text.str.contains(_NUMBER)
    is_tiny = text.str.contains(_TINY)
    value = pl.when(is_tiny).then(pl.lit(0, pl.Int64)).when(is_number).then(_exact_cents(text))
    is_too_large = is_number & (value.is_null() | (value.abs() > MAX_CENTS))
    return Parsed(
        value,
        (
            Fault(text.str.contains(_THOUSANDS), f"{name}: has thousands separators"),
            Fault(text.str.contains(_DECIMAL_COMMA), f"{name}: has a decimal comma, not a point"),
            Fault(~is_number & ~is_tiny, f"{name}: not a number"),
            Fault(is_too_large, f"{name}: too large"),
        ),
    )


def _exact_cents(text: pl.Expr) -> pl.Expr:
    """Integers all the way; null from MAX_CENTS on, before anything can overflow."""
    parts = text.str.extract_groups(_NUMBER_PARTS).struct
    whole = ("0" + parts.field("2")).cast(pl.Int64, strict=False)
    mills = (parts.field("3") + "000").str.head(3).cast(pl.Int64, strict=False)
    magnitude = (
        pl.when(whole <= MAX_CENTS // 100).then(whole) * 100 + mills // 10 + (mills % 10 >= 5)
    )
    return pl.when(parts.field("1") == "-").then(-magnitude).otherwise(magnitude)


def whole_number(name: str) -> Parsed:
    """A whole number; `6.0` counts as one."""
    text = pl.col(name)
    digits = text.str.extract(r"^([+-]?[0-9]+)(?:\.0*)?$", 1)
    length = digits.str.strip_chars_start("+-").str.strip_chars_start("0").str.len_bytes()
    value = digits.str.strip_chars_start("+").cast(pl.Int64, strict=False)
    return Parsed(
        value,
        (
            Fault(text.is_not_null() & digits.is_null(), f"{name}: not a whole number"),
            Fault((length > 18) | (value.abs() > MAX_QUANTITY), f"{name}: too large"),
        ),
    )


def currency(name: str) -> Parsed:
    """A currency code in capitals."""
    text = pl.col(name).str.to_uppercase()
    return Parsed(text, (Fault(~text.str.contains(r"^[A-Z]{3}$"), f"{name}: not three letters"),))


def yes_or_no(name: str) -> Parsed:
    """A boolean written as true/false, 1/0 or yes/no in English, Spanish or Portuguese."""
    text = pl.col(name).str.to_lowercase()
    is_yes, is_no = text.is_in(_TRUE), text.is_in(_FALSE)
    value = pl.when(is_yes).then(True).when(is_no).then(False)
    return Parsed(value, (Fault(~(is_yes | is_no), f"{name}: neither yes nor no"),))


def day(name: str) -> Parsed:
    """A date; a moment at midnight, as spreadsheets and Parquet write dates, is its day."""
    text = pl.col(name)
    value = text.str.extract(_MIDNIGHT, 1).str.to_date("%Y-%m-%d", strict=False)
    return Parsed(
        value,
        (
            Fault(text.is_not_null() & value.is_null(), f"{name}: not a date like 1990-12-31"),
            Fault(~value.dt.year().is_between(1800, LAST_YEAR), f"{name}: absurd year"),
        ),
    )


def moment(name: str, time_zone: str) -> Parsed:
    """A UTC moment (naive) of an ISO 8601 date or moment; without zone it is on the store's clock.

    Of an hour that happens twice the earlier one is meant; an hour that daylight saving skips is
    read one hour later, so that midnight keeps its day. Digits beyond microseconds are cut.
    """
    text = pl.col(name)
    parts = text.str.extract_groups(_MOMENT).struct
    local = _local(parts.field("1"), parts.field("2"), parts.field("3"))
    offset = parts.field("4")
    zoned = local - _minutes(offset)
    value = pl.when(offset.is_not_null()).then(zoned).otherwise(_utc(local, time_zone))
    is_unread = text.is_not_null() & local.is_null()
    return Parsed(
        value,
        (
            Fault(is_unread, f"{name}: not an ISO 8601 date or moment"),
            Fault(~local.dt.year().is_between(FIRST_YEAR, LAST_YEAR), f"{name}: absurd year"),
            Fault(local.is_not_null() & value.is_null(), f"{name}: not on the store's clock"),
        ),
    )


def _local(date: pl.Expr, hour_minute: pl.Expr, second: pl.Expr) -> pl.Expr:
    full = date + "T" + hour_minute.fill_null("00:00") + second.fill_null(":00")
    return full.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", strict=False, time_unit="us")


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
