"""Predictions in the daily job: kept with the profiles, tested when it is time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from math import ceil
from pathlib import Path

import polars as pl
import pytest

from enrich.compute.profiles import ProfilesReport, make_profiles
from enrich.model import Rules
from enrich.predict import PREDICTIONS, PredictionRules
from enrich.push.sources import without_held
from enrich.runs.publish import publish
from enrich.shop import Shop
from enrich.warehouse import Warehouse, open_warehouse, read_warehouse
from tests.predict.shops import public

NOW = datetime(2011, 12, 10, 12, tzinfo=UTC)
SHOP = Shop("main", Rules(currency="GBP"))
FIGURES = [name for name in PREDICTIONS if name not in ("customer_key", "prediction_status")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A third of Online Retail as imported orders, somebody who never bought, two daily runs."""
    made = tmp_path_factory.mktemp("retail")
    third = public("online_retail_purchases").filter(pl.col("customer_key") % 3 == 0)
    bought = third.select(
        order_id=pl.format("{}-{}", "customer_key", "purchased_on"),
        customer_id=pl.col("customer_key").cast(pl.String),
        email=pl.lit(None, pl.String),
        ordered_at=pl.col("purchased_on").cast(pl.Datetime("us")) + pl.duration(hours=12),
        amount_cents="amount_cents",
        promo_code=pl.lit(None, pl.String),
    )
    contact = {"customer_id": ["prospect"], "email": ["prospect@example.com"]}
    with opened(made) as warehouse:
        warehouse.imports.load("main", bought, None, pl.DataFrame(contact), run_id="i", now=NOW)
        first = make_profiles(warehouse, SHOP, now=NOW - timedelta(days=1))
        second = make_profiles(warehouse, SHOP, now=NOW)
        assert said(first, "MBG/CNBD-2")
        assert said(second, "back-test of 90 days: orders -")  # Christmas lies in the 90 days
        assert said(second, "same_rate is better than the model")
        publish(warehouse)
    return made


@contextmanager
def opened(folder: Path) -> Iterator[Warehouse]:
    with open_warehouse(folder, memory_limit="500MB") as warehouse:
        yield warehouse


def said(done: ProfilesReport, words: str) -> bool:
    return any(words in line for line in done.predictions)


def ask(folder: Path, query: str) -> pl.DataFrame:
    with read_warehouse(folder) as copy:
        return copy.query(query)


def test_profiles_have_the_fields(folder: Path) -> None:
    found = ask(
        folder, f"select orders_lifetime, prediction_status, {', '.join(FIGURES)} from profiles"
    )
    buyers = found.filter(pl.col("orders_lifetime") > 0)
    missing = buyers.select(FIGURES).drop("next_order_until").null_count()
    assert missing.sum_horizontal().item() == 0
    assert buyers["p_alive"].is_between(0, 1).all()
    tiers = dict(buyers["clv_tier"].cast(pl.String).value_counts().iter_rows())
    assert tiers["top_1"] == ceil(buyers.height / 100)
    (prospect,) = found.filter(pl.col("orders_lifetime") == 0).rows(named=True)
    assert prospect["prediction_status"] == "no_purchases"
    assert {prospect[name] for name in FIGURES} == {None}


def test_plain_figures_are_those_before_the_levels(folder: Path) -> None:
    found = ask(
        folder,
        "select profiles.expected_orders_90d / plain.expected_orders_90d as level from profiles"
        " join prediction_plain as plain using (store, customer_key)"
        " where profiles.expected_orders_90d > 0",
    )
    (level,) = ask(
        folder,
        "select value from prediction_models where parameter = 'orders_90d'"
        " and as_of = '2011-12-09'",
    ).row(0)
    assert found["level"].to_list() == pytest.approx([level] * found.height)
    assert level != 1


def test_the_models_of_each_day_and_one_back_test_are_kept(folder: Path) -> None:
    models = ask(folder, "select as_of, model, count(*) from prediction_models group by all")
    assert models["as_of"].n_unique() == 2
    assert set(models["model"]) == {"MBG/CNBD-2", "gamma-gamma", "level"}
    query = "select distinct as_of, cutoff_on, horizon_days from prediction_backtests"
    tests = ask(folder, query)
    assert tests.rows() == [(NOW.date() - timedelta(days=2), date(2011, 9, 9), 90)]
    tenths = ask(
        folder, "select tenth, predicted_orders, actual_orders from prediction_calibration"
    )
    assert tenths.height == 10
    assert tenths["actual_orders"].sum() > 1000


def test_what_is_computed_again_for_a_day_is_what_it_was(folder: Path) -> None:
    before = ask(folder, "from profiles order by customer_key")
    with opened(folder) as warehouse:
        make_profiles(warehouse, SHOP, now=NOW)
        publish(warehouse)
    assert ask(folder, "from profiles order by customer_key").equals(before)


def test_a_test_is_made_again_after_a_week_or_when_asked_for(folder: Path) -> None:
    days = "select distinct as_of from prediction_backtests order by as_of"
    strict = replace(SHOP, prediction=PredictionRules(max_bias=0.1))
    with opened(folder) as warehouse:
        tested = make_profiles(warehouse, strict, now=NOW, tests_now=True).prediction
        later = make_profiles(warehouse, strict, now=NOW + timedelta(days=5)).prediction
        assert tested is not None
        assert re.match(
            r"predictions were far off in the back-test \(orders -\d", tested.alert or ""
        )
        assert later is not None
        assert later.alert is None  # who was told is not told every day
        make_profiles(warehouse, SHOP, now=NOW + timedelta(days=8))
        publish(warehouse)
    assert [day.day for day in ask(folder, days)["as_of"]] == [8, 9, 17]


def test_a_level_stays_until_there_is_a_new_one(folder: Path, tmp_path: Path) -> None:
    """A year of history has no model of a year ago: the level of 365 days is one of before."""
    now, day = NOW + timedelta(days=30), NOW.date() + timedelta(days=20)
    with opened(folder) as warehouse:
        kept = warehouse.predictions.models("main", day).drop("as_of")
        old = kept.filter(parameter="orders_90d").with_columns(
            parameter=pl.lit("orders_365d"), value=pl.lit(1.5)
        )
        warehouse.predictions.keep("main", day, pl.concat([kept, old]))
        output = tmp_path / "profiles.parquet"
        made = make_profiles(warehouse, SHOP, now=now, as_of=day, output=output, tests_now=True)
        warehouse.predictions.keep("main", day, kept.clear())
    assert said(made, "no new level of 365 days")
    assert not said(made, "no new level of 90 days")


def test_far_off_predictions_go_to_no_destination(folder: Path) -> None:
    strict = replace(SHOP, prediction=PredictionRules(max_bias=0.1))
    at = NOW + timedelta(days=8)
    with opened(folder) as warehouse:
        profiles = warehouse.profiles.of("main")
        held = without_held(warehouse, strict, profiles, at)
        sent = without_held(warehouse, SHOP, profiles, at)
        assert said(make_profiles(warehouse, strict, now=at), "platforms get no predictions")
    assert sent.equals(profiles)
    assert held.select(FIGURES).null_count().row(0) == (profiles.height,) * len(FIGURES)
    assert held.drop(*FIGURES, "prediction_status").equals(
        profiles.drop(*FIGURES, "prediction_status")
    )


@pytest.mark.parametrize(
    ("rules", "line"),
    [
        (PredictionRules(min_buyers=10**6), "no predictions: too_few_buyers"),
        (PredictionRules(max_value_correlation=0.01), "no amounts: value_depends_on_frequency"),
        (PredictionRules(min_history_days=300), "the history is too short for a back-test"),
    ],
    ids=["few", "dependent", "short"],
)
def test_what_the_shop_does_not_allow_is_reported(
    folder: Path, tmp_path: Path, rules: PredictionRules, line: str
) -> None:
    with opened(folder) as warehouse:
        output = tmp_path / "profiles.parquet"
        shop = replace(SHOP, prediction=rules)
        day = NOW.date() - timedelta(days=60)
        done = make_profiles(warehouse, shop, now=NOW, as_of=day, output=output)
    assert said(done, line)


def test_a_shop_without_orders_in_the_tested_days_is_predicted_all_the_same(
    folder: Path, tmp_path: Path
) -> None:
    with opened(folder) as warehouse:
        later = NOW + timedelta(days=200)
        output, day = tmp_path / "later.parquet", later.date() - timedelta(days=2)
        made = make_profiles(warehouse, SHOP, now=later, as_of=day, output=output, tests_now=True)
    assert said(made, "too few orders came for a back-test")


def test_without_predictions_the_fields_are_null(folder: Path, tmp_path: Path) -> None:
    with opened(folder) as warehouse:
        off = replace(SHOP, prediction=PredictionRules(enabled=False))
        output = tmp_path / "profiles.parquet"
        done = make_profiles(warehouse, off, now=NOW, as_of=date(2011, 11, 1), output=output)
    assert done.predictions == ()
    found = pl.read_parquet(output)
    assert found["p_alive"].null_count() == found.height
