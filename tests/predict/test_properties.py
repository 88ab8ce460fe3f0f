"""What must not change a prediction, on many made-up shops."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from enrich.predict import Levels, Model, ShopModel, predictions, shop_model, states_of
from enrich.predict.fitting import Fitted
from enrich.predict.gamma_gamma import ValueModel
from enrich.predict.states import added, shop_counts, states
from tests.predict.shops import ANY_SHOP, AS_OF, Split, small_shops

VALUES = ValueModel(6.0, 4.0, 15.0, 0.0, 100, 0.0, is_converged=True)
SHOPS = {
    k: ShopModel(AS_OF, 100, 700, Fitted(Model(k, 0.6, 6.0 / k, 0.9, 2.0), 0.0, True), VALUES)
    for k in (1, 3)
}
DATES = ["next_order_on", "next_order_from", "next_order_until"]


def predicted(purchases: pl.DataFrame, k: int, parts: int = 1) -> pl.DataFrame:
    found = states_of(Split(purchases, parts), AS_OF)
    every = pl.concat(predictions(part, SHOPS[k], ANY_SHOP) for part in found)
    return every.sort("customer_key")


@given(small_shops(), st.integers(2, 7), st.randoms(use_true_random=False))
@settings(max_examples=10, deadline=None)
def test_parts_and_order_change_nothing(
    purchases: pl.DataFrame, parts: int, chance: object
) -> None:
    shuffled = purchases.sample(fraction=1, shuffle=True, seed=parts)
    whole = added([shop_counts(states(purchases, AS_OF))])
    split = added(shop_counts(part) for part in states_of(Split(shuffled, parts), AS_OF))
    for name in ("triples", "gaps", "values"):
        assert_frame_equal(getattr(whole, name), getattr(split, name), check_dtypes=True)
    for k in SHOPS:
        once, again = predicted(purchases, k), predicted(shuffled, k, parts)
        assert_frame_equal(once, again, check_exact=True)


@given(small_shops(), st.integers(-3000, 3000))
@settings(max_examples=10, deadline=None)
def test_shifting_all_days_shifts_the_dates_alone(purchases: pl.DataFrame, days: int) -> None:
    later = purchases.with_columns(pl.col("purchased_on") + pl.duration(days=days))
    shift = timedelta(days=days)
    assert_frame_equal(
        shop_counts(states(purchases, AS_OF)).triples,
        shop_counts(states(later, AS_OF + shift)).triples,
    )
    shop = ShopModel(AS_OF + shift, 100, 700, SHOPS[3].purchases, VALUES)
    moved = predictions(states(later, AS_OF + shift), shop, ANY_SHOP)
    back = moved.with_columns(pl.col(DATES) - pl.duration(days=days))
    assert_frame_equal(back, predicted(purchases, 3), check_exact=True)


@given(small_shops())
@settings(max_examples=10, deadline=None)
def test_what_comes_after_the_day_is_unseen(purchases: pl.DataFrame) -> None:
    seen = purchases.filter(pl.col("purchased_on") <= AS_OF)
    assert_frame_equal(predicted(seen, 1), predicted(purchases, 1))
    assert_frame_equal(
        shop_counts(states(seen, AS_OF)).values, shop_counts(states(purchases, AS_OF)).values
    )


@given(small_shops(), st.integers(1, 400))
@settings(max_examples=10, deadline=None)
def test_silence_never_makes_a_customer_livelier(purchases: pl.DataFrame, days: int) -> None:
    seen = purchases.filter(pl.col("purchased_on") <= AS_OF)
    later = AS_OF + timedelta(days=days)
    for shop in SHOPS.values():
        now = predictions(states(seen, AS_OF), shop, ANY_SHOP)["p_alive"]
        then = predictions(states(seen, later), shop, ANY_SHOP)["p_alive"]
        assert (then <= now + 1e-12).all()


@given(small_shops())
@settings(max_examples=10, deadline=None)
def test_what_is_predicted_is_possible_and_nests(purchases: pl.DataFrame) -> None:
    for k in SHOPS:
        found = predicted(purchases, k)
        for chance in ("p_alive", "churn_probability_90d"):
            assert found[chance].is_between(0, 1).all()
        days = [found[f"expected_orders_{n}d"].to_numpy() for n in (30, 90, 365)]
        assert (np.diff([np.zeros(found.height), *days], axis=0) >= 0).all()
        assert (found["expected_amount_365d"] == found["clv_365d"]).all()
        known = found.drop_nulls("next_order_on")
        assert (known["next_order_from"] <= known["next_order_on"]).all()
        assert (known["next_order_from"] > AS_OF).all()
        whole = known.drop_nulls("next_order_until")
        assert (whole["next_order_on"] <= whole["next_order_until"]).all()
        is_beyond = found["prediction_status"] == "beyond_horizon"
        assert (is_beyond.fill_null(False) == found["next_order_on"].is_null()).all()


def test_levels_move_what_they_are_of() -> None:
    purchases = small_shop()
    levels = Levels({30: 2.0, 90: 3.0, 365: 1.0}, {365: 4.0})
    plain = predictions(states(purchases, AS_OF), SHOPS[1], ANY_SHOP)
    found = predictions(states(purchases, AS_OF), SHOPS[1], ANY_SHOP, levels)
    factors = {"expected_orders_30d": 2, "expected_orders_365d": 1, "clv_365d": 4}
    for name, factor in factors.items():
        assert found[name].to_numpy() == pytest.approx(plain[name].to_numpy() * factor, abs=0.03)
    lost = plain["churn_probability_90d"].to_numpy() ** 3
    assert found["churn_probability_90d"].to_numpy() == pytest.approx(lost, abs=3e-4)
    assert_frame_equal(found.select("p_alive", *DATES), plain.select("p_alive", *DATES))


def small_shop() -> pl.DataFrame:
    days = [AS_OF - timedelta(days=ago) for ago in (400, 300, 10, 5, 700, 90)]
    return pl.DataFrame(
        {"customer_key": [1, 1, 1, 2, 3, 3], "purchased_on": days, "amount_cents": [1000] * 6}
    )


def test_two_purchases_of_a_day_are_one() -> None:
    purchases = small_shop()
    halves = pl.concat([purchases, purchases]).with_columns(pl.col("amount_cents") // 2)
    assert_frame_equal(states(halves, AS_OF).customers, states(purchases, AS_OF).customers)


def test_keys_far_apart_are_as_good() -> None:
    purchases = small_shop()
    scattered = purchases.with_columns(pl.col("customer_key") * 10**12)
    found = states(scattered, AS_OF).customers.drop("customer_key")
    assert_frame_equal(found, states(purchases, AS_OF).customers.drop("customer_key"))


def test_nobody_bought() -> None:
    nothing = small_shop().clear()
    shop = shop_model(states_of(Split(nothing), AS_OF), AS_OF, ANY_SHOP)
    assert shop.status == "too_few_buyers"
    assert predictions(states(nothing, AS_OF), shop, ANY_SHOP).height == 0
