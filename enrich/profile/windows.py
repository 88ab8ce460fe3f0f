"""The windows of days a profile looks through, and which ages fall into each.

The single decision on the edges: N days means an age of at most N, so that `orders_30d > 0` is
exactly `days_since_last_purchase <= 30`. Ages are put into six buckets once; a window is a
contiguous range of buckets.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from enrich.profile.arrays import Ages, Buckets

EDGES_DAYS = (30, 60, 90, 180, 360)
OLDEST_BUCKET = len(EDGES_DAYS)
BUCKET_COUNT = len(EDGES_DAYS) + 1


@dataclass(frozen=True, slots=True)
class Window:
    """One window: its suffix in field names, how it reads in a sentence, its buckets."""

    name: str
    phrase: str
    newest_bucket: int
    oldest_bucket: int


RECENT = tuple(
    Window(f"{days}d", f"in the last {days} days", 0, bucket)
    for bucket, days in enumerate(EDGES_DAYS)
)
LIFETIME = Window("lifetime", "in all known history", 0, OLDEST_BUCKET)
OLDER = Window("360d_plus", "more than 360 days ago", OLDEST_BUCKET, OLDEST_BUCKET)
ALWAYS = Window("360d_plus", "in all known history", 0, OLDEST_BUCKET)
WINDOW_NAMES = (*(window.name for window in RECENT), OLDER.name, LIFETIME.name)


def windows(beyond_360: str) -> tuple[Window, ...]:
    """The seven windows in field order; `beyond_360` is `older` or `lifetime`."""
    return (*RECENT, ALWAYS if beyond_360 == "lifetime" else OLDER, LIFETIME)


def bucket_of(ages: Ages) -> Buckets:
    """The bucket of each age in days: the first edge that is not smaller."""
    days = np.arange(EDGES_DAYS[-1] + 2)
    by_day = np.searchsorted(np.array(EDGES_DAYS), days, side="left").astype(np.uint8)
    buckets: Buckets = by_day[ages.clip(max=days[-1])]
    return buckets
