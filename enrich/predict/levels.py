"""Levels: actual over predicted orders and amounts, by which predictions are multiplied."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from operator import add

from enrich.predict.actuals import Sums, sums_of, with_actuals
from enrich.predict.predicting import HORIZONS, PLAIN, Levels
from enrich.predict.shop import PredictionRules, PurchaseParts, ShopModel, shop_model, states_of

SEASON_DAYS = 364
_PSEUDO_ORDERS = 25
"""A level is drawn towards 1 as if so many more orders had come, as predicted."""


@dataclass(frozen=True, slots=True)
class Level:
    """Actual over predicted orders and amounts after one cut-off, and the history before it."""

    history_days: int
    orders: float
    amount: float


LevelOf = Callable[[date, int], Level | None]
"""The level of so many days after a cut-off; None where there is no model of the cut-off."""


def levels(
    parts: PurchaseParts,
    as_of: date,
    rules: PredictionRules,
    horizons: tuple[int, ...] = HORIZONS,
    start: ShopModel | None = None,
    known: Iterable[ShopModel] = (),
) -> Levels:
    """`seasonal_levels` of purchases in parts; `known` are models of earlier days."""
    models = {shop.as_of: shop for shop in known}

    def level_of(cutoff: date, days: int) -> Level | None:
        every = list(states_of(parts, cutoff))
        if cutoff not in models:
            models[cutoff] = shop_model(every, cutoff, rules, start)
        shop = models[cutoff]
        if shop.status is not None:
            return None
        rows = (with_actuals(one, parts.purchases(n), shop, days) for n, one in enumerate(every))
        return level(shop, reduce(add, map(sums_of, rows)))

    return seasonal_levels(level_of, as_of, horizons)


def seasonal_levels(level_of: LevelOf, as_of: date, horizons: tuple[int, ...] = HORIZONS) -> Levels:
    """Actual over predicted of each horizon that ends with `as_of`, by the model of its beginning.

    With two years of history it is moved by what the season did a year ago: the level of the days
    after this day of last year, over that of the days before it. A horizon for which the history is
    too short has no level.
    """
    found = PLAIN
    for days in horizons:
        cutoff, *last_year = cutoffs(as_of, days)
        now = level_of(cutoff, days)
        if now is None:
            continue
        season = None
        if last_year and now.history_days + days >= 2 * SEASON_DAYS:
            after, before = (level_of(day, days) for day in last_year)
            season = after.orders / before.orders if after and before else None
        moved = 1.0 if season is None else season
        found = found.renewed(
            Levels(
                {days: now.orders * moved},
                {days: now.amount * moved},
                {} if season is None else {days: season},
            )
        )
    return found


def cutoffs(as_of: date, days: int) -> tuple[date, ...]:
    """Whose levels that of a horizon may need: its own, and the two of last year's season."""
    own, season = as_of - timedelta(days=days), as_of - timedelta(days=SEASON_DAYS)
    return (own, season, season - timedelta(days=days)) if days < SEASON_DAYS else (own,)


def level(shop: ShopModel, sums: Sums) -> Level:
    """The level of a model with what it predicted, and what came."""
    plain = sums.expected_orders
    orders = (sums.orders + _PSEUDO_ORDERS) / (plain + _PSEUDO_ORDERS)
    paid, expected = sums.amount, sums.expected_amount
    per_order = sums.orders / plain if plain else 1.0
    value = paid / expected / per_order if expected and paid else 1.0
    return Level(shop.history_days, orders, orders * value)
