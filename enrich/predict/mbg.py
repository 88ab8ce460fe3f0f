"""Customers who buy at Erlang-k gaps and may leave after any purchase: the MBG/CNBD-k family.

With k = 1 it is MBG/NBD (Batislam, Denizel, Filiztekin 2007), without a chance to leave after the
first purchase BG/NBD (Fader, Hardie, Lee 2005); k >= 2 is for regular buyers (Platzer, Reutterer
2016, package BTYDplus). Rates are gamma(r, alpha), chances to leave are beta(a, b); weeks.
With n = r + k x, u = alpha + t_x, v = alpha + T, s = T - t_x, the likelihood of a customer is
  B(a, b+x+1) / B(a, b) * Gamma(n) / Gamma(r) * alpha^r
    * ( a / (b+x) * u^-n  +  v^-n * sum_{j<k} Gamma(n+j) / (Gamma(n) j!) * (s/v)^j )
where the first summand has left and the second is alive; BG/NBD has x - 1 for x. What does not
depend on the parameters is `gap_term`, needed to compare values of k.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import scipy

from enrich.predict.arrays import Floats, Ints, dot
from enrich.predict.states import DAYS_PER_WEEK

PARAMETERS = ("r", "alpha", "a", "b")
_SERIES_TAIL = 1e-9
_MAX_TERMS = 20_000


@dataclass(frozen=True, slots=True)
class Model:
    """k and the four parameters; `leaves_after_first` is False in BG/NBD alone."""

    k: int
    r: float
    alpha: float
    a: float
    b: float
    leaves_after_first: bool = True

    @classmethod
    def of(cls, k: int, parameters: Floats, leaves_after_first: bool) -> Model:
        """The model of an array of r, alpha, a and b."""
        r, alpha, a, b = (float(one) for one in parameters)
        return cls(k, r, alpha, a, b, leaves_after_first)

    @property
    def parameters(self) -> Floats:
        return np.array([self.r, self.alpha, self.a, self.b])

    @property
    def name(self) -> str:
        """As the literature writes it."""
        if not self.leaves_after_first:
            return "BG/NBD"
        return "MBG/NBD" if self.k == 1 else f"MBG/CNBD-{self.k}"

    @property
    def nobody_leaves(self) -> bool:
        """Whether fewer than one in a thousand leave after a purchase, so p_alive says nothing."""
        return self.a < 0.001 * (self.a + self.b)

    @property
    def all_buy_alike(self) -> bool:
        """Whether the rates of the customers differ by less than a tenth, so the past of one
        customer says little of how often that one buys."""
        return self.r > 100


class Triples:
    """Rows of x, t_x, T (days) as the formulas read them; logarithms are looked up by day."""

    def __init__(self, rows: pl.DataFrame, model: Model) -> None:
        x = rows["x"].to_numpy()
        self.t_x, self.T = rows["t_x"].to_numpy(), rows["T"].to_numpy()
        self.xs, self.which = np.unique(x, return_inverse=True)
        self.x = x.astype(np.float64)
        self.model = model
        first = int(model.leaves_after_first)
        self.chances = self.xs - 1.0 + first  # b + chances: what a stay adds to
        self.may_have_left = self.xs + first > 0

    def at(self, parameters: Floats) -> Weighed:
        """The two summands of the likelihood, and what their derivatives need."""
        r, alpha, a, b = parameters
        k = self.model.k
        day = alpha + np.arange(int(self.T.max(initial=0)) + 1) / DAYS_PER_WEEK
        log_day = np.log(day)
        n = r + k * self.x
        log_u, log_v, v = log_day[self.t_x], log_day[self.T], day[self.T]
        z = (self.T - self.t_x) / DAYS_PER_WEEK / v
        s2, s2_by_n, s2_by_z = silence(n, z, k)
        with np.errstate(divide="ignore"):
            stays = np.where(self.may_have_left, b + self.chances, np.inf)
            left = (np.log(a) - np.log(stays))[self.which] - n * log_u
        alive = np.log(s2) - n * log_v
        both = np.logaddexp(left, alive)
        return Weighed(
            n, log_u, log_v, day[self.t_x], v, z, s2_by_n / s2, s2_by_z / s2, alive, both
        )

    def log_likelihood(self, parameters: Floats, customers: Floats) -> tuple[float, Floats]:
        """Its sum over the customers without `gap_term`, and its four derivatives."""
        r, alpha, a, b = parameters
        w = self.at(parameters)
        by_x = np.bincount(self.which, customers, len(self.xs))
        total = by_x.sum()
        n, stayed = r + self.model.k * self.xs, b + self.chances + 1
        value = dot(customers, w.both) + dot(
            by_x,
            scipy.special.betaln(a, stayed)
            - scipy.special.betaln(a, b)
            + scipy.special.gammaln(n)
            - scipy.special.gammaln(r)
            + r * np.log(alpha),
        )
        alive = customers * np.exp(w.alive - w.both)
        left = customers - alive
        left_by_x = np.bincount(self.which, left, len(self.xs))
        by_b = dot(left_by_x, self.may_have_left / np.maximum(b + self.chances, 1e-300))
        both_ended = scipy.special.digamma(a + b) - scipy.special.digamma(a + stayed)
        gradient = [
            dot(by_x, scipy.special.digamma(n) - scipy.special.digamma(r) + np.log(alpha))
            - dot(left, w.log_u)
            - dot(alive, w.log_v - w.silence_by_n),
            total * r / alpha
            - dot(left, w.n / w.u)
            - dot(alive, (w.n + w.silence_by_z * w.z) / w.v),
            dot(by_x, both_ended) + left.sum() / a,
            dot(by_x, both_ended + scipy.special.digamma(stayed) - scipy.special.digamma(b)) - by_b,
        ]
        return value, np.array(gradient)


@dataclass(frozen=True, slots=True)
class Weighed:
    """Of each row: n, u, v and their logarithms, z = s/v, logarithmic derivatives of the sum over
    j, the logarithm of the summand of who is alive, and that of both summands."""

    n: Floats
    log_u: Floats
    log_v: Floats
    u: Floats
    v: Floats
    z: Floats
    silence_by_n: Floats
    silence_by_z: Floats
    alive: Floats
    both: Floats


def silence(n: Floats, z: Floats, k: int) -> tuple[Floats, Floats, Floats]:
    """sum_{j<k} Gamma(n+j) / (Gamma(n) j!) * z^j, and its derivatives by n and by z."""
    term, by_n = np.ones_like(z), np.zeros_like(z)
    total, total_by_n, total_by_z = np.ones_like(z), np.zeros_like(z), np.zeros_like(z)
    for j in range(1, k):
        factor = n + j - 1
        total_by_z += term * factor
        by_n = (by_n * factor + term) * z / j
        term = term * factor * z / j
        total += term
        total_by_n += by_n
    return total, total_by_n, total_by_z


def gap_term(gaps: pl.DataFrame, k: int) -> float:
    """sum of (k-1) log gap - log Gamma(k) over all gaps, which makes values of k comparable."""
    times, days = gaps["times"].to_numpy(), gaps["days"].to_numpy()
    return dot(times, (k - 1) * np.log(days / DAYS_PER_WEEK) - scipy.special.gammaln(k))


def p_alive(rows: pl.DataFrame, model: Model) -> Floats:
    """The probability that a customer of x, t_x, T has not left."""
    w = Triples(rows, model).at(model.parameters)
    return np.exp(w.alive - w.both)


class Silence:
    """The probability that no purchase comes within t days, given alive, of rows of x, t_x, T.

    (v / (v+t))^n * S((s+t) / (v+t)) / S(s/v), S the sum over j < k.
    """

    def __init__(self, rows: pl.DataFrame, model: Model) -> None:
        self.k = model.k
        self.n = model.r + model.k * rows["x"].to_numpy().astype(np.float64)
        self.v = model.alpha + rows["T"].to_numpy() / DAYS_PER_WEEK
        self.s = (rows["T"] - rows["t_x"]).to_numpy() / DAYS_PER_WEEK
        self.until_now = silence(self.n, self.s / self.v, self.k)[0]

    def lasts(self, days: Ints | int) -> Floats:
        """The probability for `days`, one number or one a row."""
        t = np.asarray(days) / DAYS_PER_WEEK
        none: Floats = np.exp(self.n * (np.log(self.v) - np.log(self.v + t)))
        if self.k == 1:
            return none
        grown = silence(self.n, (self.s + t) / (self.v + t), self.k)[0]
        none *= grown / self.until_now
        return none

    def days_until(self, quantile: float, max_days: int) -> Ints:
        """The first day by which an order has come with that probability; max_days + 1: later."""
        low = np.zeros(len(self.n), np.int64)
        high = np.full(len(self.n), max_days + 1)
        for _ in range(max_days.bit_length() + 1):
            middle = (low + high) // 2
            has_come = 1 - self.lasts(middle) >= quantile
            high = np.where(has_come, middle, high)
            low = np.where(has_come, low, np.minimum(middle + 1, high))
        return high


def expected_orders(rows: pl.DataFrame, model: Model, days: int) -> Floats:
    """Purchases to expect within `days` of a customer of x, t_x, T, given alive.

    Exact for every k. Given alive, the customer is in phase j < k of the gap with a weight as in
    `silence`, and its rate is gamma(n+j, v). So the phases to come are negative binomial, every
    k-th is a purchase, and the m-th purchase is made by who stayed m-1 times: with the mean over
    beta(a, b+x+1) of (1-p)^(m-1), summed.
    """
    pairs = rows.select("x", "T").unique(maintain_order=True)
    which = (
        rows.select("x", "T")
        .join(pairs.with_row_index("pair"), on=["x", "T"], how="left", maintain_order="left")[
            "pair"
        ]
        .to_numpy()
    )
    n = model.r + model.k * rows["x"].to_numpy().astype(np.float64)
    s = (rows["T"] - rows["t_x"]).to_numpy() / DAYS_PER_WEEK
    z = s / (model.alpha + rows["T"].to_numpy() / DAYS_PER_WEEK)
    weight = 1 / silence(n, z, model.k)[0]
    expected = np.zeros(rows.height)
    for j in range(model.k):
        expected += weight * _from_phase(pairs, model, j, days)[which]
        weight = weight * (n + j) * z / (j + 1)
    return expected


def _from_phase(pairs: pl.DataFrame, model: Model, j: int, days: int) -> Floats:
    """Expected purchases of who is alive and in phase j, a row of x and T each."""
    xs, which = np.unique(pairs["x"].to_numpy(), return_inverse=True)
    n = model.r + model.k * xs + j
    ahead = days / DAYS_PER_WEEK
    odds = ahead / (model.alpha + pairs["T"].to_numpy() / DAYS_PER_WEEK + ahead)
    log_none, log_odds = n[which] * np.log1p(-odds), np.log(odds)
    stay = model.b + xs - 1.0 + model.leaves_after_first
    chance, made = np.ones(len(xs)), np.zeros(len(xs))
    total, left = np.zeros(len(odds)), np.ones(len(odds))
    rows = np.arange(len(odds))
    for i in range(_MAX_TERMS):
        phase = i + j
        if phase % model.k == 0 and phase:
            made, m = made + chance, phase // model.k
            chance = chance * (stay + m) / (model.a + stay + m)
        ways = (
            scipy.special.gammaln(n + i) - scipy.special.gammaln(n) - scipy.special.gammaln(i + 1)
        )
        mass = np.exp(ways[which[rows]] + log_none[rows] + i * log_odds[rows])
        total[rows] += mass * made[which[rows]]
        left[rows] -= mass
        if i % 16 == 15:
            rows = rows[left[rows] > _SERIES_TAIL]
            if not len(rows):
                break
    return total + np.maximum(left, 0) * made[which]
