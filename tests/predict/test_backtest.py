"""Levels and back-tests: right on a steady shop, and blind to what came after."""

from datetime import timedelta
from functools import cache

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from bench.buyers import purchases
from enrich.compute.predictions import seasons_since
from enrich.predict import (
    Levels,
    Model,
    PredictionRules,
    backtest,
    kept_levels,
    levels,
    model_rows,
    predictions,
    shop_model,
    states_of,
    tier_cuts,
    winners,
    with_tiers,
    worths,
)
from tests.predict.shops import AS_OF, Split

RULES = PredictionRules()
HORIZON_DAYS = 90


@cache
def steady() -> pl.DataFrame:
    return purchases(8_000, AS_OF, model=Model(1, 1.2, 8.0, 0.6, 3.0))


def test_a_steady_shop_is_met_within_the_limit() -> None:
    done = backtest(Split(steady()), AS_OF, HORIZON_DAYS, RULES)
    found = dict(done.backtests.select("metric", "value").iter_rows())
    assert found["orders_error_by_tenth"] < 0.06
    assert abs(found["orders_bias"]) < 0.05
    assert abs(found["amount_bias"]) < 0.06
    assert 0.75 < found["next_order_coverage"] < 0.85
    assert done.calibration["tenth"].to_list() == list(range(1, 11))
    assert done.calibration["customers"].sum() == done.shop.buyers
    assert winners(done.backtests) == []
    assert done.backtests["baseline"].n_unique() == 5  # four, and none


def test_parts_are_tested_as_the_whole() -> None:
    whole, split = (
        backtest(Split(steady(), parts), AS_OF, HORIZON_DAYS, RULES) for parts in (1, 3)
    )
    assert whole.shop == split.shop
    assert_frame_equal(whole.backtests, split.backtests)
    assert_frame_equal(whole.calibration, split.calibration)


def test_nothing_after_the_cut_off_is_known_to_what_is_tested() -> None:
    """Ten times the purchases after the cut-off: another actual, the same expectation."""
    cutoff = AS_OF - timedelta(days=HORIZON_DAYS)
    is_after = pl.col("purchased_on") > cutoff
    gone = steady().filter(~is_after)
    done = backtest(Split(steady()), AS_OF, HORIZON_DAYS, RULES)
    without = backtest(Split(gone), AS_OF, HORIZON_DAYS, RULES)
    assert done.shop == without.shop
    expected = pl.col("tenth", "customers", "predicted_orders", "predicted_amount")
    assert_frame_equal(done.calibration.select(expected), without.calibration.select(expected))
    assert without.calibration["actual_orders"].sum() == 0


def test_levels_say_how_much_more_came_than_predicted() -> None:
    """Everybody who came in the last 90 days came the day after as well: twice the orders."""
    recent = pl.col("purchased_on") > AS_OF - timedelta(days=89)
    doubled = pl.concat(
        [steady(), steady().filter(recent).with_columns(pl.col("purchased_on").dt.offset_by("-1d"))]
    )
    plain, found = (
        levels(Split(shop), AS_OF, RULES, (HORIZON_DAYS,)) for shop in (steady(), doubled)
    )
    assert plain.orders[HORIZON_DAYS] == pytest.approx(1, abs=0.1)
    assert found.orders[HORIZON_DAYS] == pytest.approx(2, abs=0.2)


def test_a_horizon_longer_than_the_history_has_no_level() -> None:
    young = steady().filter(pl.col("purchased_on") > AS_OF - timedelta(days=300))
    assert set(levels(Split(young), AS_OF, RULES).orders) == {30, 90}


def test_the_season_of_last_year_moves_the_level() -> None:
    """A shop that sold twice as often in the same 90 days of last year is to do so again."""
    shop = purchases(12_000, AS_OF, model=Model(1, 1.2, 8.0, 0.6, 3.0), days=1000)
    start = AS_OF - timedelta(days=364)
    season = pl.col("purchased_on").is_between(start, start + timedelta(days=HORIZON_DAYS))
    more = shop.filter(season).with_columns(pl.col("purchased_on").dt.offset_by("1d"))
    plain, found = (
        levels(Split(one), AS_OF, RULES, (HORIZON_DAYS,)).orders[HORIZON_DAYS]
        for one in (shop, pl.concat([shop, more]))
    )
    assert found / plain == pytest.approx(2, abs=0.35)


def test_a_season_is_said_when_it_moves_the_level_first() -> None:
    shop = Split(purchases(4_000, AS_OF, model=Model(1, 1.2, 8.0, 0.6, 3.0), days=2 * 364 + 5))
    before, new = (
        levels(shop, AS_OF - timedelta(days=days), RULES, (HORIZON_DAYS,)) for days in (7, 0)
    )
    assert (set(before.seasons), set(new.seasons)) == (set(), {HORIZON_DAYS})
    again = kept_levels(model_rows(shop_model(states_of(shop, AS_OF), AS_OF, RULES), new))
    assert again == new
    first, later, never = (seasons_since(one, new) for one in (before, new, Levels()))
    assert (first, later, never) == (new.seasons, {}, {})


@pytest.mark.parametrize(
    ("rules", "status", "value_status"),
    [
        (PredictionRules(min_buyers=10**6), "too_few_buyers", "too_few_buyers"),
        (PredictionRules(min_history_days=10**4), "short_history", "short_history"),
        (PredictionRules(max_value_correlation=0), None, "value_depends_on_frequency"),
        (RULES, None, None),
    ],
    ids=["few", "short", "dependent", "enough"],
)
def test_status(rules: PredictionRules, status: str | None, value_status: str | None) -> None:
    shop = shop_model(states_of(Split(steady()), AS_OF), AS_OF, rules)
    assert (shop.status, shop.value_status) == (status, value_status)
    (part,) = states_of(Split(steady()), AS_OF)
    rows = predictions(part, shop, rules)
    rows = with_tiers(rows, tier_cuts(worths(rows)))
    assert rows["p_alive"].is_null().all() == (status is not None)
    assert rows["clv_tier"].is_null().all() == (value_status is not None)
    if value_status:
        assert set(rows["prediction_status"]) == {value_status}


def test_nobody_bought_again() -> None:
    once = steady().unique("customer_key", maintain_order=True)
    assert shop_model(states_of(Split(once), AS_OF), AS_OF, RULES).status == "too_few_buyers"


def test_tiers_are_shares_of_the_customers() -> None:
    rows = pl.DataFrame({"clv_365d": [float(i) for i in range(1000)] + [None]})
    found = with_tiers(rows, tier_cuts(worths(rows)))["clv_tier"].value_counts()
    assert dict(found.iter_rows()) == {
        "top_1": 10, "top_5": 40, "top_10": 50, "top_25": 150, "top_50": 250, "rest": 500, None: 1
    }  # fmt: skip
    equal = pl.DataFrame({"clv_365d": [1.0] * 7})
    assert set(with_tiers(equal, tier_cuts(worths(equal)))["clv_tier"]) == {"top_1"}


def test_money_worth_less_later() -> None:
    rules = PredictionRules(yearly_discount_rate=0.2)
    (part,) = states_of(Split(steady()), AS_OF)
    rows = predictions(part, shop_model(states_of(Split(steady()), AS_OF), AS_OF, rules), rules)
    rich = rows.filter(pl.col("expected_amount_365d") > 10)
    share = rich["clv_365d"] / rich["expected_amount_365d"]
    assert share.is_between(1.2**-1, 1).all()
    assert share.mean() == pytest.approx(1.2**-0.5, abs=0.03)
