"""A profile field has one home: its declaration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import polars as pl

from enrich.profile.windows import Window

MONEY = pl.Decimal(18, 2)
TEXTS = pl.List(pl.String)
CENT = pl.lit(Decimal("0.01"))


class ShareStep(float):
    """A step of money, which means the same in every currency: a share of what a platform has.

    At least `LEAST` currency units, so that next to nothing is not sent for ever.
    """

    LEAST = 1.0


@dataclass(frozen=True, slots=True)
class ProfileField:
    """One column of the profile.

    `expression` reads the columns that `engine.py` puts together; `empty` is what a customer
    without purchases has, None where the value is null then. `step` is of a field that drifts by
    itself: a smaller move (of a date, in days) is no change for a platform. Mappings that take all
    fields take those that are `is_sent_by_default`; any other mapping may name a field, unless it
    is not `can_be_named`: consent and hold-outs are no business of a mapping. `window` is the one
    it looks through, where there is the same field for every window.
    """

    name: str
    dtype: pl.DataType | type[pl.DataType]
    unit: str
    empty: Any
    definition: str
    expression: pl.Expr
    step: float | None = None
    is_sent_by_default: bool = False
    can_be_named: bool = True
    window: str | None = None


@dataclass(frozen=True, slots=True)
class Joined:
    """Fields that are made of rows with a customer_key, at most one each; nulls where none is."""

    fields: tuple[ProfileField, ...]
    rows: pl.DataFrame


def per_window(
    windows: tuple[Window, ...],
    base_name: str,
    dtype: pl.DataType | type[pl.DataType],
    unit: str,
    empty: Any,
    definition: str,
    expression: Callable[[str], pl.Expr],
) -> tuple[ProfileField, ...]:
    """One field a window; `{when}` in the definition and the argument of `expression` name it."""

    def one(window: Window) -> ProfileField:
        text = definition.format(when=window.phrase)
        return ProfileField(
            f"{base_name}_{window.name}",
            dtype,
            unit,
            empty,
            text,
            expression(window.name),
            window=window.name,
        )

    return tuple(one(window) for window in windows)


def ratio(part: pl.Expr, whole: pl.Expr, decimals: int = 4) -> pl.Expr:
    """part / whole rounded half up, from whole numbers; null when the whole is 0."""
    per = 10**decimals
    share: pl.Expr = half_up(per * part, whole) / per
    return share.round(decimals)  # to divide by a literal is to multiply by its inverse


def half_up(amount: pl.Expr, count: pl.Expr) -> pl.Expr:
    """The whole number next to amount / count, half up; null when the count is 0."""
    return pl.when(count > 0).then((2 * amount + count) // (2 * count))


def currency_units(cents: pl.Expr) -> pl.Expr:
    """Cents as an exact decimal in currency units; the only place money leaves integers."""
    return (cents.cast(pl.Decimal(18, 0)) * CENT).cast(MONEY)
