"""Obviously invented contacts."""

from __future__ import annotations

import numpy as np
import polars as pl

from enrich.profile.contracts import OPT_INS

_FIRST_NAMES = ("Ana", "Bruno", "Clara", "Diego", "Elisa", "Fabio", "Gala", "Hugo", None)
_LAST_NAMES = ("Prueba", "Ejemplo", "Muestra", "Modelo", "Ensayo", "Inventada", "Ficticia")
_GENDERS = ("female", "male", None)
_OPT_INS = (True, True, False, None)
_LOCALES = ("es-AR", "es-AR", "es-AR", "pt-BR", None)
_EXTRA_FIELDS = ('{"club":"gold","shoe_size":"38"}', '{"club":"silver"}', None, None, None)


def people(rng: np.random.Generator, first_key: int, count: int) -> pl.DataFrame:
    """The customers table for `count` keys from `first_key` on; some attributes are unknown."""
    key = pl.Series("customer_key", np.arange(first_key, first_key + count))
    return pl.DataFrame(key).select(
        "customer_key",
        _customer_id().alias("customer_id"),
        pl.format("person{}@example.com", "customer_key").alias("email"),
        _one_of(rng, count, _FIRST_NAMES, pl.String).alias("first_name"),
        _one_of(rng, count, _LAST_NAMES, pl.String).alias("last_name"),
        pl.format("+000555{}", "customer_key").alias("phone"),
        _birth_dates(rng, count).alias("birth_date"),
        pl.when(pl.col("customer_key") % 10 < 7)
        .then(pl.format("00{}", "customer_key"))
        .alias("document"),
        _one_of(rng, count, _GENDERS, pl.String).alias("gender"),
        _one_of(rng, count, _OPT_INS, pl.Boolean).alias("newsletter_opt_in"),
        _one_of(rng, count, _LOCALES, pl.String).alias("locale"),
        _one_of(rng, count, _EXTRA_FIELDS, pl.String).alias("extra_fields"),
        *(pl.lit(None, pl.Boolean).alias(name) for name in OPT_INS),  # no source tells them
    )


def _customer_id() -> pl.Expr:
    """As long and as scattered as a UUID."""
    scattered = (pl.col("customer_key") * 2_654_435_761 % 2**32).cast(pl.String).str.zfill(12)
    return pl.format("00000000-aaaa-4bbb-8ccc-{}", scattered)


def _one_of(
    rng: np.random.Generator, count: int, choices: tuple[object, ...], dtype: type[pl.DataType]
) -> pl.Series:
    return pl.Series(choices, dtype=dtype).gather(rng.integers(0, len(choices), count))


def _birth_dates(rng: np.random.Generator, count: int) -> pl.Series:
    days = pl.Series(rng.integers(-10_000, 14_000, count), dtype=pl.Int32).cast(pl.Date)
    is_known = pl.Series(rng.random(count) < 0.6)
    return pl.select(pl.when(is_known).then(days)).to_series()
