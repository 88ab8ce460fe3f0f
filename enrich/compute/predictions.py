"""Predictions of one store: read, fit, test when it is time, keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

import polars as pl

from enrich.installed import page
from enrich.predict import (
    PLAIN,
    PREDICTIONS,
    Backtest,
    Levels,
    PredictionRules,
    PurchaseParts,
    ShopModel,
    SortedParts,
    backtest,
    kept_levels,
    kept_model,
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
from enrich.warehouse import Warehouse


@dataclass(frozen=True, slots=True)
class KeptPredictions:
    """The newest kept models and back-test up to the day, as rows.

    `earlier_models` exclude the day itself, so that computing a day again gives the same result.
    """

    models: pl.DataFrame
    earlier_models: pl.DataFrame
    backtest: pl.DataFrame

    @property
    def levels(self) -> Levels:
        return kept_levels(self.models)

    def start(self, as_of: date) -> ShopModel | None:
        """The models to search from."""
        return kept_model(self.earlier_models, as_of - timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Predicted:
    """What was predicted of one store (rows: PREDICTIONS), by which models and levels.

    `kept` was known before; `tested` and `new` (levels) are None when no back-test was due.
    """

    rows: pl.DataFrame
    shop: ShopModel
    kept: KeptPredictions
    tested: Backtest | None = None
    new: Levels | None = None

    @property
    def levels(self) -> Levels:
        known = self.kept.levels
        known = known if self.new is None else known.renewed(self.new)
        return known if self.shop.status is None else PLAIN

    @property
    def old_levels(self) -> tuple[int, ...]:
        """Horizons in days that keep an old level because the due back-test found no new one."""
        new = self.new
        return (
            () if new is None else tuple(sorted(self.kept.levels.orders.keys() - new.orders.keys()))
        )

    @property
    def new_seasons(self) -> Mapping[int, float]:
        """Horizons whose level the season moves for the first time, and by how much."""
        return {} if self.new is None else seasons_since(self.kept.levels, self.new)

    @property
    def measured(self) -> pl.DataFrame:
        """The rows of the newest back-test: metric, value, baseline, baseline_value."""
        is_new = self.tested is not None and not self.tested.backtests.is_empty()
        return self.tested.backtests if self.tested and is_new else self.kept.backtest


def predict(
    warehouse: Warehouse,
    store: str,
    parts: PurchaseParts,
    as_of: date,
    rules: PredictionRules,
    *,
    tests_now: bool = False,
) -> Predicted:
    """What comes next for the buyers of a store, from its purchases up to the day."""
    of_store = warehouse.predictions
    kept = KeptPredictions(
        of_store.models(store, as_of),
        of_store.models(store, as_of - timedelta(days=1)),
        of_store.backtest(store, as_of),
    )
    parts = SortedParts(parts)
    every = list(states_of(parts, as_of))
    shop = shop_model(every, as_of, rules, kept.start(as_of))
    done = Predicted(pl.DataFrame(schema=PREDICTIONS), shop, kept)
    if shop.status is None and (tests_now or is_due(shop, kept.backtest, as_of, rules)):
        tested = backtest(parts, as_of, rules.backtest_horizon_days, rules, shop)
        new = levels(parts, as_of, rules, start=shop, known=[tested.shop])
        done = replace(done, tested=tested, new=new)
    rows = pl.concat(predictions(part, shop, rules, done.levels) for part in every)
    return replace(done, rows=with_tiers(rows, tier_cuts(worths(rows))))


def seasons_since(before: Levels, new: Levels) -> Mapping[int, float]:
    """The days of the horizons that had a level without a season before, and have one now."""
    return {
        days: season
        for days, season in new.seasons.items()
        if days in before.orders and days not in before.seasons
    }


def is_due(shop: ShopModel, before: pl.DataFrame, as_of: date, rules: PredictionRules) -> bool:
    """Whether the last back-test is long ago, or was of another model."""
    if before.is_empty():
        return True
    tested_on, model = before.select("as_of", "model").row(0)
    is_old: bool = (as_of - tested_on).days >= rules.backtest_every_days
    return is_old or bool(model != shop.buying.name)


def keep_predicted(warehouse: Warehouse, store: str, as_of: date, done: Predicted) -> None:
    """Keep models, levels and a new back-test; the fields are kept with the profiles."""
    warehouse.predictions.keep(store, as_of, model_rows(done.shop, done.levels))
    tested = done.tested
    if tested is not None and not tested.backtests.is_empty():
        when = {"cutoff_on": tested.cutoff_on, "horizon_days": tested.horizon_days}
        at = [pl.lit(value).alias(name) for name, value in when.items()]
        model = pl.lit(done.shop.buying.name).alias("model")
        warehouse.predictions.keep_backtest(
            store,
            as_of,
            tested.backtests.with_columns(*at, model),
            tested.calibration.with_columns(*at),
        )


@dataclass(frozen=True, slots=True)
class PredictionReport:
    """What a person should know: lines, the newest back-test, its tenths when it is of this run.

    `alert` is what to look at because a back-test of this run was too far off; else None.
    """

    lines: tuple[str, ...]
    measured: pl.DataFrame
    tenths: pl.DataFrame
    alert: str | None = None


def report_predicted(done: Predicted, rules: PredictionRules) -> PredictionReport:
    """What is reported of the predictions of a run."""
    tenths = done.tested.calibration if done.tested is not None else pl.DataFrame()
    alert = _alert(done, rules) if not tenths.is_empty() else None
    return PredictionReport(lines_of(done, rules), done.measured, tenths, alert)


def _alert(done: Predicted, rules: PredictionRules) -> str | None:
    if not rules.is_too_far_off(done.measured):
        return None
    biases = dict(done.measured.select("metric", "value").iter_rows())
    found = ", ".join(
        f"{what} {biases[metric]:+.0%}"
        for what, metric in (("orders", "orders_bias"), ("amounts", "amount_bias"))
        if biases.get(metric) is not None
    )
    return (
        f"predictions were far off in the back-test ({found}; max_bias is {rules.max_bias:.0%}):"
        " platforms get none until they are nearer"
    )


def _edges(done: Predicted) -> list[str]:
    """Where the models end in what can hardly be, and which levels are old or have a season now."""
    found = []
    if done.shop.buying.nobody_leaves:
        found.append(
            "nobody seems to leave for good: p_alive is near 1 for all;"
            " the history may be too short"
        )
    if done.shop.buying.all_buy_alike:
        found.append("everybody seems to buy equally often: expected orders hardly differ")
    found += [
        "two years of history: from now on last year's season adjusts the orders and amounts"
        f" expected in {days} days, today by {season - 1:+.0%}"
        for days, season in done.new_seasons.items()
    ]
    return found + [
        f"no new level of {days} days, for there is no model of {days} days ago:"
        " the one before stays"
        for days in done.old_levels
    ]


_WORDS = {
    "orders_bias": "orders {:+.0%}",
    "orders_error_by_tenth": "by tenth {:.0%} off",
    "buys_again_auc": "AUC {:.2f}",
}


def lines_of(done: Predicted, rules: PredictionRules) -> tuple[str, ...]:
    """What a person should know of the predictions, a line each."""
    if done.shop.status is not None:
        return (f"no predictions: {done.shop.status} ({page('prediction.md')})",)
    values = dict(done.measured.select("metric", "value").drop_nulls().iter_rows())
    lines = [f"predictions by {done.shop.buying.name} of {done.shop.buyers:,} buyers"]
    lines += _edges(done)
    if done.shop.value_status is not None:
        lines.append(f"no amounts: {done.shop.value_status} ({page('prediction.md')})")
    found = [words.format(values[metric]) for metric, words in _WORDS.items() if metric in values]
    if not found:
        why = "the history is too short" if done.measured.is_empty() else "too few orders came"
        return (*lines, f"{why} for a back-test")
    lines.append(f"back-test of {rules.backtest_horizon_days} days: {', '.join(found)}")
    lines += winners(done.measured)
    if rules.is_too_far_off(done.measured):
        lines.append("the bias is over max_bias: platforms get no predictions until it is not")
    return tuple(lines)
