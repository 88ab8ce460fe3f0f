"""How long to wait: between requests, and before asking again. The program's one retry policy."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from enrich.client.call import TRIES_WHEN_THROTTLED

RESETS = ("x-ratelimit-reset", "ratelimit-reset", "x-sib-ratelimit-reset")  # sib: Brevo's
LONGEST_BACKOFF_SECONDS = 60.0
LONGEST_WAIT_SECONDS = 600.0  # a longer wait is for the next run, not for a blocked process
TRIES_WHEN_FAILING = 5
TRIES_WHEN_UNAUTHORIZED = 2  # VTEX answers 401 now and then to a good key


class Pacer:
    """The pace shared by threads: `take` returns when the next request may leave.

    `hold` keeps everybody back, as a 429 asks for.
    """

    def __init__(
        self,
        requests_per_second: float | None,
        *,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._gap = 1.0 / requests_per_second if requests_per_second else 0.0
        self._sleep = sleep
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._next_at = float("-inf")
        self._held_until = float("-inf")

    def take(self) -> None:
        """Blocks until this caller's turn."""
        with self._lock:
            now = self._monotonic()
            turn = max(self._next_at, now, self._held_until)
            self._next_at = turn + self._gap
        if turn > now:
            self._sleep(turn - now)

    def hold(self, seconds: float) -> None:
        """Nobody's next turn comes before `seconds` from now."""
        with self._lock:
            self._held_until = max(self._held_until, self._monotonic() + seconds)


def tries_for(status_code: int | None) -> int:
    """How often a call that meets this status is sent; 1: asking again cannot change it."""
    if status_code == 429:
        return TRIES_WHEN_THROTTLED
    if status_code == 401:
        return TRIES_WHEN_UNAUTHORIZED
    if status_code is None or status_code == 408:
        return TRIES_WHEN_FAILING
    return TRIES_WHEN_FAILING if status_code >= 500 and status_code not in (501, 505) else 1


def wait_seconds(
    status_code: int | None, tries: int, try_no: int, asked: float | None, jitter: float
) -> float | None:
    """Seconds before the try after `try_no`; None when there shall be none.

    `status_code` None is a network fault; `asked` is what the other side asked for; `jitter` is
    between 0 and 1. VTEX advises a minute's rest when a 429 names no time and persists.
    """
    if try_no >= min(tries, tries_for(status_code)):
        return None
    if status_code == 429 and asked is None and try_no >= 3:
        return LONGEST_BACKOFF_SECONDS
    backoff = min(LONGEST_BACKOFF_SECONDS, 2.0 ** (try_no - 1)) * (0.5 + jitter / 2)
    wait = max(asked or 0.0, backoff)
    return wait if wait <= LONGEST_WAIT_SECONDS else None


def asked_seconds(headers: Mapping[str, str]) -> float | None:
    """Seconds the answer asks to wait, from Retry-After or a rate-limit reset; None if it does not.

    Moments are measured against the answer's own Date, so that this machine's clock does not count.
    """
    retry_after = headers.get("retry-after", "").strip()
    if retry_after:
        return _seconds(retry_after, headers)
    for name in RESETS:
        if headers.get(name, "").strip():
            return _seconds(headers[name].strip(), headers)
    window = headers.get("x-hubspot-ratelimit-interval-milliseconds", "")
    return int(window) / 1000 if window.isdecimal() else None  # the window is over by then


def spent_seconds(headers: Mapping[str, str]) -> float:
    """Seconds until a limit has room again that Brevo's answer says is used up; else 0.

    A longer wait than the backoff's is left to the 429: the limit may be of another path.
    """
    if headers.get("x-sib-ratelimit-remaining", "").strip() != "0":
        return 0.0
    asked = asked_seconds(headers) or 0.0
    return asked if asked <= LONGEST_BACKOFF_SECONDS else 0.0


def _seconds(text: str, headers: Mapping[str, str]) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return _seconds_until(_http_date(text), headers)
    if not 0 <= number < 1e14:  # beyond lies a year that no clock shows
        return None
    if number > 1e9:  # a moment of this century, in seconds or milliseconds, not a length of time
        epoch_seconds = number / 1000 if number > 1e11 else number
        return _seconds_until(datetime.fromtimestamp(epoch_seconds, UTC), headers)
    return number


def _seconds_until(moment: datetime | None, headers: Mapping[str, str]) -> float | None:
    answered_at = _http_date(headers.get("date", ""))
    if moment is None or answered_at is None:
        return None
    return max(0.0, (moment - answered_at).total_seconds())


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
