"""Predictions as they would have been made in the past, beside what happened and naive rules.

Nothing after the cut-off is known to what is tested: the models are those of the purchases before
it, and its levels come from a cut-off whose horizon ends there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from enrich.predict.arrays import Floats
from enrich.predict.mbg import Silence, expected_orders, p_alive
from enrich.predict.metrics import (
    auc,
    bias,
    correlation,
    error_by_tenth,
    normalised_gini,
    share_between,
    tenths,
)
from enrich.predict.predicting import HORIZONS, PLAIN, Levels, packed_triple
from enrich.predict.shop import PredictionRules, PurchaseParts, ShopModel, shop_model, states_of
from enrich.predict.states import TRIPLE, States

SEASON_DAYS = 364
_SAME = 9  # decimals beyond which predictions are equal: the last bit depends on the array
_PSEUDO_ORDERS = 25
"""A level is drawn towards 1 as if so many more orders had come, as predicted."""

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
        empty = pl.DataFrame(schema=BACKTESTS), pl.DataFrame(schema=CALIBRATION)
        return Backtest(cutoff, horizon_days, shop, *empty)
    rows = _by_customer(_compared, parts, every, shop, horizon_days)
    before = levels(parts, cutoff, rules, (horizon_days,), shop)
    rows = rows.with_columns(
        expected_orders=pl.col("plain_orders") * before.orders.get(horizon_days, 1.0),
        expected_amount=pl.col("plain_amount") * before.amounts.get(horizon_days, 1.0),
    )
    return Backtest(cutoff, horizon_days, shop, _measured(rows), _by_tenth(rows))


def levels(
    parts: PurchaseParts,
    as_of: date,
    rules: PredictionRules,
    horizons: tuple[int, ...] = HORIZONS,
    start: ShopModel | None = None,
    known: Iterable[ShopModel] = (),
) -> Levels:
    """Actual over predicted of each horizon that ends with `as_of`, by the model of its beginning.

    With two years of history it is moved by what the season did a year ago: the level of the days
    after this day of last year, over that of the days before it. A horizon for which the history is
    too short has no level. `known` are models of earlier days that need no search.
    """
    past, found = _Past(parts, rules, start, {one.as_of: one for one in known}), PLAIN
    for days in horizons:
        now = past.level(as_of - timedelta(days=days), days)
        if now is None:
            continue
        season = None
        if days < SEASON_DAYS and now.history_days + days >= 2 * SEASON_DAYS:
            season = past.season(as_of - timedelta(days=SEASON_DAYS), days)
        moved = 1.0 if season is None else season
        found = found.renewed(
            Levels(
                {days: now.orders * moved},
                {days: now.amount * moved},
                {} if season is None else {days: season},
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class _Level:
    """Actual over predicted orders and amounts after one cut-off, and the history before it."""

    history_days: int
    orders: float
    amount: float


@dataclass(frozen=True, slots=True)
class _Past:
    """A shop on earlier days; its `models` are searched from `start`, each once."""

    parts: PurchaseParts
    rules: PredictionRules
    start: ShopModel | None
    models: dict[date, ShopModel]

    def season(self, day: date, days: int) -> float | None:
        """The level of the days after the day over that of the days before it."""
        after = self.level(day, days)
        before = self.level(day - timedelta(days=days), days)
        return after.orders / before.orders if after and before else None

    def level(self, cutoff: date, days: int) -> _Level | None:
        """None where there is no model of the cut-off."""
        every = list(states_of(self.parts, cutoff))
        if cutoff not in self.models:
            self.models[cutoff] = shop_model(every, cutoff, self.rules, self.start)
        shop = self.models[cutoff]
        if shop.status is not None:
            return None
        sums = _by_customer(_came, self.parts, every, shop, days).sum().row(0, named=True)
        orders = (sums["orders"] + _PSEUDO_ORDERS) / (sums["plain_orders"] + _PSEUDO_ORDERS)
        paid, expected = sums["amount"], sums["plain_amount"]
        per_order = sums["orders"] / sums["plain_orders"] if sums["plain_orders"] else 1.0
        value = paid / expected / per_order if expected and paid else 1.0
        return _Level(shop.history_days, orders, orders * value)


def _by_customer(
    made: Callable[[pl.DataFrame, pl.DataFrame, ShopModel, int], pl.DataFrame],
    parts: PurchaseParts,
    every: list[States],
    shop: ShopModel,
    days: int,
) -> pl.DataFrame:
    """What is made of each customer of the cut-off, ascending by key."""
    rows = (
        made(known.customers, parts.purchases(part), shop, days) for part, known in enumerate(every)
    )
    return pl.concat(rows).sort("customer_key")


def _came(known: pl.DataFrame, purchases: pl.DataFrame, shop: ShopModel, days: int) -> pl.DataFrame:
    """plain_orders and plain_amount (0 without a model of values) as predicted, orders and amount
    as they came; then what the predictions are made of."""
    triple = packed_triple(known)
    rows = known.select(TRIPLE).with_columns(triple).unique("triple")
    orders = p_alive(rows, shop.buying) * expected_orders(rows, shop.buying, days)
    predicted = rows.select("triple", plain_orders=pl.Series(orders))
    value = np.zeros(known.height)
    if shop.values is not None and shop.value_status is None:
        value = shop.values.expected(known["paid"].to_numpy(), known["paid_cents"].to_numpy())
    found = known.with_columns(triple).join(
        predicted, on="triple", how="left", maintain_order="left"
    )
    actual = _after(purchases, shop.as_of, days)
    found = found.join(actual, on="customer_key", how="left", maintain_order="left")
    return found.with_columns(
        pl.col("plain_orders").round(_SAME),
        plain_amount=(pl.col("plain_orders") * pl.lit(pl.Series(value))).round(_SAME),
        orders=pl.col("orders").fill_null(0).cast(pl.Float64),
        amount=pl.col("amount").fill_null(0.0),
    )


def _compared(
    known: pl.DataFrame, purchases: pl.DataFrame, shop: ShopModel, days: int
) -> pl.DataFrame:
    """The same with order_chance as predicted and position (where in its predicted distribution
    the first order came, null without one) as it was; a column per baseline."""
    found = _came(known, purchases, shop, days).join(
        _before(purchases, shop.as_of, days), on="customer_key", how="left", maintain_order="left"
    )
    silence = Silence(found, shop.buying)
    comes = 1 - silence.lasts(days)
    waited = found["first_on"].fill_null(0).to_numpy()
    return found.select(
        "customer_key",
        "plain_orders",
        "plain_amount",
        "orders",
        "amount",
        order_chance=pl.lit(pl.Series(p_alive(found, shop.buying) * comes)).round(_SAME),
        position=pl.when(pl.col("first_on") > 0).then(
            pl.lit(pl.Series((1 - silence.lasts(waited)) / comes))
        ),
        same_rate=(pl.col("x") + 1) * days / pl.max_horizontal("T", days),
        same_again=pl.col("before").fill_null(0).cast(pl.Float64),
        recency=(pl.col("t_x") - pl.col("T")).cast(pl.Float64),
        past_spend=pl.col("cents") / 100,
    )


def _after(purchases: pl.DataFrame, cutoff: date, days: int) -> pl.DataFrame:
    """customer_key, first_on (days after the cut-off), orders and amount of the days after it."""
    near = _near(purchases, cutoff, 1, days).group_by("customer_key")
    return near.agg(
        first_on=pl.col("day").min(),
        orders=pl.col("day").n_unique(),
        amount=pl.col("amount_cents").sum() / 100,
    )


def _before(purchases: pl.DataFrame, cutoff: date, days: int) -> pl.DataFrame:
    """customer_key, before: the purchase days among the days before the cut-off and itself."""
    near = _near(purchases, cutoff, 1 - days, 0).group_by("customer_key")
    return near.agg(before=pl.col("day").n_unique())


def _near(purchases: pl.DataFrame, cutoff: date, first: int, last: int) -> pl.DataFrame:
    """customer_key, amount_cents, day (after the cut-off) of the days from first to last."""
    age = (pl.col("purchased_on") - pl.lit(cutoff)).dt.total_days().cast(pl.Int32)
    near = purchases.select("customer_key", "amount_cents", day=age)
    return near.filter(pl.col("day").is_between(first, last))


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
