"""How a value is read by somebody slow: what it is, or Wrong. No library of the product."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

MOST = 10**13
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER = re.compile(r"[+-]?[0-9]+(?:_[0-9]+)*(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?")
_MOMENT = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})(?:[Tt _](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?"
    r"\s*([Zz]|[+-]\d{2}:?\d{2})?)?",
    re.ASCII,
)
_YES = frozenset({"1", "on", "t", "true", "y", "yes"})
_NO = frozenset({"0", "off", "f", "false", "n", "no"})


class Wrong(Exception):
    """The value is of no kind that is wanted here; the text is the place."""


def parsed(content: bytes) -> Any:
    """The JSON value, read leniently; raises Wrong when it is none.

    A mark at the front, control characters and broken UTF-8 pass; NaN and infinities are null; half
    a surrogate pair is a question mark.
    """
    text = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    try:
        value = json.loads(text, strict=False, parse_constant=lambda name: None)
        return json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise Wrong("document") from None


def record(value: Any, place: str) -> dict[str, Any] | None:
    if value is None or isinstance(value, dict):
        return value
    raise Wrong(place)


def rows(value: Any, place: str) -> list[dict[str, Any]] | None:
    """The objects of a list; null elements are none of them."""
    if value is None:
        return None
    if not isinstance(value, list):
        raise Wrong(place)
    found = [record(row, place) for row in value if row is not None]
    return [row for row in found if row is not None]


def text(value: Any, place: str) -> str | None:
    """Text as it is; a whole number stands for its digits.

    How a fraction is spelt as text is nobody's promise: it is compared with nothing.
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Wrong(place)
    if isinstance(value, float):
        return Fraction(repr(value))
    return str(value)


class Fraction(str):
    """A number with a point or an exponent where a text should be: equal to every text."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str)

    def __ne__(self, other: object) -> bool:
        return not isinstance(other, str)

    def upper(self) -> Fraction:
        return self

    def lower(self) -> Fraction:
        return self

    def __hash__(self) -> int:
        return 0


# What Unicode calls a space separator; a tab or a line end is none.
_SPACES = (
    " \xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u202f\u205f\u3000"
)


def tidy(value: str | None) -> str | None:
    """Without spaces of any script around it; null when nothing is left."""
    return value if isinstance(value, Fraction) else (value or "").strip(_SPACES) or None


def whole(value: Any, place: str, most: int = MOST) -> int | None:
    """A whole number, halves away from zero, not larger than `most`."""
    if value is None:
        return None
    number = _decimal(value, place).to_integral_value(ROUND_HALF_UP)
    if abs(number) > most:
        raise Wrong(place)
    return int(number)


def _decimal(value: Any, place: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Wrong(place)
    said = str(value).strip()
    if isinstance(value, str) and not _NUMBER.fullmatch(said):
        raise Wrong(place)
    return Decimal(said)


def number(value: Any, place: str, most: int) -> float | None:
    """A number from 0 to `most`; a text is none."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise Wrong(place)
    return float(value)


def yes(value: Any, place: str) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    said = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    if isinstance(value, int | float | str) and said.lower() in _YES | _NO:
        return said.lower() in _YES
    raise Wrong(place)


def moment(value: Any, place: str) -> datetime | None:
    """The UTC moment, naive, digits beyond microseconds cut; a number is Unix time.

    Blank text and the first day of year 1 are no moment; before 2000 and from 2100 on it is wrong.
    """
    if value is None or _is_no_date(value):
        return None
    found = _unix(value) if _is_number(value) else _iso(str(value))
    if found is None or not 2000 <= found.year < 2100:
        raise Wrong(place)
    return found


def _is_no_date(value: Any) -> bool:
    return isinstance(value, str) and (not value.strip() or value.startswith("0001-01-01"))


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        return re.fullmatch(r"[+-]?[0-9]+(\.[0-9]*)?", value) is not None
    return isinstance(value, int | float) and not isinstance(value, bool)


def _unix(value: float | str) -> datetime | None:
    """Seconds, or milliseconds where the number is too large for seconds of these centuries."""
    seconds = Decimal(str(value))
    seconds = seconds / 1000 if abs(seconds) > 20_000_000_000 else seconds
    if not 0 <= seconds < 10**11:
        return None
    whole_us = int((seconds * 1_000_000).to_integral_value(ROUND_HALF_UP))
    try:
        return (_EPOCH + timedelta(microseconds=whole_us)).replace(tzinfo=None)
    except OverflowError:
        return None


def _iso(said: str) -> datetime | None:
    match = _MOMENT.fullmatch(said)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    numbers = [int(part or 0) for part in (year, month, day, hour, minute, second)]
    microsecond = int(((fraction or "") + "000000")[:6])
    try:
        local = datetime(*numbers[:6], microsecond, tzinfo=UTC)  # type: ignore[misc, arg-type]
        return (local - _offset(zone)).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None


def _offset(zone: str | None) -> timedelta:
    if zone is None or zone in "Zz":
        return timedelta(0)
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    if hours > 23 or minutes > 59:
        raise ValueError(zone)
    return timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1)
