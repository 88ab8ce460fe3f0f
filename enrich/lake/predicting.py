"""Predict for the customers of a lake: add up the counts of all buckets, fit one model, apply it.

Results equal those of `enrich.compute.predictions`. Back-test metrics that rank all customers (AUC,
tenths) do not add up over buckets and are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, replace
from datetime import date, timedelta
from functools import partial, reduce
from operator import add
from pathlib import Path

import polars as pl

from enrich.compute.predictions import KeptPredictions, Predicted, is_due
from enrich.lake.buckets import Plan, write
from enrich.lake.engines import Answer
from enrich.lake.passes import Passes
from enrich.predict import (
    COUNTS,
    HORIZONS,
    PREDICTIONS,
    WORTHS,
    Level,
    Levels,
    ShopCounts,
    ShopModel,
    Sums,
    backtest_of_sums,
    cutoffs,
    fitted_shop,
    level,
    model_rows,
    predictions,
    seasonal_levels,
    shop_counts,
    states,
    sums_of,
    tier_cuts,
    with_actuals,
    worths,
)
from enrich.warehouse.lake import PREDICTION_TABLES, Limits, scratch

MODELS, BACKTESTS = PREDICTION_TABLES
Tests = Sequence[tuple[ShopModel, int]]
"""Models of the past, and for how many days after it each is tested."""


def predict_lake(passes: Passes) -> tuple[Predicted, list[float]] | tuple[None, None]:
    """The models with their levels, and the tier cuts; the rows are in one file per bucket.

    (None, None) when predictions are switched off.
    """
    plan, kept = passes.plan, _kept(passes.plan)
    if not plan.prediction.enabled:
        _keep(plan, {})
        return None, None
    (shop,) = _models(passes, "count", [plan.as_of], kept.start(plan.as_of)).values()
    done = Predicted(pl.DataFrame(schema=PREDICTIONS), shop, kept)
    if shop.status is None and is_due(shop, kept.backtest, plan.as_of, plan.prediction):
        done = _tested(passes, done)
    passes.over("predict", partial(predict_bucket, shop, done.levels))
    _keep(plan, _rows_of(done))
    return done, tier_cuts(passes.added("worths", WORTHS))


def _tested(passes: Passes, done: Predicted) -> Predicted:
    """`done` with new levels and a back-test of the newest horizon."""
    as_of, days = passes.plan.as_of, passes.plan.prediction.backtest_horizon_days
    tested_on = as_of - timedelta(days=days)
    wanted = {(day, one) for one in HORIZONS for day in cutoffs(as_of, one)}
    wanted |= {(day, days) for day in (tested_on, *cutoffs(tested_on, days))}
    models = _models(passes, "count-before", sorted({day for day, _ in wanted}), done.shop)
    tests = [(models[day], one) for day, one in sorted(wanted) if models[day].status is None]
    answers = passes.over("test", partial(compare_bucket, tests))
    sums = {
        (shop.as_of, one): reduce(add, (Sums(*answer["sums"][place]) for answer in answers))
        for place, (shop, one) in enumerate(tests)
    }

    def level_of(day: date, days: int) -> Level | None:
        found = sums.get((day, days))
        return None if found is None else level(models[day], found)

    before = seasonal_levels(level_of, tested_on, (days,))
    tested = backtest_of_sums(models[tested_on], days, sums.get((tested_on, days)), before)
    return replace(done, tested=tested, new=seasonal_levels(level_of, as_of))


def _models(
    passes: Passes, name: str, days: Sequence[date], start: ShopModel | None
) -> dict[date, ShopModel]:
    """The model of each day by the counts of all buckets."""
    passes.over(name, partial(count_bucket, days))
    return {
        day: fitted_shop(
            ShopCounts(**{kind: passes.added(f"{kind}-{day}", COUNTS[kind]) for kind in COUNTS}),
            day,
            passes.plan.prediction,
            start,
        )
        for day in days
    }


def count_bucket(days: Iterable[date], plan: Plan, bucket: int) -> Answer:
    """Write the counts that the models of these days are fitted from."""
    bought = pl.read_parquet(plan.resolved("bought", bucket))
    for day in days:
        counts = shop_counts(states(bought, day))
        for kind, schema in COUNTS.items():
            frame: pl.DataFrame = getattr(counts, kind)
            write(frame.select(list(schema)), plan.resolved(f"{kind}-{day}", bucket))
    return {}


def compare_bucket(tests: Tests, plan: Plan, bucket: int) -> Answer:
    """The sums of each test: what was predicted, and what came."""
    bought = pl.read_parquet(plan.resolved("bought", bucket))
    found = (with_actuals(states(bought, shop.as_of), bought, shop, days) for shop, days in tests)
    return {"sums": [astuple(sums_of(rows)) for rows in found]}


def predict_bucket(shop: ShopModel, levels: Levels, plan: Plan, bucket: int) -> Answer:
    """Write the bucket's predictions, and how many customers have each clv_365d."""
    bought, keys = pl.read_parquet(plan.resolved("bought", bucket)), plan.keys(bucket)
    if keys.exists():
        known = pl.read_parquet(keys).select(customer_key="local_key", key="customer_key")
        named = bought.join(known, on="customer_key", how="left")
        bought = named.with_columns(customer_key=pl.coalesce("key", "customer_key"))
    rows = predictions(states(bought, plan.as_of), shop, plan.prediction, levels)
    write(rows, plan.resolved("predicted", bucket))
    write(worths(rows), plan.resolved("worths", bucket))
    return {}


def _kept(plan: Plan) -> KeptPredictions:
    models, tests = (_kept_rows(plan, table) for table in PREDICTION_TABLES)
    yesterday = plan.as_of - timedelta(days=1)
    return KeptPredictions(
        _newest(models, plan.as_of), _newest(models, yesterday), _newest(tests, plan.as_of)
    )


def _kept_rows(plan: Plan, table: str) -> pl.DataFrame:
    rows = pl.read_parquet(_kept_file(plan, table)).filter(store=plan.store)
    of_products = pl.col("metric").str.starts_with("hit_rate")
    return rows.filter(~of_products) if table == BACKTESTS else rows


def _kept_file(plan: Plan, table: str) -> Path:
    """Of the rows of earlier days; without rows where the lake is older than the table."""
    kept, empty = plan.unbucketed_file(table), plan.work / f"{table}.parquet"
    if kept.exists():
        return kept
    with scratch(Limits(plan.work / "spill" / "nothing", plan.memory)) as space:
        space.give(table, empty)
    return empty


def _newest(rows: pl.DataFrame, until: date) -> pl.DataFrame:
    known = rows.filter(pl.col("as_of") <= until)
    return known.filter(pl.col("as_of") == pl.col("as_of").max())


def _rows_of(done: Predicted) -> dict[str, pl.DataFrame]:
    new = {MODELS: model_rows(done.shop, done.levels)}
    if done.tested is not None and not done.tested.backtests.is_empty():
        new[BACKTESTS] = done.tested.backtests.with_columns(
            cutoff_on=pl.lit(done.tested.cutoff_on),
            horizon_days=pl.lit(done.tested.horizon_days, pl.Int64),
            model=pl.lit(done.shop.buying.name),
        )
    return new


def _keep(plan: Plan, new: Mapping[str, pl.DataFrame]) -> None:
    """The rows of earlier days and the new ones of this day, as a warehouse keeps them."""
    for table in PREDICTION_TABLES:
        rows = _kept_rows(plan, table)
        if table in new:
            of_day = new[table].with_columns(store=pl.lit(plan.store), as_of=pl.lit(plan.as_of))
            others = rows.filter(pl.col("as_of") != plan.as_of)
            rows = pl.concat([others, of_day.select(rows.columns)])
        write(rows, plan.final(table, 0))
