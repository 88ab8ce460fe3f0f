"""How politely VTEX is asked when nobody configures it: what it documents and advises."""

from __future__ import annotations

import itertools
import tomllib

import httpx
import pytest

from enrich.cli.setup import template
from enrich.client import Pacer, asked_seconds, wait_seconds
from enrich.client.http import CONNECT_SECONDS, READ_SECONDS
from enrich.settings import Pace, parse_settings

MANY_TRIES = 8


def test_twenty_requests_a_second_five_details_and_two_lists_at_once() -> None:
    pace = Pace()
    asked = (pace.requests_per_second, pace.concurrent_details, pace.concurrent_lists)
    assert asked == (20, 5, 2)
    assert parse_settings(tomllib.loads(template())).stores["main"].pace == pace


def test_the_pace_stays_under_what_vtex_allows_for_reading_orders() -> None:
    """6,000 a minute an account; nobody can configure more than nine tenths of it."""
    with pytest.raises(Exception, match="90"):
        Pace(requests_per_second=100)


def test_requests_leave_evenly_never_in_a_burst() -> None:
    slept: list[float] = []
    now = [0.0]

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    pacer = Pacer(Pace().requests_per_second, sleep=sleep, monotonic=lambda: now[0])
    for _ in range(21):
        pacer.take()
    assert now[0] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("status_code", "asked", "waits"),
    [
        (429, None, [1, 2, 60, 60, 60, 60, 60]),  # no Retry-After: a minute's rest from the third
        (429, 30.0, [30, 30, 30, 30, 30, 32, 60]),  # the longer of Retry-After and back-off
        (500, None, [1, 2, 4, 8]),
        (503, None, [1, 2, 4, 8]),
        (None, None, [1, 2, 4, 8]),  # the network
        (400, None, []),
        (403, None, []),
        (404, None, []),
    ],
)
def test_the_waits_between_tries(
    status_code: int | None, asked: float | None, waits: list[float]
) -> None:
    tries = (
        wait_seconds(status_code, MANY_TRIES, try_no, asked, jitter=1.0)
        for try_no in itertools.count(1)
    )
    assert list(itertools.takewhile(lambda wait: wait is not None, tries))[:7] == waits


def test_retry_after_is_seconds_or_a_date_or_absent() -> None:
    date = {"date": "Mon, 02 Mar 2026 12:00:00 GMT"}
    assert asked_seconds(httpx.Headers({"retry-after": "7"})) == 7
    assert (
        asked_seconds(httpx.Headers({"retry-after": "Mon, 02 Mar 2026 12:00:09 GMT"} | date)) == 9
    )
    assert asked_seconds(httpx.Headers(date)) is None


def test_a_call_may_take_ten_seconds_to_connect_and_a_minute_to_answer() -> None:
    assert (CONNECT_SECONDS, READ_SECONDS) == (10, 60)
