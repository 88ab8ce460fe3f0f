"""Moments as whole microseconds since 1970 in UTC, and the shapes VTEX writes them in."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

NEVER = 1 << 62
"""Stands for a moment that does not come; greater than every real one."""

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SEVEN_DIGITS = re.compile(r"(\.\d{6})\d+")


def to_us(moment: datetime) -> int:
    """Microseconds since 1970; a moment without a zone is taken as UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(microseconds=1)


def from_us(us: int) -> datetime:
    """The UTC moment of microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=us)


def parse_us(text: str) -> int:
    """Microseconds of an ISO date or date-time; raises ValueError for anything else."""
    return to_us(datetime.fromisoformat(_SEVEN_DIGITS.sub(r"\1", text.strip())))


def whole_second(us: int | None) -> str | None:
    """As the order list writes a moment: no fraction, `+00:00`; None stays None."""
    return None if us is None else f"{_clock_text(us // SECOND)}+00:00"


def seven_digits(us: int | None, zone: str = "+00:00") -> str | None:
    """As the order detail writes a moment: seven digits of fraction; None stays None."""
    if us is None:
        return None
    seconds, fraction = divmod(us, SECOND)
    return f"{_clock_text(seconds)}.{fraction:06d}{us % 7}{zone}"


def zulu(us: int | None) -> str | None:
    """As Master Data writes a moment: seven digits of fraction and `Z`; None stays None."""
    return seven_digits(us, "Z")


def known(us: int, at_us: int) -> int | None:
    """The moment itself when it has come by `at_us`, else None."""
    return us if us <= at_us else None


def _clock_text(seconds: int) -> str:
    days, rest = divmod(seconds, 86_400)
    return f"{_day_text(days)}T{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"


@lru_cache(maxsize=4096)
def _day_text(days: int) -> str:
    return (_EPOCH + timedelta(days=days)).strftime("%Y-%m-%d")
