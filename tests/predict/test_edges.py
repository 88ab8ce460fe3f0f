"""Neighbouring days have neighbouring figures, also where the likelihood has no inner maximum."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from bench.buyers import purchases
from enrich.predict import Model, PredictionRules, shop_model, states_of
from enrich.predict.gamma_gamma import fit_values
from enrich.predict.mbg import expected_orders, p_alive
from enrich.predict.shop import ShopModel
from tests.predict.shops import AS_OF, Split

RULES = PredictionRules()
DAYS, SEED = 9, 5
SHOPS = {
    "an inner maximum": Model(1, 1.2, 8.0, 0.6, 3.0),
    "nobody leaves": Model(1, 1.0, 20.0, 1e-6, 3.0),
    "everybody buys alike": Model(1, 400.0, 8000.0, 0.5, 5.0),
    "both, and regularly": Model(3, 50.0, 100.0, 1e-6, 5.0),
}


def total(shop: ShopModel, parts: Split) -> float:
    (part,) = states_of(parts, shop.as_of)
    orders = expected_orders(part.customers, shop.buying, 365)
    return float((p_alive(part.customers, shop.buying) * orders).sum())


@pytest.mark.parametrize("model", SHOPS.values(), ids=SHOPS)
def test_neighbouring_days_and_any_start_agree(model: Model) -> None:
    parts, warm, totals = Split(purchases(1_500, AS_OF, model=model, seed=SEED)), None, []
    for ago in range(DAYS, -1, -1):
        day = AS_OF - timedelta(days=ago)
        cold, warm = (
            shop_model(states_of(parts, day), day, RULES),
            shop_model(states_of(parts, day), day, RULES, warm),
        )
        assert (cold.status, cold.value_status, warm.status, warm.value_status) == (None,) * 4
        assert cold.purchases is not None
        assert warm.purchases is not None
        assert cold.buying.k == warm.buying.k == model.k
        apart = cold.purchases.log_likelihood - warm.purchases.log_likelihood
        assert abs(apart) < 1e-4 * cold.buyers
        totals.append(total(warm, parts))
        assert total(cold, parts) == pytest.approx(totals[-1], rel=0.01)
    assert np.abs(np.diff(np.log(totals))).max() < 0.03


def test_an_edge_is_named() -> None:
    def found(name: str) -> Model:
        parts = Split(purchases(1_500, AS_OF, model=SHOPS[name], seed=SEED))
        return shop_model(states_of(parts, AS_OF), AS_OF, RULES).buying

    assert found("both, and regularly").nobody_leaves
    assert not found("everybody buys alike").nobody_leaves
    assert SHOPS["everybody buys alike"].all_buy_alike
    inner = found("an inner maximum")
    assert (inner.nobody_leaves, inner.all_buy_alike) == (False, False)


@pytest.mark.parametrize("of_one", [1, 1_000, 1_000_000])
def test_amounts_are_found_in_any_currency(of_one: int) -> None:
    """A Colombian order is some 200,000 pesos: the parameters are those in another currency."""
    made = np.random.default_rng(1)
    customers = 2_000
    value = made.gamma(1.0, 1 / made.gamma(8.0, 1 / 700, customers))
    rows = pl.DataFrame(
        {"paid": 1, "paid_cents": np.rint(value * 1e4 * of_one), "customers": np.ones(customers)}
    )
    found, base = (
        fit_values(rows.with_columns(pl.col("paid_cents") / unit)) for unit in (1, of_one)
    )
    assert found.is_converged
    assert (found.p, found.q) == pytest.approx((base.p, base.q), rel=1e-6)
    assert found.gamma == pytest.approx(base.gamma * of_one, rel=1e-6)
    assert base.log_likelihood - found.log_likelihood == pytest.approx(
        customers * np.log(of_one), rel=1e-6
    )


def test_amounts_that_are_all_alike_have_a_model() -> None:
    rows = pl.DataFrame({"paid": [1, 2], "paid_cents": [9900, 19800], "customers": [500, 300]})
    found = fit_values(rows)
    assert found.is_converged
    assert found.expected(np.array([2.0]), np.array([19800.0])) == pytest.approx(99, rel=1e-3)
