"""The models of one shop on one day, or why it has none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Protocol

import polars as pl

from enrich.predict.fitting import Fitted, best_fit
from enrich.predict.gamma_gamma import ValueModel, fit_values
from enrich.predict.mbg import Model
from enrich.predict.states import ShopCounts, States, added, shop_counts, states

TOO_FEW_BUYERS = "too_few_buyers"
SHORT_HISTORY = "short_history"
NOT_CONVERGED = "not_converged"
VALUE_DEPENDS = "value_depends_on_frequency"
BEYOND_HORIZON = "beyond_horizon"
NO_PURCHASES = "no_purchases"
STATUSES = {
    TOO_FEW_BUYERS: "fewer buyers than `min_buyers`, or a tenth of them who bought again",
    SHORT_HISTORY: "less history than `min_history_days`",
    NOT_CONVERGED: "the search for the parameters found no maximum",
    VALUE_DEPENDS: "who buys more often pays another mean amount: no amounts",
    BEYOND_HORIZON: "the next order is more than 730 days ahead, or nobody can say when",
    NO_PURCHASES: "the customer never bought",
}


@dataclass(frozen=True, slots=True)
class PredictionRules:
    """When there are predictions, what money a year ahead is worth less (0.1: a tenth), and when
    they are tested; beyond `max_bias` of orders or amounts no platform gets them."""

    enabled: bool = True
    min_buyers: int = 500
    min_history_days: int = 180
    max_value_correlation: float = 0.3
    yearly_discount_rate: float = 0.0
    backtest_every_days: int = 7
    backtest_horizon_days: int = 90
    max_bias: float = 0.5

    def is_too_far_off(self, backtest: pl.DataFrame) -> bool:
        """Whether the orders or amounts of a back-test (metric, value) are beyond `max_bias`."""
        found = backtest.filter(pl.col("metric").is_in(["orders_bias", "amount_bias"]))
        return bool((found["value"].abs() > self.max_bias).any())


class PurchaseParts(Protocol):
    """Purchases (customer_key, purchased_on, amount_cents) in parts; a customer is in one part."""

    @property
    def count(self) -> int:
        """How many parts there are."""

    def purchases(self, part: int) -> pl.DataFrame:
        """The purchases of one part."""


class SortedParts:
    """The purchases of parts by customer and day; the part asked for last is not read again."""

    def __init__(self, parts: PurchaseParts) -> None:
        def purchases(part: int) -> pl.DataFrame:
            found = parts.purchases(part).select("customer_key", "purchased_on", "amount_cents")
            return found.sort("customer_key", "purchased_on")

        self.count = parts.count
        self.purchases = lru_cache(1)(purchases)


@dataclass(frozen=True, slots=True)
class ShopModel:
    """How customers of a shop buy and pay; `status` says why there is no such model.

    `values` is None and `value_status` says why where only amounts are missing.
    """

    as_of: date
    buyers: int
    history_days: int
    purchases: Fitted | None
    values: ValueModel | None
    status: str | None = None
    value_status: str | None = None

    @property
    def buying(self) -> Model:
        """The model of who is predicted; asked for where `status` is None."""
        assert self.purchases is not None
        return self.purchases.model


def shop_model(
    parts: Iterable[States], as_of: date, rules: PredictionRules, start: ShopModel | None = None
) -> ShopModel:
    """The models of all parts together; `start` is an earlier one to search from."""
    return fitted_shop(added(map(shop_counts, parts)), as_of, rules, start)


def states_of(parts: PurchaseParts, as_of: date) -> Iterator[States]:
    """The states of each part's customers."""
    return (states(parts.purchases(part), as_of) for part in range(parts.count))


def fitted_shop(
    counts: ShopCounts, as_of: date, rules: PredictionRules, start: ShopModel | None = None
) -> ShopModel:
    """The models of a shop from its counts."""
    known = (as_of, counts.buyers, counts.history_days)
    status = _too_little(counts, rules)
    if status is not None:
        return ShopModel(*known, None, None, status, status)
    before = start if start and start.purchases else None
    fitted = best_fit(counts, before.buying if before else None)
    if not fitted.is_converged:
        return ShopModel(*known, None, None, NOT_CONVERGED, NOT_CONVERGED)
    values = fit_values(counts.values, before.values if before else None)
    return ShopModel(*known, fitted, values, None, _value_status(values, rules))


def _too_little(counts: ShopCounts, rules: PredictionRules) -> str | None:
    again = counts.triples.filter(pl.col("x") > 0)["customers"].sum()
    if counts.buyers < rules.min_buyers or again * 10 < rules.min_buyers:
        return TOO_FEW_BUYERS
    return SHORT_HISTORY if counts.history_days < rules.min_history_days else None


def _value_status(values: ValueModel, rules: PredictionRules) -> str | None:
    if not values.is_converged:
        return NOT_CONVERGED
    is_apart = abs(values.correlation) <= rules.max_value_correlation
    return None if is_apart else VALUE_DEPENDS
