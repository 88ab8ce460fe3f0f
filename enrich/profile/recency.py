"""First and last purchase, and how long ago they were."""

import polars as pl

from enrich.profile.field import ProfileField


def _day(days_ago: str) -> pl.Expr:
    return (pl.col("as_of") - pl.duration(days=days_ago)).cast(pl.Date)


RECENCY = (
    ProfileField(
        "first_purchase_date",
        pl.Date,
        "day",
        None,
        "Day of the first purchase.",
        _day("days_since_first"),
    ),
    ProfileField(
        "last_purchase_date",
        pl.Date,
        "day",
        None,
        "Day of the newest purchase.",
        _day("days_lifetime"),
    ),
    ProfileField(
        "days_since_first_purchase",
        pl.Int32,
        "days",
        None,
        "Days from the first purchase to the day of the profile.",
        pl.col("days_since_first"),
    ),
    ProfileField(
        "days_since_last_purchase",
        pl.Int32,
        "days",
        None,
        "Days from the newest purchase to the day of the profile.",
        pl.col("days_lifetime"),
    ),
    ProfileField(
        "history_since",
        pl.Date,
        "day",
        None,
        "Day of the store's oldest known purchase: where all lifetime figures begin.",
        pl.col("history_since"),
    ),
)
