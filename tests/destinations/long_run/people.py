"""As many invented profiles as wanted, the same ones every time, and the same a day later."""

from __future__ import annotations

import random
from datetime import date, timedelta

import polars as pl

from enrich.profile import FIELDS
from enrich.profile.field import ProfileField

AS_OF = date(2026, 3, 1)
# From one day to the next a hundredth buys something, and another hundredth has a new address.
CHANGED_EVERY, BUYS, MOVES = 100, 0, 25
WORDS = 400


def email_of(number: int) -> str:
    return f"person{number:07}@example.com"


def make_profiles(count: int) -> pl.DataFrame:
    """`count` profiles with keys from 1; a third of the values that may be empty are."""
    dice = random.Random(count)
    return pl.DataFrame({field.name: _values(field, count, dice) for field in FIELDS})


def a_day_later(profiles: pl.DataFrame) -> pl.DataFrame:
    """The same profiles after one hundredth bought something and another one moved."""
    turn = pl.col("customer_key") % CHANGED_EVERY
    bought = {"rfm_segment": pl.lit("LOYAL_NEW"), "orders_30d": pl.col("orders_30d") + 1}
    return profiles.with_columns(
        email=pl.when(turn == MOVES).then(pl.lit("new") + pl.col("email")).otherwise("email"),
        **{name: pl.when(turn == BUYS).then(new).otherwise(name) for name, new in bought.items()},
    )


def _values(field: ProfileField, count: int, dice: random.Random) -> pl.Series:
    if field.name == "customer_key":
        return pl.Series(range(1, count + 1), dtype=field.dtype)
    if field.name == "email":
        return pl.Series([email_of(number) for number in range(1, count + 1)])
    if field.name == "customer_id":
        return pl.Series([f"id-{number}" for number in range(1, count + 1)])
    if field.name == "extra_fields":
        return pl.Series([None], dtype=field.dtype).new_from_index(0, count)
    known = pl.Series(_some(field, dice), dtype=field.dtype)
    return known.sample(count, with_replacement=True, seed=dice.randrange(1 << 30))


def _some(field: ProfileField, dice: random.Random) -> list[object]:
    """A few hundred values to draw from."""
    dtype = field.dtype
    if dtype == pl.List:
        return [
            [f"Thing {dice.randrange(WORDS)}" for _ in range(dice.randrange(4))]
            for _ in range(WORDS)
        ]
    if dtype == pl.Date:
        made: list[object] = [AS_OF - timedelta(days=dice.randrange(900)) for _ in range(WORDS)]
    elif dtype == pl.Boolean:
        made = [True, False]
    elif dtype.is_integer():
        made = [dice.randrange(100) for _ in range(WORDS)]
    elif dtype.is_numeric():
        made = [dice.randrange(1_000_000) / 100 for _ in range(WORDS)]
    else:
        made = [f"Word {number}" for number in range(WORDS)]
    return made + [None] * (len(made) // 3) if field.empty is None else made
