"""Purchases known on a day, and their sums per customer and window.

Customers are numbered from 0 in the order of their keys: row n of every frame with a row per
customer is customer n.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import polars as pl

from enrich.errors import Stop
from enrich.profile.windows import Window, bucket_of


def known_purchases(
    customer_keys: pl.Series, purchases: pl.DataFrame, as_of: date, days: tuple[int, ...]
) -> pl.DataFrame:
    """The purchases until the day, by number: whose (`customer`), how old, in which bucket.

    purchase_no, amount_cents, customer, age (days), bucket (of `days`), is_last. Raises Stop when
    one belongs to nobody among the customers (keys in order).
    """
    numbers = pl.LazyFrame({"customer_key": customer_keys}).with_row_index("customer")
    age = (pl.lit(as_of) - pl.col("purchased_on")).dt.total_days().cast(pl.Int32)
    found = (
        purchases.lazy()
        .filter(pl.col("purchased_on") <= as_of)
        .join(numbers, on="customer_key", how="left", maintain_order="left")
        .select("purchase_no", "amount_cents", "customer", age=age)
        .with_columns(bucket=bucket_of(pl.col("age"), days))
        .collect(engine="streaming")
    )
    if found["customer"].null_count():
        raise Stop("the profile stage needs purchases.customer_key to be among the customers")
    return found.with_columns(
        pl.col("purchase_no").set_sorted(), is_last=pl.col("customer").is_last_distinct()
    )


def ranked_values(
    purchases: pl.DataFrame, customer_count: int, windows: tuple[Window, ...]
) -> pl.DataFrame:
    """What customers are ranked by, a row each: orders_W, amount_cents_W and days_W per window.

    Days are those since the newest purchase in W. Also days_since_first and last_amount_cents.
    Days and the last amount are null for who has no such purchase.
    """
    age, cents = pl.col("age"), pl.col("amount_cents")
    rows = _per_bucket(
        purchases.lazy(),
        customer_count,
        cents.sum(),
        orders=pl.len().cast(pl.Int64),
        newest=age.min(),
        oldest=age.max(),
        last_amount_cents=cents.filter("is_last").max(),
    )
    return _per_customer(
        rows,
        customer_count,
        *_sums(("orders", "amount_cents"), windows),
        *(window.only("newest").min().alias(f"days_{window.name}") for window in windows),
        pl.col("oldest").max().alias("days_since_first"),
        pl.col("last_amount_cents").max(),
    )


def of_known(rows: pl.DataFrame, purchases: pl.DataFrame) -> pl.DataFrame:
    """The rows of known purchases with customer, bucket and is_last instead of purchase_no."""
    owners = purchases.lazy().select("purchase_no", "customer", "bucket", "is_last")
    found = rows.lazy().join(owners, on="purchase_no").drop("purchase_no")
    return found.collect(engine="streaming")


def units(lines: pl.DataFrame, customer_count: int, windows: tuple[Window, ...]) -> pl.DataFrame:
    """items_W: the units each customer bought in each window, a row each, from lines `of_known`."""
    rows = _per_bucket(lines.lazy(), customer_count, items=pl.col("quantity").sum())
    return _per_customer(rows, customer_count, *_sums(("items",), windows))


def _per_bucket(
    rows: pl.LazyFrame, customer_count: int, *sums: pl.Expr, **named: pl.Expr
) -> pl.LazyFrame:
    """One row per customer and bucket; grouped by one number, which costs half of two."""
    cell = pl.col("bucket").cast(pl.UInt64) * customer_count + pl.col("customer")
    found = rows.group_by(cell=cell).agg(*sums, **named)
    return found.with_columns(
        customer=(pl.col("cell") % customer_count).cast(pl.UInt32),
        bucket=pl.col("cell") // customer_count,
    )


def _sums(measures: Iterable[str], windows: tuple[Window, ...]) -> list[pl.Expr]:
    """The sum of each measure over the buckets of each window, named MEASURE_W."""
    return [
        window.only(measure).sum().alias(f"{measure}_{window.name}")
        for measure in measures
        for window in windows
    ]


def _per_customer(rows: pl.LazyFrame, customer_count: int, *values: pl.Expr) -> pl.DataFrame:
    """The values of the rows of each customer, in order; sums are 0 for who has no row."""
    numbers = pl.int_range(customer_count, dtype=pl.UInt32, eager=True).alias("customer")
    found = rows.group_by("customer").agg(values).collect(engine="streaming")
    whole = numbers.to_frame().join(found, on="customer", how="left", maintain_order="left")
    return whole.drop("customer").with_columns(_COUNTED.fill_null(0))


_COUNTED = pl.selectors.starts_with("orders_", "amount_cents_", "items_")
