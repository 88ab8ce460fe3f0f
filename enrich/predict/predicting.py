"""What comes next for each customer, from the models of the shop and its levels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl

from enrich.predict.arrays import Floats
from enrich.predict.mbg import Silence, expected_orders, p_alive
from enrich.predict.shop import BEYOND_HORIZON, STATUSES, PredictionRules, ShopModel
from enrich.predict.states import TRIPLE, States, packed_triple

HORIZONS = (30, 90, 365)
CHURN_DAYS = 90
MAX_DAYS_AHEAD = 730
QUANTILES = {"next_order_from": 0.1, "next_order_on": 0.5, "next_order_until": 0.9}
TIERS = {"top_1": 0.01, "top_5": 0.05, "top_10": 0.1, "top_25": 0.25, "top_50": 0.5}
REST = "rest"
TIER = pl.Enum([*TIERS, REST])
STATUS = pl.Enum(list(STATUSES))


@dataclass(frozen=True, slots=True)
class Levels:
    """Actual over predicted in the past, by days of the horizon; 1 where it is not known.

    `seasons`: the factor of last year's season, by days; already multiplied into both levels.
    """

    orders: dict[int, float] = field(default_factory=dict)
    amounts: dict[int, float] = field(default_factory=dict)
    seasons: dict[int, float] = field(default_factory=dict)

    def renewed(self, newer: Levels) -> Levels:
        """The newer levels, and these where there is no newer one."""
        return Levels(
            self.orders | newer.orders,
            self.amounts | newer.amounts,
            self.seasons | newer.seasons,
        )


PLAIN = Levels()


def predictions(
    part: States, shop: ShopModel, rules: PredictionRules, levels: Levels = PLAIN
) -> pl.DataFrame:
    """One row per customer: the fields of DESIGN without tiers, null where the shop has no model.

    Chances and dates are null or given alive as their definitions say; amounts in currency units.
    """
    customers = part.customers
    if shop.status is not None:
        return _nothing(customers["customer_key"], shop.status)
    triple = packed_triple(customers)
    rows = customers.select(TRIPLE).with_columns(triple).unique("triple")
    known = _of_triples(rows, shop, rules, levels)
    found = customers.select("customer_key", "paid", "paid_cents").with_columns(triple)
    found = found.join(known, on="triple", how="left", maintain_order="left")
    figures = [pl.col(name).round(DECIMALS[name]) if name in DECIMALS else name for name in FIGURES]
    return _with_money(found, shop, levels).select("customer_key", *figures, "prediction_status")


FIGURES: dict[str, type[pl.DataType]] = {
    "p_alive": pl.Float64,
    "churn_probability_90d": pl.Float64,
    **{f"expected_orders_{days}d": pl.Float64 for days in HORIZONS},
    "expected_amount_365d": pl.Float64,
    "clv_365d": pl.Float64,
    "next_order_on": pl.Date,
    "next_order_from": pl.Date,
    "next_order_until": pl.Date,
}
DECIMALS = {
    name: 2 if name in ("expected_amount_365d", "clv_365d") else 4
    for name, dtype in FIGURES.items()
    if dtype is pl.Float64
}
"""Rounded: the last bit of an exponential depends on where in an array it stands."""
PREDICTIONS: dict[str, pl.DataType | type[pl.DataType]] = {
    "customer_key": pl.Int64,
    **FIGURES,
    "prediction_status": STATUS,
    "clv_tier": TIER,
}
"""What is predicted of a customer, a column each."""


def _nothing(keys: pl.Series, status: str) -> pl.DataFrame:
    empty = [pl.lit(None, dtype).alias(name) for name, dtype in FIGURES.items()]
    return keys.to_frame().with_columns(*empty, prediction_status=pl.lit(status, STATUS))


def _of_triples(
    rows: pl.DataFrame, shop: ShopModel, rules: PredictionRules, levels: Levels
) -> pl.DataFrame:
    """All that does not depend on money, a row per distinct x, t_x, T."""
    model = shop.buying
    alive, silence = p_alive(rows, model), Silence(rows, model)
    lost = 1 - alive * (1 - silence.lasts(CHURN_DAYS))
    orders = [alive * expected_orders(rows, model, days) for days in HORIZONS]
    level = [levels.orders.get(days, 1.0) for days in HORIZONS]
    return rows.select("triple").with_columns(
        pl.Series("p_alive", alive),
        pl.Series("churn_probability_90d", lost ** levels.orders.get(CHURN_DAYS, 1.0)),
        *(
            pl.Series(f"expected_orders_{days}d", plain * factor)
            for days, plain, factor in zip(HORIZONS, orders, level, strict=True)
        ),
        *_dates(silence, shop.as_of),
        pl.Series("plain_orders", orders[-1]),
        pl.Series("worth_now", _discounted(orders, rules.yearly_discount_rate)),
    )


def _discounted(orders: list[Floats], rate: float) -> Floats:
    """Orders of a year as they are worth today: each stretch from its middle."""
    edges = (0, *HORIZONS)
    worth = [(1 + rate) ** (-(a + b) / 2 / 365) for a, b in zip(edges, HORIZONS, strict=False)]
    stretches = np.diff([np.zeros_like(orders[0]), *orders], axis=0)
    return np.tensordot(worth, stretches, axes=1)


def _dates(silence: Silence, as_of: date) -> list[pl.Series]:
    today = (as_of - date(1970, 1, 1)).days
    found = []
    for name, quantile in QUANTILES.items():
        days = silence.days_until(quantile, MAX_DAYS_AHEAD)
        ahead = pl.Series(name, (days + today).astype(np.int32)).cast(pl.Date)
        found.append(ahead.set(pl.Series(days > MAX_DAYS_AHEAD), None))
    return found


def _with_money(found: pl.DataFrame, shop: ShopModel, levels: Levels) -> pl.DataFrame:
    """The rows with amounts and status."""
    if shop.values is None or shop.value_status is not None:
        amount = clv = pl.lit(None, pl.Float64)
        why = pl.lit(shop.value_status, STATUS)
    else:
        mean = shop.values.expected(found["paid"].to_numpy(), found["paid_cents"].to_numpy())
        value = pl.lit(pl.Series(mean * levels.amounts.get(HORIZONS[-1], 1.0)))
        amount, clv = pl.col("plain_orders") * value, pl.col("worth_now") * value
        is_beyond = pl.col("next_order_on").is_null()
        why = pl.when(is_beyond).then(pl.lit(BEYOND_HORIZON, STATUS))
    return found.with_columns(expected_amount_365d=amount, clv_365d=clv, prediction_status=why)


WORTHS = pl.Schema({"clv_365d": pl.Float64, "customers": pl.Int64})


def worths(rows: pl.DataFrame) -> pl.DataFrame:
    """How many customers of the predictions have each clv_365d (WORTHS), which adds up."""
    counted = rows.select(pl.col("clv_365d").drop_nulls().value_counts(name="customers"))
    return counted.unnest("clv_365d").cast(WORTHS)


def tier_cuts(worths: pl.DataFrame) -> list[float]:
    """The least clv_365d of each of TIERS, from the WORTHS of all customers; none without any."""
    from_best = worths.sort("clv_365d", descending=True)
    reached = from_best["customers"].cum_sum()
    total = int(worths["customers"].sum())
    counts = [math.ceil(total * share) for share in TIERS.values()]
    places = reached.search_sorted(pl.Series(counts), side="left")
    return from_best["clv_365d"].gather(places).to_list() if total else []


def with_tiers(rows: pl.DataFrame, cuts: Sequence[float]) -> pl.DataFrame:
    """The predictions with clv_tier; equal values are in the same tier."""
    found = pl.lit(REST, TIER)
    for tier, cut in reversed(list(zip(TIERS, cuts, strict=bool(cuts)))):
        found = pl.when(pl.col("clv_365d") >= cut).then(pl.lit(tier, TIER)).otherwise(found)
    is_known = pl.col("clv_365d").is_not_null()
    return rows.with_columns(clv_tier=pl.when(is_known).then(found))
