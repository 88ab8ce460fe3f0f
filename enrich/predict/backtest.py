"""Predictions as they would have been made in the past, beside what happened and naive rules.

Nothing after the cut-off is known to what is tested: the models are those of the purchases before
it, and its levels come from a cut-off whose horizon ends there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from enrich.predict.actuals import Sums, backtest_rows
from enrich.predict.arrays import Floats
from enrich.predict.levels import levels
from enrich.predict.metrics import (
    auc,
    bias,
    correlation,
    error_by_tenth,
    normalised_gini,
    share_between,
    tenths,
)
from enrich.predict.predicting import Levels
from enrich.predict.shop import PredictionRules, PurchaseParts, ShopModel, shop_model, states_of

BACKTESTS = {
    "metric": pl.String,
    "value": pl.Float64,
    "baseline": pl.String,
    "baseline_value": pl.Float64,
}
CALIBRATION = {
    "tenth": pl.Int64,
    "customers": pl.Int64,
    "predicted_orders": pl.Float64,
    "actual_orders": pl.Float64,
    "predicted_amount": pl.Float64,
    "actual_amount": pl.Float64,
}
BASELINES = ("same_rate", "same_again", "recency", "past_spend")
"""As many orders as a customer made so far, by time; as many as in as many days before the cut-off;
the later the last purchase, the more; the more paid so far, the more."""


@dataclass(frozen=True, slots=True)
class Backtest:
    """What was predicted at the cut-off for the days after it, and what came.

    backtests (BACKTESTS): a row per metric and baseline; calibration (CALIBRATION): a row per tenth
    of the customers by predicted orders. Both are empty where `shop.status` says why.
    """

    cutoff_on: date
    horizon_days: int
    shop: ShopModel
    backtests: pl.DataFrame
    calibration: pl.DataFrame


def backtest(
    parts: PurchaseParts,
    as_of: date,
    horizon_days: int,
    rules: PredictionRules,
    start: ShopModel | None = None,
) -> Backtest:
    """The test of the `horizon_days` that end with `as_of`."""
    cutoff = as_of - timedelta(days=horizon_days)
    every = list(states_of(parts, cutoff))
    shop = shop_model(every, cutoff, rules, start)
    if shop.status is not None:
        return _without_tenths(shop, horizon_days, pl.DataFrame(schema=BACKTESTS))
    before = levels(parts, cutoff, rules, (horizon_days,), shop)
    found = (
        backtest_rows(one, parts.purchases(n), shop, horizon_days) for n, one in enumerate(every)
    )
    rows = (
        pl.concat(found)
        .sort("customer_key")
        .with_columns(
            expected_orders=pl.col("plain_orders") * before.orders.get(horizon_days, 1.0),
            expected_amount=pl.col("plain_amount") * before.amounts.get(horizon_days, 1.0),
        )
    )
    return Backtest(cutoff, horizon_days, shop, _measured(rows), _by_tenth(rows))


def backtest_of_sums(
    shop: ShopModel, horizon_days: int, sums: Sums | None, before: Levels
) -> Backtest:
    """What adds up of a test over buckets: how far off all orders and amounts are; no tenths.

    `sums` are those of the model's own horizon, None where it has a status; `before` its levels.
    """
    if sums is None:
        return _without_tenths(shop, horizon_days, pl.DataFrame(schema=BACKTESTS))
    orders, amount = sums.expected_orders, sums.expected_amount
    pairs = {
        "orders_bias": (orders * before.orders.get(horizon_days, 1.0), sums.orders),
        "orders_bias_plain": (orders, sums.orders),
        "amount_bias": (amount * before.amounts.get(horizon_days, 1.0), sums.amount),
        "amount_bias_plain": (amount, sums.amount),
    }
    found = [
        (name, expected / came - 1 if came else None, None, None)
        for name, (expected, came) in pairs.items()
        if name.startswith("orders") or amount
    ]
    return _without_tenths(shop, horizon_days, pl.DataFrame(found, BACKTESTS, orient="row"))


def _without_tenths(shop: ShopModel, horizon_days: int, backtests: pl.DataFrame) -> Backtest:
    """A test without tenths."""
    return Backtest(shop.as_of, horizon_days, shop, backtests, pl.DataFrame(schema=CALIBRATION))


Metric = Callable[[Floats, Floats], float | None]
_METRICS: tuple[tuple[str, Metric, str, str, tuple[str, ...]], ...] = (
    ("orders_correlation", correlation, "expected_orders", "orders", BASELINES),
    ("buys_again_auc", auc, "order_chance", "orders", BASELINES),
    ("money_gini", normalised_gini, "expected_amount", "amount", BASELINES),
    ("orders_error_by_tenth", error_by_tenth, "expected_orders", "orders", BASELINES[:2]),
    ("orders_bias", bias, "expected_orders", "orders", BASELINES[:2]),
    ("orders_bias_plain", bias, "plain_orders", "orders", ()),
    ("amount_bias", bias, "expected_amount", "amount", ()),
    ("amount_bias_plain", bias, "plain_amount", "amount", ()),
    ("next_order_coverage", share_between, "position", "orders", ()),
)
"""name, how it is measured, of what, against what, and the baselines it is measured of as well."""
HIGHER_IS_BETTER = (
    "orders_correlation",
    "buys_again_auc",
    "money_gini",
    "hit_rate_5",
    "hit_rate_10",
)


def _measured(rows: pl.DataFrame) -> pl.DataFrame:
    """A row per metric and baseline; metrics without one have one row."""
    columns = {name: rows[name].to_numpy() for name in rows.columns}
    has_money = bool(columns["plain_amount"].any())
    found = []
    for name, metric, predicted, actual, baselines in _METRICS:
        if "amount" in predicted and not has_money:
            continue
        value = metric(columns[predicted], columns[actual])
        for baseline in baselines or (None,):
            beside = metric(columns[baseline], columns[actual]) if baseline else None
            found.append((name, value, baseline, beside))
    return pl.DataFrame(found, BACKTESTS, orient="row")


def _by_tenth(rows: pl.DataFrame) -> pl.DataFrame:
    tenth = pl.Series("tenth", tenths(rows["expected_orders"].to_numpy()))
    sums = {
        f"{kind}_{what}": pl.col(f"{column}_{what}".lstrip("_")).sum()
        for what in ("orders", "amount")
        for kind, column in (("predicted", "expected"), ("actual", ""))
    }
    by_tenth = rows.with_columns(tenth).group_by("tenth").agg(customers=pl.len(), **sums)
    return by_tenth.sort("tenth").cast(pl.Schema(CALIBRATION))


def winners(backtests: pl.DataFrame) -> list[str]:
    """A line for each metric that a naive rule meets better than the model."""
    return [
        f"{row['baseline']} is better than the model: {row['metric']}"
        f" {row['baseline_value']:.3f} against {row['value']:.3f}"
        for row in with_winners(backtests).filter("is_beaten").iter_rows(named=True)
    ]


def with_winners(backtests: pl.DataFrame) -> pl.DataFrame:
    """The rows of a back-test with `is_beaten`: whether the naive rule meets the metric better."""
    better = pl.col("metric").is_in(HIGHER_IS_BETTER)
    ahead = pl.col("baseline_value") - pl.col("value")
    least = pl.col("value").abs() - pl.col("baseline_value").abs()
    is_beaten = pl.when(better).then(ahead).otherwise(least) > 0
    return backtests.with_columns(is_beaten=is_beaten.fill_null(False))
