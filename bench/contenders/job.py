"""The whole profile job, resolving first: python -m bench.contenders.job SHOP FOLDER [plain].

`plain`: without what customers are like, what comes next for them, and their products.
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path

from bench.simulated import NOW
from enrich.compute.profiles import make_profiles
from enrich.model import Rules, last_complete_day
from enrich.profile import Parts, profile_parts, score_parts
from enrich.shop import Shop
from enrich.warehouse import open_warehouse

TODAY = NOW + timedelta(days=1)


def make(folder: Path, now: datetime) -> None:
    """The profiles of the last complete day at `now`, kept in the folder's warehouse."""
    with open_warehouse(folder) as warehouse:
        make_profiles(warehouse, Shop("shop"), now=now)


def make_plain(folder: Path, now: datetime) -> None:
    """The same without the new fields."""
    rules, as_of = Rules(), last_complete_day(now, Rules().time_zone)
    with open_warehouse(folder) as warehouse:
        warehouse.resolve("shop", rules, run_id="bench", now=now)
        scored = score_parts(WithoutSales(warehouse.profiles.parts("shop")), as_of, rules)
        profiles = profile_parts(scored, warehouse.profiles.segments_before("shop", as_of))
        warehouse.profiles.keep("shop", as_of, profiles, scored.cut_points, run_id="bench", now=now)


class WithoutSales:
    """Parts without sales: their profiles do not say what customers are like."""

    def __init__(self, parts: Parts) -> None:
        self.count, self.customers, self.purchases = parts.count, parts.customers, parts.purchases
        self.details, self.facts = parts.details, parts.facts

    def sales(self, part: int) -> None:
        """None: the parts have no sales."""


if __name__ == "__main__":
    (make_plain if sys.argv[3:] else make)(Path(sys.argv[2]), TODAY)
