"""What the made-up shop sells, and how often each thing is chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Numbers: TypeAlias = npt.NDArray[np.int64]

UNNAMED = -1  # in place of a name that the shop did not fill in
_SKUS, _PRODUCTS, _CATEGORIES, _BRANDS, _CODES = 20_000, 8_000, 400, 200, 300
_KINDS = ("Zapatilla", "Remera", "Campera", "Mochila", "Pantalon", "Lampara", "Sillon", "Taza")
_COLOURS = ("Azul", "Negro", "Blanco", "Rojo", "Verde", "Gris", "Crudo")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """SKUs with product and price; products with category and brand; names by number.

    `*_odds` are cumulative, so that a uniform number between 0 and 1 chooses.
    """

    sku_odds: Floats
    sku_product: Numbers
    sku_price_cents: Numbers
    product_category: Numbers
    product_brand: Numbers
    code_odds: Floats
    products: list[str]
    categories: list[str]
    brands: list[str]
    codes: list[str]


def catalogue(rng: np.random.Generator) -> Catalogue:
    """A catalogue in which a few SKUs, categories, brands and codes are chosen most of the time."""
    return Catalogue(
        sku_odds=zipf_odds(_SKUS, 0.9),
        sku_product=rng.integers(0, _PRODUCTS, _SKUS),
        sku_price_cents=np.exp(rng.normal(8.2, 0.9, _SKUS)).astype(np.int64).clip(99),
        product_category=_named(rng, chosen(zipf_odds(_CATEGORIES, 0.6), rng, _PRODUCTS), 0.005),
        product_brand=_named(rng, chosen(zipf_odds(_BRANDS, 0.7), rng, _PRODUCTS), 0.02),
        code_odds=zipf_odds(_CODES, 0.8),
        products=[_product_name(number) for number in range(_PRODUCTS)],
        categories=[f"{_KINDS[n % len(_KINDS)]}s / Linea {n:03d}" for n in range(_CATEGORIES)],
        brands=[f"Marca {n * 7919 % 1000:03d}" for n in range(_BRANDS)],
        codes=[f"PROMO{n:03d}OFF" for n in range(_CODES)],
    )


def zipf_odds(count: int, exponent: float) -> Floats:
    """Cumulative odds of `count` things of which the n-th is chosen n ** -exponent as often."""
    weights = np.arange(1, count + 1) ** -exponent
    odds: Floats = np.cumsum(weights / weights.sum())
    return odds


def chosen(odds: Floats, rng: np.random.Generator, count: int) -> Numbers:
    """The numbers of `count` things chosen by cumulative odds."""
    return at(odds, rng.random(count))


def at(odds: Floats, uniform: Floats) -> Numbers:
    """The number that each uniform value between 0 and 1 chooses."""
    return np.searchsorted(odds, uniform).clip(max=len(odds) - 1).astype(np.int64)


def _named(rng: np.random.Generator, numbers: Numbers, unnamed_share: float) -> Numbers:
    return np.where(rng.random(len(numbers)) < unnamed_share, UNNAMED, numbers)


def _product_name(number: int) -> str:
    kind, colour = _KINDS[number % len(_KINDS)], _COLOURS[number % len(_COLOURS)]
    return f"{kind} Modelo {number * 2741 % 10_000:04d} {colour}"
