"""When and where somebody usually buys."""

from __future__ import annotations

import polars as pl

from enrich.profile.field import ProfileField
from enrich.profile.lists import codes, sorted_texts

_TIE = "Of several with as many purchases, the one of the newest; null with fewer than two."

HABITS = (
    ProfileField(
        "preferred_weekday",
        pl.Int8,
        "weekday",
        None,
        f"Day of the week with most purchases, 1 (Monday) to 7, on the store's clock. {_TIE}",
        pl.col("preferred_weekday"),
    ),
    ProfileField(
        "preferred_hour",
        pl.Int8,
        "hour",
        None,
        f"Hour of the day with most purchases, 0 to 23, on the store's clock. {_TIE}",
        pl.col("preferred_hour"),
    ),
    ProfileField(
        "preferred_channel",
        pl.String,
        "",
        None,
        f"Sales channel with most purchases, by its name. {_TIE}",
        pl.col("preferred_channel"),
    ),
)


def habits(sold: pl.DataFrame, customer_count: int, time_zone: str) -> pl.DataFrame:
    """preferred_weekday, preferred_hour, preferred_channel: a row per customer.

    `sold`: sales with customer.
    """
    texts = sorted_texts(sold["channel"])
    moment = pl.col("purchased_at").dt.replace_time_zone("UTC").dt.convert_time_zone(time_zone)
    rows = sold.select(
        "purchase_no",
        "customer",
        weekday=moment.dt.weekday().cast(pl.Int64),
        hour=moment.dt.hour().cast(pl.Int64),
        channel=codes(sold["channel"], texts).cast(pl.Int64),
    )
    weekday, hour, channel = (
        _favourite(rows, name, count, customer_count)
        for name, count in (("weekday", 8), ("hour", 24), ("channel", len(texts.categories) or 1))
    )
    held = pl.Series([], dtype=texts).to_physical().dtype
    return pl.DataFrame([weekday, hour, channel.cast(held).cat.to(texts)])


def _favourite(rows: pl.DataFrame, value: str, value_count: int, customer_count: int) -> pl.Series:
    """The value with most rows, else the newest, of each customer; values are below the count.

    A candidate is one number (rows, newest purchase, value) in this order of weight.
    """
    numbers = pl.lit(rows["purchase_no"].max()).cast(pl.Int64) + 1
    cells = (
        rows.lazy()
        .drop_nulls(value)
        .group_by(cell=pl.col("customer").cast(pl.Int64) * value_count + pl.col(value))
        .agg(count=pl.len().cast(pl.Int64), newest=pl.col("purchase_no").max())
    )
    weight = pl.col("count") * numbers + pl.col("newest")
    best = (
        cells.group_by(customer=(pl.col("cell") // value_count).cast(pl.UInt32))
        .agg(
            best=(weight * value_count + pl.col("cell") % value_count).max(),
            count=pl.col("count").sum(),
        )
        .filter(pl.col("count") > 1)
    )
    everybody = pl.int_range(customer_count, dtype=pl.UInt32, eager=True).alias("customer")
    found = everybody.to_frame().lazy().join(best, on="customer", how="left", maintain_order="left")
    name = f"preferred_{value}"
    return found.select((pl.col("best") % value_count).alias(name)).collect()[name]
