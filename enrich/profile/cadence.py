"""How regularly somebody buys: the days between purchase days, and what is overdue."""

from __future__ import annotations

import polars as pl

from enrich.profile.field import ProfileField, half_up

_DAYS = 2**20
"""More days than a purchase can be old."""

CADENCE = (
    ProfileField(
        "avg_days_between_orders",
        pl.Int32,
        "days",
        None,
        "Average days from one day with purchases to the next; null with fewer than two such days.",
        half_up(pl.col("days_since_first") - pl.col("days_lifetime"), pl.col("gap_count")),
    ),
    ProfileField(
        "median_days_between_orders",
        pl.Int32,
        "days",
        None,
        "Median of the days from one day with purchases to the next, rounded half up.",
        pl.col("median_gap"),
    ),
    ProfileField(
        "days_overdue",
        pl.Int32,
        "days",
        None,
        "Days since the newest purchase less the median; below 0 it is not due yet.",
        pl.col("days_lifetime") - pl.col("median_gap"),
        step=7,
    ),
    ProfileField(
        "second_purchase_date",
        pl.Date,
        "day",
        None,
        "Day of the second purchase.",
        (pl.col("as_of") - pl.duration(days="second_age")).cast(pl.Date),
    ),
)


def cadence(purchases: pl.DataFrame, order_counts: pl.Series) -> pl.DataFrame:
    """gap_count, median_gap, second_age: a row per customer; the last two null without a second.

    `purchases`: customer, age; `order_counts` how many each customer has.
    """
    days = _sorted_days(purchases)
    firsts = order_counts.cum_sum() - order_counts
    second = days.gather(pl.select(pl.when(order_counts > 1).then(firsts + 1)).to_series())
    gap_counts, median_gaps = _gaps(days, len(order_counts))
    return pl.DataFrame(
        {
            "gap_count": gap_counts,
            "median_gap": median_gaps,
            "second_age": _DAYS - 1 - (second % _DAYS).cast(pl.Int32),
        }
    )


def _sorted_days(purchases: pl.DataFrame) -> pl.Series:
    """(customer, day) of every purchase as one number; of a customer the oldest first."""
    day = pl.col("customer").cast(pl.Int64) * _DAYS + (_DAYS - 1 - pl.col("age"))
    return purchases.select(day=day)["day"].sort()


def _gaps(days: pl.Series, customer_count: int) -> tuple[pl.Series, pl.Series]:
    """How many gaps there are between the days of each customer, and the median of them."""
    numbers = pl.LazyFrame({"day": days}).select(
        customer=pl.col("day") // _DAYS, gap=pl.col("day").diff()
    )
    is_gap = (pl.col("customer") == pl.col("customer").shift(1)) & (pl.col("gap") > 0)
    packed = pl.col("customer") * _DAYS + pl.col("gap")
    gaps = numbers.filter(is_gap).select(packed=packed).collect()["packed"].sort()
    bounds = pl.int_range(customer_count + 1, dtype=pl.Int64, eager=True) * _DAYS
    starts = gaps.search_sorted(bounds, side="left").cast(pl.Int64)
    counts = starts.diff().tail(customer_count)
    middle = pl.DataFrame({"first": starts.head(customer_count), "count": counts}).select(
        low=pl.when(pl.col("count") > 0).then(pl.col("first") + (pl.col("count") - 1) // 2),
        high=pl.when(pl.col("count") > 0).then(pl.col("first") + pl.col("count") // 2),
    )
    low, high = (gaps.gather(middle[name]) % _DAYS for name in ("low", "high"))
    return counts, ((low + high + 1) // 2).cast(pl.Int32)
