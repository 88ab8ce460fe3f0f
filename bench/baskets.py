"""What is in each purchase: lines, promo codes, and the amount that was left after refunds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.catalogue import Catalogue, Numbers, at, chosen
from bench.crowd import Integers32

_TASTE_SHARE = 0.3  # lines that are one of the customer's own three favourites
_CODE_SHARE, _SECOND_CODE_SHARE, _APPLIED_SHARE = 0.20, 0.05, 0.85
_SHIPPING_SHARE, _SHIPPING_CENTS = 0.4, 4990
_RETURN_SHARE, _WHOLE_RETURN_SHARE = 0.035, 0.01


@dataclass(frozen=True, slots=True)
class Baskets:
    """Parallel arrays per purchase, per line and per promo code; `*_of` is a purchase's place."""

    amount_cents: Numbers
    line_of: Numbers
    product: Numbers
    quantity: Numbers
    code_of: Numbers
    code: Numbers
    is_applied: npt.NDArray[np.bool_]


def baskets(rng: np.random.Generator, shop: Catalogue, customer: Integers32) -> Baskets:
    """The baskets of purchases made by these customers."""
    count = len(customer)
    line_of = np.repeat(np.arange(count), 1 + rng.poisson(rng.gamma(1.2, 1.25, count)))
    sku = _skus(rng, shop, customer[line_of])
    quantity = 1 + (rng.random(len(sku)) < 0.18) + (rng.random(len(sku)) < 0.04)
    code_of, code, is_applied = _codes(rng, shop, count)
    gross = np.bincount(line_of, shop.sku_price_cents[sku] * quantity, count).astype(np.int64)
    gross[code_of[is_applied]] = gross[code_of[is_applied]] * 9 // 10
    amount = _after_returns(rng, gross + _SHIPPING_CENTS * (rng.random(count) < _SHIPPING_SHARE))
    product = shop.sku_product[sku]
    return Baskets(amount, line_of, product, quantity.astype(np.int64), code_of, code, is_applied)


def _skus(rng: np.random.Generator, shop: Catalogue, customer: Integers32) -> Numbers:
    """Popular SKUs, or one of the customer's favourites, which only depend on the customer."""
    uniform = rng.random(len(customer))
    favourite = customer.astype(np.uint64) * np.uint64(3) + rng.integers(
        0, 3, len(customer), dtype=np.uint64
    )
    scattered = favourite * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(11)
    is_taste = rng.random(len(customer)) < _TASTE_SHARE
    return at(shop.sku_odds, np.where(is_taste, scattered / 2.0**53, uniform))


def _codes(
    rng: np.random.Generator, shop: Catalogue, count: int
) -> tuple[Numbers, Numbers, npt.NDArray[np.bool_]]:
    """Promo codes by purchase, then code: one on a fifth of the purchases, seldom two."""
    first_of = np.flatnonzero(rng.random(count) < _CODE_SHARE)
    first = chosen(shop.code_odds, rng, len(first_of))
    again = np.flatnonzero(rng.random(len(first)) < _SECOND_CODE_SHARE)
    code_of = np.concatenate([first_of, first_of[again]])
    code = np.concatenate([first, (first[again] + 1) % len(shop.codes)])
    order = np.lexsort((code, code_of))
    return code_of[order], code[order], rng.random(len(order)) < _APPLIED_SHARE


def _after_returns(rng: np.random.Generator, amount_cents: Numbers) -> Numbers:
    """A few purchases lose part of their amount, fewer all of it."""
    kind, share = rng.random(len(amount_cents)), rng.random(len(amount_cents))
    kept = np.where(kind < _WHOLE_RETURN_SHARE, 0.0, share)
    reduced = (amount_cents * kept).astype(np.int64)
    return np.where(kind < _RETURN_SHARE, reduced, amount_cents)
