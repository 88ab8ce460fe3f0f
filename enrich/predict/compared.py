"""What a model predicted for some days after its own, beside what happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from enrich.predict.mbg import Silence, expected_orders, p_alive
from enrich.predict.shop import ShopModel
from enrich.predict.states import TRIPLE, states

SAME_DECIMALS = 9
"""Predictions are equal up to so many: the last bit depends on the array."""
_WHOLE: int = 10**SAME_DECIMALS


def compared(purchases: pl.DataFrame, shop: ShopModel, days: int) -> pl.DataFrame:
    """One row per customer of the day of the model, ascending by key.

    plain_orders, order_chance and plain_amount (0 without a model of values) as predicted; orders,
    amount, position (where in its predicted distribution the first order came, null without one) as
    it was; a column per baseline.
    """
    known = states(purchases, shop.as_of).customers
    rows = known.select(TRIPLE).unique()
    alive, silence = p_alive(rows, shop.buying), Silence(rows, shop.buying)
    comes = 1 - silence.lasts(days)
    predicted = rows.with_columns(
        plain_orders=alive * expected_orders(rows, shop.buying, days),
        order_chance=alive * comes,
        comes=comes,
    )
    actual = _after(purchases, shop.as_of, days)
    found = known.join(predicted, on=TRIPLE, how="left", maintain_order="left").join(
        actual, on="customer_key", how="left", maintain_order="left"
    )
    waited = found["first_on"].fill_null(0)
    position = (1 - Silence(found, shop.buying).lasts(waited.to_numpy())) / found["comes"]
    value = np.zeros(found.height)
    if shop.values is not None and shop.value_status is None:
        value = shop.values.expected(found["paid"].to_numpy(), found["paid_cents"].to_numpy())
    return found.select(
        "customer_key",
        pl.col("plain_orders", "order_chance").round(SAME_DECIMALS),
        plain_amount=(pl.col("plain_orders") * pl.lit(pl.Series(value))).round(SAME_DECIMALS),
        orders=pl.col("orders").fill_null(0).cast(pl.Float64),
        amount=pl.col("amount").fill_null(0.0),
        position=pl.when(pl.col("first_on") > 0).then(pl.lit(pl.Series(position))),
        same_rate=(pl.col("x") + 1) * days / pl.max_horizontal("T", days),
        same_again=pl.col("before").fill_null(0).cast(pl.Float64),
        recency=(pl.col("t_x") - pl.col("T")).cast(pl.Float64),
        past_spend=pl.col("cents") / 100,
    )


def _after(purchases: pl.DataFrame, cutoff: date, days: int) -> pl.DataFrame:
    """customer_key, first_on (days after the cut-off), orders, amount of the days after it, and the
    purchase days among as many days before it."""
    age = (pl.col("purchased_on") - pl.lit(cutoff)).dt.total_days().cast(pl.Int32)
    near = purchases.select("customer_key", "amount_cents", day=age).filter(
        pl.col("day").is_between(1 - days, days)
    )
    is_after = pl.col("day") > 0
    return near.group_by("customer_key").agg(
        first_on=pl.col("day").filter(is_after).min(),
        orders=pl.col("day").filter(is_after).n_unique(),
        amount=pl.col("amount_cents").filter(is_after).sum() / 100,
        before=pl.col("day").filter(~is_after).n_unique(),
    )


@dataclass(frozen=True, slots=True)
class Sums:
    """Of all customers of a part; the predicted ones in 1e-9: whole numbers, which add up to the
    same whatever the parts are."""

    orders: int
    cents: int
    plain_orders: int
    plain_amount: int

    def __add__(self, other: Sums) -> Sums:
        return Sums(
            self.orders + other.orders,
            self.cents + other.cents,
            self.plain_orders + other.plain_orders,
            self.plain_amount + other.plain_amount,
        )

    @property
    def amount(self) -> float:
        return self.cents / 100

    @property
    def expected_orders(self) -> float:
        return self.plain_orders / _WHOLE

    @property
    def expected_amount(self) -> float:
        return self.plain_amount / _WHOLE


def summed(rows: pl.DataFrame) -> Sums:
    """The sums of rows of `compared`."""
    units = {"orders": 1, "amount": 100, "plain_orders": _WHOLE, "plain_amount": _WHOLE}
    whole = ((pl.col(name) * unit).round().cast(pl.Int128).sum() for name, unit in units.items())
    return Sums(*rows.select(whole).row(0))
