"""First and last purchase, and how long ago they were."""

from datetime import date

import polars as pl

from enrich.profile.field import ProfileField


def recency_fields(as_of: date) -> tuple[ProfileField, ...]:
    """The four dates and ages; `as_of` is the day ages are counted to."""

    def days_since(column: str) -> pl.Expr:
        return (pl.lit(as_of) - pl.col(column)).dt.total_days()

    def field(
        name: str, dtype: type[pl.DataType], unit: str, text: str, how: pl.Expr
    ) -> ProfileField:
        return ProfileField(name, dtype, unit, None, text, how)

    first, last = "first_purchased_on", "last_purchased_on"
    return (
        field("first_purchase_date", pl.Date, "day", "Day of the first purchase.", pl.col(first)),
        field("last_purchase_date", pl.Date, "day", "Day of the newest purchase.", pl.col(last)),
        field(
            "days_since_first_purchase",
            pl.Int32,
            "days",
            "Days from the first purchase to the day of the profile.",
            days_since(first),
        ),
        field(
            "days_since_last_purchase",
            pl.Int32,
            "days",
            "Days from the newest purchase to the day of the profile.",
            days_since(last),
        ),
    )
