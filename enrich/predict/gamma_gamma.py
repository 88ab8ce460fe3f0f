"""What a purchase of a customer is worth: gamma-gamma (Fader, Hardie 2013, "The Gamma-Gamma Model
of Monetary Value").

Each purchase is gamma(p, nu) with nu gamma(q, gamma) over the customers, whatever the frequency.
Of a customer with `paid` repeat purchases that add up to m, in currency units:
  Gamma(p x + q) / (Gamma(p x) Gamma(q)) * gamma^q * m^(p x - 1) * x / (gamma + m)^(p x + q)
as the density of m / x.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import scipy

from enrich.predict.arrays import Floats, dot
from enrich.predict.fitting import maximum

CENTS = 100
_RATIOS = np.array([[1, 0, 0], [0, 1, 0], [1, -1, 1]])
"""Searched are p, q and about the mean value, p gamma / q."""


@dataclass(frozen=True, slots=True)
class ValueModel:
    """p, q and gamma, in currency units, and how values and frequencies go together."""

    p: float
    q: float
    gamma: float
    log_likelihood: float
    customers: int
    correlation: float
    is_converged: bool

    def expected(self, paid: Floats, paid_cents: Floats) -> Floats:
        """The mean value of a purchase to come, in currency units: (gamma + m) p / (p x + q - 1).

        Of who never bought again it is that of the shop.
        """
        return self.p * (self.gamma + paid_cents / CENTS) / (self.p * paid + self.q - 1)


def fit_values(values: pl.DataFrame, start: ValueModel | None = None) -> ValueModel:
    """The parameters of paid, paid_cents, customers (`ShopCounts.values`)."""
    paid = values["paid"].to_numpy().astype(np.float64)
    money = values["paid_cents"].to_numpy() / CENTS
    customers = values["customers"].to_numpy().astype(np.float64)
    count = int(customers.sum())
    mean = dot(customers, money / paid) / max(count, 1)
    unit = mean or 1.0  # a mean of 1, so that no currency comes near a bound of the search
    first = (start.p, start.q, start.gamma / unit) if start else (2.0, 3.0, 1.0)
    found = maximum(Likelihood(paid, money / unit, customers).at, np.array(first), count, _RATIOS)
    p, q, gamma = found.at * (1, 1, unit)
    log_likelihood = found.value - count * float(np.log(unit))
    together = _correlation(paid, np.log(money / paid), customers)
    is_whole = found.is_converged and q > 1 and count > 1
    return ValueModel(float(p), float(q), float(gamma), log_likelihood, count, together, is_whole)


class Likelihood:
    """The sum over customers and its derivatives; what depends on `paid` alone is kept by it."""

    def __init__(self, paid: Floats, money: Floats, customers: Floats) -> None:
        self.paid, self.money, self.customers = paid, money, customers
        self.xs, self.which = np.unique(paid, return_inverse=True)
        self.by_x = np.bincount(self.which, customers, len(self.xs))
        self.log_money = np.log(money)
        self.constant = dot(customers, np.log(paid) - self.log_money)

    def at(self, parameters: Floats) -> tuple[float, Floats]:
        p, q, gamma = parameters
        px, weights, total = p * self.xs, self.by_x, self.by_x.sum()
        log_sum = np.log(gamma + self.money)
        shares = self.log_money - log_sum
        value = (
            dot(weights, scipy.special.gammaln(px + q) - scipy.special.gammaln(px))
            + total * (q * np.log(gamma) - scipy.special.gammaln(q))
            + dot(self.customers, p * self.paid * shares - q * log_sum)
            + self.constant
        )
        gradient = [
            dot(weights, self.xs * (scipy.special.digamma(px + q) - scipy.special.digamma(px)))
            + dot(self.customers, self.paid * shares),
            dot(weights, scipy.special.digamma(px + q))
            + total * (np.log(gamma) - scipy.special.digamma(q))
            - dot(self.customers, log_sum),
            total * q / gamma - dot(self.customers, (p * self.paid + q) / (gamma + self.money)),
        ]
        return value, np.array(gradient)


def _correlation(x: Floats, y: Floats, weights: Floats) -> float:
    """Pearson's; 0 when one of the two does not vary."""
    total = max(weights.sum(), 1)
    dx, dy = x - dot(weights, x) / total, y - dot(weights, y) / total
    spread = np.sqrt(dot(weights, dx**2) * dot(weights, dy**2))
    return float(dot(weights, dx * dy) / spread) if spread > 0 else 0.0
