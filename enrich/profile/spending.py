"""How often and how much: purchases, units, amounts and averages per window."""

from collections.abc import Callable

import polars as pl

from enrich.profile.field import MONEY, ProfileField, currency_units, half_up, per_window
from enrich.profile.windows import Window


def spending_fields(windows: tuple[Window, ...]) -> tuple[ProfileField, ...]:
    """The fields of counts and amounts, one a window, and the last purchase's amount."""
    orders, items = "Purchases {when}.", "Units bought {when}, gifts left out."
    amount = "Amount of the purchases {when}, by the store's amount basis."
    mean = "Average amount per purchase {when}, rounded half up to the cent."
    return (
        *per_window(windows, "orders", pl.Int32, "purchases", 0, orders, _sum("orders")),
        *per_window(windows, "items", pl.Int64, "units", 0, items, _sum("items")),
        *per_window(windows, "amount", MONEY, "currency", 0, amount, _amount),
        *per_window(windows, "avg_amount", MONEY, "currency", None, mean, _average),
        ProfileField(
            "last_purchase_amount",
            MONEY,
            "currency",
            None,
            "Amount of the last purchase.",
            currency_units(pl.col("last_amount_cents")),
        ),
    )


def _sum(measure: str) -> Callable[[str], pl.Expr]:
    return lambda window: pl.col(f"{measure}_{window}")


def _amount(window: str) -> pl.Expr:
    return currency_units(pl.col(f"amount_cents_{window}"))


def _average(window: str) -> pl.Expr:
    return currency_units(half_up(pl.col(f"amount_cents_{window}"), pl.col(f"orders_{window}")))
