"""Parameters of a shop by maximum likelihood, and the k that fits it best."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy

from enrich.predict.arrays import Floats
from enrich.predict.mbg import Model, Triples, gap_term
from enrich.predict.states import ShopCounts

MAX_K = 6
_LOG_BOUND = 12.0
"""Parameters lie between e^-12 and e^12: further out nothing changes (everybody alike)."""


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
    found = maximum(lambda at: rows.log_likelihood(at, customers), shape.parameters, counts.buyers)
    value = found.value + gap_term(counts.gaps, k)
    return Fitted(Model.of(k, found.at, leaves_after_first), value, found.is_converged)


def best_fit(counts: ShopCounts, start: Model | None = None) -> Fitted:
    """The model of the k from 1 to 6 with the highest likelihood, climbing from that of `start`."""
    best = fit(counts, start.k if start else 1, start=start)
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
    with_gradient: Callable[[Floats], tuple[float, Floats]], start: Floats, customers: int
) -> Maximum:
    """The maximum over positive parameters of a sum over customers, given with its gradient."""
    scale = 1 / max(customers, 1)

    def falling(logs: Floats) -> tuple[float, Floats]:
        at = np.exp(logs)
        value, gradient = with_gradient(at)
        return -value * scale, -gradient * at * scale

    bounds = [(-_LOG_BOUND, _LOG_BOUND)] * len(start)
    options = {"ftol": 1e-13, "gtol": 1e-7, "maxiter": 500}
    found = scipy.optimize.minimize(
        falling, np.log(start), jac=True, method="L-BFGS-B", bounds=bounds, options=options
    )
    is_whole = bool(found.success) and bool(np.isfinite(found.fun))
    return Maximum(np.exp(found.x), -float(found.fun) / scale, is_whole)
