"""Movements between segments from the read copy: the frames gathered, the days chosen."""

from __future__ import annotations

from datetime import date, timedelta

from enrich.errors import BadSettings
from enrich.model import Rules
from enrich.profile import SEGMENTS, SegmentTable
from enrich.profile.movements import Movements, movements
from enrich.warehouse import ReadCopy

DEFAULT_DAYS = 30


def store_movements(
    copy: ReadCopy,
    store: str,
    rules: Rules,
    first_on: date | None,
    second_on: date | None,
    *,
    is_frozen: bool = False,
    segments: SegmentTable = SEGMENTS,
) -> Movements:
    """Who moved in the store; by default in the thirty days up to the newest profiles.

    Raises BadSettings when there are no profiles yet or the days are not in order.
    """
    last = copy.profiles.newest_day(store)
    if last is None:
        raise BadSettings(f"{store} has no profiles yet: `enrich profiles`")
    until = second_on or last
    since = first_on or until - timedelta(days=DEFAULT_DAYS)
    customers, purchases = copy.profiles.ranking_inputs(store)
    kept = copy.profiles.segments_on(store, since)
    return movements(
        customers,
        purchases,
        kept,
        since,
        until,
        rules,
        is_frozen=is_frozen,
        segments=segments,
    )


def latest_movements(
    copy: ReadCopy, store: str, rules: Rules, segments: SegmentTable = SEGMENTS
) -> Movements | None:
    """Who moved between the two newest days with profiles; None before there are two."""
    days = copy.profiles.days(store)
    if len(days) < 2:
        return None
    return store_movements(copy, store, rules, days[-2], days[-1], segments=segments)
