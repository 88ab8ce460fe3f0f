"""How much somebody waits for a discount, and sends back."""

from __future__ import annotations

import polars as pl

from enrich.profile.field import MONEY, ProfileField, currency_units, ratio

_SPANS = {"360d": (360, "in the last 360 days"), "lifetime": (None, "in all known history")}
"""Discounts do not follow the windows of the settings."""


def _discount_fields(span: str, when: str) -> tuple[ProfileField, ...]:
    return (
        ProfileField(
            f"discounted_orders_share_{span}",
            pl.Float64,
            "share",
            None,
            f"Share of the purchases {when} with a line below its price before discounts, or with"
            " an applied promo code, of those where that is known.",
            ratio(pl.col(f"discounted_{span}"), pl.col(f"judged_{span}")),
        ),
        ProfileField(
            f"discount_rate_{span}",
            pl.Float64,
            "share",
            None,
            f"Discounts of the lines bought {when}, divided by their prices before them.",
            ratio(pl.col(f"discount_cents_{span}"), pl.col(f"list_cents_{span}")),
        ),
    )


DISCOUNTS = tuple(
    field for span, (_, when) in _SPANS.items() for field in _discount_fields(span, when)
)

RETURNS = (
    ProfileField(
        "returned_orders_lifetime",
        pl.Int32,
        "purchases",
        0,
        "Purchases of which something was refunded, in all known history.",
        pl.col("returned_orders"),
    ),
    ProfileField(
        "refunded_amount_lifetime",
        MONEY,
        "currency",
        0,
        "Amount that was refunded of purchases, in all known history.",
        currency_units(pl.col("refunded_cents")),
    ),
    ProfileField(
        "return_rate",
        pl.Float64,
        "share",
        None,
        "Share of the purchases of which something was refunded, in all known history.",
        ratio(pl.col("returned_orders"), pl.col("orders_lifetime")),
    ),
)


def concessions() -> list[pl.Expr]:
    """The sums of a customer's sales that the fields are made of."""
    of_discounts = [one for span, (days, _) in _SPANS.items() for one in _sums(span, days)]
    refund = pl.col("refund_cents")
    returned = (refund > 0).sum().alias("returned_orders")
    return [returned, refund.sum().alias("refunded_cents"), *of_discounts]


def _sums(span: str, days: int | None) -> list[pl.Expr]:
    is_discounted, discount, listed = (
        pl.col(name) if days is None else pl.when(pl.col("age") <= days).then(name)
        for name in ("is_discounted", "discount_cents", "list_cents")
    )
    return [
        is_discounted.sum().alias(f"discounted_{span}"),
        is_discounted.count().alias(f"judged_{span}"),
        discount.sum().alias(f"discount_cents_{span}"),
        listed.sum().alias(f"list_cents_{span}"),
    ]
