"""Where somebody came from, by the first purchase, and where deliveries go now."""

from __future__ import annotations

import polars as pl

from enrich.profile.field import ProfileField


def _text(name: str, definition: str) -> ProfileField:
    return ProfileField(name, pl.String, "", None, definition, pl.col(name))


_FIRST = {
    "product": "Product of the dearest line of the first purchase.",
    "category": "Category of the dearest line of the first purchase.",
    "brand": "Brand of the dearest line of the first purchase.",
    "promo_code": "Promo code of the first purchase; of several one that gave a discount.",
    "channel": "Sales channel of the first purchase, by its name.",
    "utm_source": "UTM source of the first purchase.",
    "utm_campaign": "UTM campaign of the first purchase.",
}
_PLACE = {
    "state": "State that the newest delivery went to.",
    "city": "City that the newest delivery went to.",
    "postal_prefix": "Beginning of the postal code that the newest delivery went to.",
}

ORIGIN = (
    *(_text(f"first_purchase_{name}", definition) for name, definition in _FIRST.items()),
    *(_text(name, definition) for name, definition in _PLACE.items()),
)


def asked_for() -> list[pl.Expr]:
    """The purchases of a customer's sales whose facts are wanted: the first, the last delivered."""
    number = pl.col("purchase_no")
    return [
        number.min().alias("first_no"),
        pl.when("is_delivered").then(number).max().alias("delivered_no"),
    ]


def origin(numbers: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """first_purchase_* and the place, a row per row of `numbers` (first_no, delivered_no)."""
    first = facts.select("purchase_no", pl.col(list(_FIRST)).name.prefix("first_purchase_"))
    place = facts.select("purchase_no", *_PLACE)
    whole = numbers.join(
        first, left_on="first_no", right_on="purchase_no", how="left", maintain_order="left"
    ).join(place, left_on="delivered_no", right_on="purchase_no", how="left", maintain_order="left")
    return whole.drop("first_no", "delivered_no")
