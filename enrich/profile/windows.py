"""The windows of days a profile looks through, and which ages fall into each.

The single decision on the edges: N days means an age of at most N, so that `orders_30d > 0` is
exactly `days_since_last_purchase <= 30`. Every age is in one bucket, numbered from the newest; a
window is a range of neighbouring buckets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from enrich.model import WINDOWS_DAYS, Rules

_DAYS = re.compile(r"^orders_(\d+)d(?:_plus)?$")


@dataclass(frozen=True, slots=True)
class Window:
    """One window: its suffix in field names, how it reads in a sentence, its buckets."""

    name: str
    phrase: str
    newest_bucket: int
    oldest_bucket: int

    def only(self, column: str) -> pl.Expr:
        """The column of rows whose `bucket` lies in the window, null elsewhere."""
        is_in = pl.col("bucket").is_between(self.newest_bucket, self.oldest_bucket)
        return pl.when(is_in).then(column)


def windows(rules: Rules) -> tuple[Window, ...]:
    """The windows in field order: each number of days, the open one after the last, lifetime."""
    oldest, last = len(rules.windows), rules.windows[-1]
    lifetime = Window("lifetime", "in all known history", 0, oldest)
    beyond = Window(open_window(rules.windows), f"more than {last} days ago", oldest, oldest)
    if rules.beyond_last == "lifetime":
        beyond = Window(beyond.name, lifetime.phrase, 0, oldest)
    return (*_recent(rules.windows), beyond, lifetime)


def _recent(days: tuple[int, ...]) -> tuple[Window, ...]:
    return tuple(Window(f"{n}d", f"in the last {n} days", 0, i) for i, n in enumerate(days))


def open_window(days: tuple[int, ...]) -> str:
    """The name of the window without an end, such as 360d_plus."""
    return f"{days[-1]}d_plus"


def window_names(days: tuple[int, ...] = WINDOWS_DAYS) -> tuple[str, ...]:
    """The names of the windows in field order."""
    return tuple(window.name for window in windows(Rules(windows=days)))


def bucket_of(age: pl.Expr, days: tuple[int, ...]) -> pl.Expr:
    """The bucket of an age in days: how many windows it is too old for."""
    return pl.sum_horizontal((age > edge).cast(pl.UInt16) for edge in days).cast(pl.UInt16)


def windows_of(columns: Iterable[str]) -> tuple[int, ...]:
    """The days of the windows that profiles with these columns have."""
    found = (_DAYS.match(column) for column in columns)
    return tuple(sorted({*WINDOWS_DAYS, *(int(one[1]) for one in found if one)}))
