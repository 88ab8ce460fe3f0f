"""What a model predicted for some days after its own, beside what happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from polars.dataframe.group_by import GroupBy

from enrich.predict.mbg import Silence, expected_orders, p_alive
from enrich.predict.shop import ShopModel
from enrich.predict.states import TRIPLE, States, packed_triple

SAME_DECIMALS = 9
"""Predictions are equal up to so many: the last bit depends on the array."""
_WHOLE: int = 10**SAME_DECIMALS


def with_actuals(
    known: States, purchases: pl.DataFrame, shop: ShopModel, days: int
) -> pl.DataFrame:
    """One row per customer known on the model's day: predictions beside the next `days` days.

    plain_orders and plain_amount (0 without a model of values) as predicted; orders, amount and
    first_on (after how many days, null without an order) as it was.
    """
    customers = known.customers.with_columns(packed_triple(known.customers))
    rows = customers.select("triple", *TRIPLE).unique("triple")
    alive = p_alive(rows, shop.buying)
    plain = pl.Series("plain_orders", alive * expected_orders(rows, shop.buying, days))
    value = np.zeros(customers.height)
    if shop.values is not None and shop.value_status is None:
        value = shop.values.expected(
            customers["paid"].to_numpy(), customers["paid_cents"].to_numpy()
        )
    after = _near(purchases, shop.as_of, 1, days).agg(
        first_on=pl.col("day").min(),
        orders=pl.col("day").n_unique(),
        amount=pl.col("amount_cents").sum() / 100,
    )
    return (
        customers.join(rows.select("triple", plain), on="triple", how="left", maintain_order="left")
        .join(after, on="customer_key", how="left", maintain_order="left")
        .with_columns(
            pl.col("plain_orders").round(SAME_DECIMALS),
            plain_amount=(pl.col("plain_orders") * pl.lit(pl.Series(value))).round(SAME_DECIMALS),
            orders=pl.col("orders").fill_null(0).cast(pl.Float64),
            amount=pl.col("amount").fill_null(0.0),
        )
    )


def backtest_rows(
    known: States, purchases: pl.DataFrame, shop: ShopModel, days: int
) -> pl.DataFrame:
    """One row per customer of the day of the model, ascending by key.

    plain_orders, plain_amount, orders and amount as in `with_actuals`; order_chance as predicted;
    position (where in its predicted distribution the first order came, null without one) as it
    was; a column per baseline.
    """
    before = _near(purchases, shop.as_of, 1 - days, 0).agg(before=pl.col("day").n_unique())
    found = with_actuals(known, purchases, shop, days).join(
        before, on="customer_key", how="left", maintain_order="left"
    )
    silence = Silence(found, shop.buying)
    comes = 1 - silence.lasts(days)
    waited = found["first_on"].fill_null(0).to_numpy()
    position, chance = (1 - silence.lasts(waited)) / comes, p_alive(found, shop.buying) * comes
    return found.select(
        "customer_key",
        *("plain_orders", "plain_amount", "orders", "amount"),
        order_chance=pl.lit(pl.Series(chance)).round(SAME_DECIMALS),
        position=pl.when(pl.col("first_on") > 0).then(pl.lit(pl.Series(position))),
        same_rate=(pl.col("x") + 1) * days / pl.max_horizontal("T", days),
        same_again=pl.col("before").fill_null(0).cast(pl.Float64),
        recency=(pl.col("t_x") - pl.col("T")).cast(pl.Float64),
        past_spend=pl.col("cents") / 100,
    )


def _near(purchases: pl.DataFrame, cutoff: date, first: int, last: int) -> GroupBy:
    """By customer, amount_cents and day (after the cut-off) of the days from first to last."""
    age = (pl.col("purchased_on") - pl.lit(cutoff)).dt.total_days().cast(pl.Int32)
    near = purchases.select("customer_key", "amount_cents", day=age)
    return near.filter(pl.col("day").is_between(first, last)).group_by("customer_key")


@dataclass(frozen=True, slots=True)
class Sums:
    """Actual and predicted totals of a part's customers.

    Predicted totals are whole numbers of 1e-9, so that any split into parts adds up to the same.
    """

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


def sums_of(rows: pl.DataFrame) -> Sums:
    """The sums of rows of `with_actuals`."""
    units = {"orders": 1, "amount": 100, "plain_orders": _WHOLE, "plain_amount": _WHOLE}
    whole = ((pl.col(name) * unit).round().cast(pl.Int128).sum() for name, unit in units.items())
    return Sums(*rows.select(whole).row(0))
