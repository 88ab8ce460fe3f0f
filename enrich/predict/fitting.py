"""Parameters of a shop by maximum likelihood, and the k that fits it best."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy

from enrich.predict.arrays import Floats, Ints
from enrich.predict.mbg import Model, Triples, gap_term
from enrich.predict.states import ShopCounts

MAX_K = 6
_LOG_BOUND = 9.0
"""What is searched lies between e^-9 and e^9: further out nothing changes (everybody alike, or
nobody leaves) but rounding errors, which grow with the parameters until no search ends."""
_MIN_RISE, _MAX_SLOPE = 1e-11, 1e-5
"""A search ends where a customer's log-likelihood rises by less in a step. One that rounding errors
end before is as good where no way up is steeper."""
_RATIOS = np.array([[1, 0, 0, 0], [-1, 1, 0, 0], [0, 0, 1, -1], [0, 0, 0, 1]])
"""Searched are r, alpha / r (mean weeks between purchases), a / b and b: at an edge, where all buy
at one rate or nobody leaves, a and b or r and alpha go together or apart without a limit."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A model, its log-likelihood with `gap_term`, and whether the search ended at a maximum."""

    model: Model
    log_likelihood: float
    is_converged: bool


def fit(
    counts: ShopCounts, k: int = 1, *, leaves_after_first: bool = True, start: Model | None = None
) -> Fitted:
    """The model of one k that makes the counts likeliest, from `start` if there is one."""
    shape = Model.of(k, _start(k, start), leaves_after_first)
    rows = Triples(counts.triples, shape)
    customers = counts.triples["customers"].to_numpy().astype(np.float64)
    found = maximum(
        lambda at: rows.log_likelihood(at, customers), shape.parameters, counts.buyers, _RATIOS
    )
    value = found.value + gap_term(counts.gaps, k)
    return Fitted(Model.of(k, found.at, leaves_after_first), value, found.is_converged)


def best_fit(counts: ShopCounts, start: Model | None = None) -> Fitted:
    """The model of the k from 1 to 6 with the highest likelihood, climbing from that of `start`."""
    best = fit(counts, start.k if start else 1, start=start)
    if start and not best.is_converged:
        return best_fit(counts)
    for step in (1, -1):
        while 1 <= best.model.k + step <= MAX_K:
            near = fit(counts, best.model.k + step, start=best.model)
            if not near.is_converged or near.log_likelihood <= best.log_likelihood:
                break
            best = near
        if start is None:
            break  # nothing lies below k = 1
    return best


def _start(k: int, model: Model | None) -> Floats:
    """Where to begin: a purchase every ten weeks, or the buyers of another model in k phases.

    Where almost nobody leaves, a and b hardly matter and no search comes back from there.
    """
    if model is None:
        return np.array([1.0, 10.0 / k, 1.0, 2.0])
    leaving = np.clip([model.a, model.b], 0.05, 20)
    return np.array([model.r, model.alpha * model.k / k, *leaving])


@dataclass(frozen=True, slots=True)
class Maximum:
    """Where a function is largest, how large, and whether the search ended there."""

    at: Floats
    value: float
    is_converged: bool


def maximum(
    with_gradient: Callable[[Floats], tuple[float, Floats]],
    start: Floats,
    customers: int,
    ratios: Ints,
) -> Maximum:
    """The maximum over positive parameters of a sum over customers, given with its gradient.

    Searched are products of the parameters, a row of exponents each in `ratios`. L-BFGS-B is not
    used: its tiny matrices wait for the threads of BLAS, longer than all the rest takes.
    """
    scale, back = 1 / max(customers, 1), np.linalg.inv(ratios)

    def falling(logs: Floats) -> tuple[float, Floats]:
        at = np.exp((back * logs).sum(axis=1))
        value, gradient = with_gradient(at)
        return -value * scale, -((gradient * at)[:, None] * back).sum(axis=0) * scale

    found = scipy.optimize.minimize(
        falling,
        np.clip((ratios * np.log(start)).sum(axis=1), -_LOG_BOUND, _LOG_BOUND),
        jac=True,
        method="SLSQP",
        bounds=[(-_LOG_BOUND, _LOG_BOUND)] * len(start),
        options={"ftol": _MIN_RISE, "maxiter": 500},
    )
    slope = np.clip(found.x - found.jac, -_LOG_BOUND, _LOG_BOUND) - found.x
    is_top = bool(found.success) or float(np.abs(slope).max()) < _MAX_SLOPE
    at = np.exp((back * found.x).sum(axis=1))
    return Maximum(at, -float(found.fun) / scale, is_top and bool(np.isfinite(found.fun)))
