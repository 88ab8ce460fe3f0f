"""What a customer is like, beside how recently, how often and how much: put together."""

from __future__ import annotations

import polars as pl

from enrich.profile.cadence import CADENCE, cadence
from enrich.profile.contracts import Parts, checked_facts, checked_sales
from enrich.profile.discounts import DISCOUNTS, RETURNS, concessions
from enrich.profile.field import ProfileField
from enrich.profile.habits import HABITS, habits
from enrich.profile.origin import ORIGIN, asked_for, origin

TRAITS: tuple[ProfileField, ...] = (*CADENCE, *ORIGIN, *RETURNS, *DISCOUNTS, *HABITS)


def traits(
    parts: Parts, part: int, sales: pl.DataFrame, known: pl.DataFrame, orders: pl.Series, zone: str
) -> pl.DataFrame:
    """What the fields of TRAITS are made of, a row per customer of the part.

    `known`: the purchases; `orders`: how many each customer has; `zone`: the store's clock.
    """
    count = len(orders)
    sold = (
        known.lazy()
        .select("purchase_no", "customer", "age")
        .join(checked_sales(sales).lazy(), on="purchase_no", how="left", maintain_order="left")
        .collect(engine="streaming")
    )
    sums = (
        sold.lazy()
        .group_by("customer")
        .agg(*concessions(), *asked_for())
        .collect(engine="streaming")
    )
    everybody = pl.int_range(count, dtype=pl.UInt32, eager=True).alias("customer").to_frame()
    whole = everybody.join(sums, on="customer", how="left", maintain_order="left").select(
        pl.col("first_no", "delivered_no"),
        pl.all().exclude("customer", "first_no", "delivered_no").fill_null(0),
    )
    numbers = whole.select("first_no", "delivered_no")
    wanted = pl.concat([numbers["first_no"], numbers["delivered_no"]]).drop_nulls().unique()
    return pl.concat(
        [
            cadence(known, orders),
            whole.drop("first_no", "delivered_no"),
            origin(numbers, checked_facts(parts.facts(part, wanted))),
            habits(sold, count, zone),
        ],
        how="horizontal",
    )
