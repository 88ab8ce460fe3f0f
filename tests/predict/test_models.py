"""The formulas against what they stand for: finite differences, closed forms, simulated buyers."""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl
import pytest
from scipy.special import hyp2f1

from bench.buyers import purchases
from enrich.predict import Model
from enrich.predict.fitting import best_fit, fit
from enrich.predict.gamma_gamma import Likelihood, fit_values
from enrich.predict.mbg import Silence, Triples, expected_orders, p_alive
from enrich.predict.states import States, shop_counts, states
from tests.predict.shops import AS_OF

MODELS = [
    Model(1, 0.24, 4.4, 0.8, 2.4, leaves_after_first=False),
    Model(1, 0.55, 6.0, 1.0, 2.0),  # where the closed form divides by 0
    Model(1, 0.55, 6.0, 0.9, 2.0),
    Model(2, 0.8, 4.3, 0.16, 1.9),
    Model(6, 2.0, 2.0, 0.3, 3.0),
]
ROWS = pl.DataFrame(
    [(0, 0, 0), (0, 0, 200), (1, 7, 7), (1, 30, 400), (5, 300, 320), (60, 700, 701)],
    ["x", "t_x", "T"],
    orient="row",
)


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_gradients_are_the_slopes(model: Model) -> None:
    customers = np.array([3.0, 400, 1, 20, 7, 2])
    at = model.parameters
    triples = Triples(ROWS, model)
    _, gradient = triples.log_likelihood(at, customers)
    for i, size in enumerate(at * 1e-6):
        step = np.eye(4)[i] * size
        up, down = (triples.log_likelihood(at + way * step, customers)[0] for way in (1, -1))
        assert gradient[i] == pytest.approx((up - down) / (2 * size), rel=1e-5, abs=1e-5)


def test_gradients_of_values_are_the_slopes() -> None:
    likelihood = Likelihood(np.array([1.0, 2, 9]), np.array([30.0, 8, 500]), np.array([5.0, 2, 1]))
    at = np.array([2.0, 3.0, 20.0])
    _, gradient = likelihood.at(at)
    for i, size in enumerate(at * 1e-6):
        step = np.eye(3)[i] * size
        up, down = (likelihood.at(at + way * step)[0] for way in (1, -1))
        assert gradient[i] == pytest.approx((up - down) / (2 * size), rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("model", [MODELS[0], MODELS[2]], ids=str)
@pytest.mark.parametrize("days", [30, 365])
def test_expected_orders_are_the_closed_form_where_there_is_one(model: Model, days: int) -> None:
    x, known = ROWS["x"].to_numpy(), ROWS["T"].to_numpy() / 7
    n, stay, ahead = model.r + x, model.b + x + model.leaves_after_first, days / 7
    odds = ahead / (model.alpha + known + ahead)
    sum_of_series = hyp2f1(n, stay, model.a + stay - 1, odds)
    closed = (model.a + stay - 1) / (model.a - 1) * (1 - (1 - odds) ** n * sum_of_series)
    assert expected_orders(ROWS, model, days) == pytest.approx(closed, rel=1e-6)


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_chances_fall_with_silence_and_dates_follow_one_another(model: Model) -> None:
    silent = pl.DataFrame({"x": 4, "t_x": 100, "T": np.arange(100, 800)})
    assert (np.diff(p_alive(silent, model)) <= 1e-12).all()
    silence = Silence(ROWS, model)
    early, middle, late = (silence.days_until(q, 730) for q in (0.1, 0.5, 0.9))
    assert (early <= middle).all()
    assert (middle <= late).all()
    come = early[early <= 730]
    assert (1 - silence.lasts(early)[early <= 730] >= 0.1).all()
    assert (1 - silence.lasts(early - 1)[early <= 730] < 0.1).all()
    assert len(come)


SIMULATED = {k: Model(k, 2.0, 12.0 / k, 0.3, 3.0) for k in (1, 2, 4)}


@cache
def simulated(k: int) -> tuple[pl.DataFrame, States]:
    """Buyers of a model over three years, and what is known of them after two."""
    made = purchases(9_000, AS_OF, model=SIMULATED[k], days=1095)
    until = pl.lit(AS_OF) - pl.duration(days=365)
    made = made.filter((pl.col("purchased_on").min().over("customer_key")) <= until)
    return made, states(made, AS_OF.replace(year=AS_OF.year - 1))


@pytest.mark.parametrize("k", SIMULATED)
def test_expected_orders_are_the_mean_of_simulated_buyers(k: int) -> None:
    made, known = simulated(k)
    rows, model = known.customers, SIMULATED[k]
    after = made.filter(pl.col("purchased_on") > AS_OF.replace(year=AS_OF.year - 1))
    counts = after.unique(["customer_key", "purchased_on"]).group_by("customer_key").len()
    actual = rows.join(counts, on="customer_key", how="left", maintain_order="left")["len"]
    predicted = p_alive(rows, model) * expected_orders(rows, model, 365)
    found = rows.select(
        group=pl.col("x").clip(0, 9), actual=actual.fill_null(0), predicted=pl.Series(predicted)
    )
    for _, group in found.group_by("group"):
        error = group["actual"].std() / np.sqrt(group.height)  # type: ignore[operator]
        gap = group["actual"].mean() - group["predicted"].mean()  # type: ignore[operator]
        # days are whole: two purchases of one day are one, which regular buyers have none of
        assert abs(gap) < 4 * error + 0.02 * group["predicted"].mean()  # type: ignore[operator]


@pytest.mark.parametrize("k", SIMULATED)
def test_the_k_of_a_shop_is_found(k: int) -> None:
    counts = shop_counts(simulated(k)[1])
    assert best_fit(counts).model.k == k
    from_elsewhere = best_fit(counts, Model(6, 1.0, 1.0, 0.5, 5.0)).model
    assert from_elsewhere.k == k
    again = best_fit(counts, from_elsewhere).model
    assert again.parameters == pytest.approx(from_elsewhere.parameters, rel=1e-3)


def test_k_is_compared_by_whole_likelihoods() -> None:
    counts = shop_counts(simulated(4)[1])
    found = [fit(counts, k).log_likelihood for k in (3, 4, 5)]
    assert found[1] == max(found)


def test_values_of_simulated_buyers_are_found() -> None:
    found = fit_values(shop_counts(simulated(4)[1]).values)
    assert (found.p, found.q, found.gamma) == pytest.approx((6, 4, 15), rel=0.1)
    assert abs(found.correlation) < 0.1
