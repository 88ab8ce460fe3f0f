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

    (customer, value, purchase) of every row is one number, and so is a candidate: (rows, newest
    purchase, value), in this order of weight. Numbers are sorted in half the time of grouping them.
    """
    numbers = int(rows["purchase_no"].max() or 0) + 1  # type: ignore[arg-type]
    cell = pl.col("customer").cast(pl.Int64) * value_count + pl.col(value)
    packed = rows.select(packed=cell * numbers + pl.col("purchase_no"))["packed"].drop_nulls()
    cells = pl.LazyFrame({"packed": packed.sort()}).select(
        cell=pl.col("packed") // numbers, newest=pl.col("packed") % numbers
    )
    is_newest = pl.col("cell").ne_missing(pl.col("cell").shift(-1))
    upto = pl.int_range(1, pl.len() + 1, dtype=pl.Int64)
    counted = cells.with_columns(upto=upto).filter(is_newest)
    count = pl.col("upto") - pl.col("upto").shift(1, fill_value=0)
    weight = (count * numbers + pl.col("newest")) * value_count + pl.col("cell") % value_count
    best = (
        counted.select(
            customer=(pl.col("cell") // value_count).cast(pl.UInt32), best=weight, count=count
        )
        .group_by("customer")
        .agg(pl.max("best"), pl.sum("count"))
        .filter(pl.col("count") > 1)
    )
    everybody = pl.int_range(customer_count, dtype=pl.UInt32, eager=True).alias("customer")
    found = everybody.to_frame().lazy().join(best, on="customer", how="left", maintain_order="left")
    name = f"preferred_{value}"
    return found.select((pl.col("best") % value_count).alias(name)).collect()[name]
