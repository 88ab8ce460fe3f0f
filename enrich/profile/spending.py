"""How often and how much: purchases, units, amounts and averages per window."""

import polars as pl

from enrich.profile.field import MONEY, ProfileField, currency_units, half_up, per_window
from enrich.profile.windows import Window


def spending_fields(windows: tuple[Window, ...]) -> tuple[ProfileField, ...]:
    """The fields of counts and amounts, one a window, and the last purchase's amount."""
    return (
        *per_window(
            windows,
            "orders",
            pl.Int32,
            "purchases",
            0,
            "Purchases {when}.",
            lambda w: pl.col(f"orders_{w}"),
        ),
        *per_window(
            windows,
            "items",
            pl.Int64,
            "units",
            0,
            "Units bought {when}, gifts left out.",
            lambda w: pl.col(f"items_{w}"),
        ),
        *per_window(
            windows,
            "amount",
            MONEY,
            "currency",
            0,
            "Amount of the purchases {when}, by the store's amount basis.",
            lambda w: currency_units(pl.col(f"amount_cents_{w}")),
        ),
        *per_window(
            windows,
            "avg_amount",
            MONEY,
            "currency",
            None,
            "Average amount per purchase {when}, rounded half up to the cent.",
            lambda w: currency_units(half_up(pl.col(f"amount_cents_{w}"), pl.col(f"orders_{w}"))),
        ),
        ProfileField(
            "last_purchase_amount",
            MONEY,
            "currency",
            None,
            "Amount of the last purchase.",
            currency_units(pl.col("last_amount_cents")),
        ),
    )
