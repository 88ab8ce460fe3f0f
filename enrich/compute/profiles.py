"""Profiles of one store: gather the frames, build, keep or write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from enrich.compute.files import FORMATS, written
from enrich.compute.own_fields import OwnFields, own_fields
from enrich.compute.predictions import (
    Predicted,
    PredictionReport,
    keep_predicted,
    predict,
    report_predicted,
)
from enrich.compute.products import ProductsAhead, keep_products, products_ahead
from enrich.errors import BadSettings
from enrich.model import Rules, last_complete_day
from enrich.predict import PurchaseParts
from enrich.profile import (
    ScoredParts,
    fields,
    is_field_name,
    notes,
    profile_parts,
    score_parts,
)
from enrich.profile.predicted import no_predictions
from enrich.runs.record import recorded
from enrich.runs.reporting import SILENT, Reporter
from enrich.shop import Shop
from enrich.warehouse import Warehouse

NO_SEGMENT = "(not in the window)"


@dataclass(frozen=True, slots=True)
class Plan:
    """For which day, whether the result becomes the store's current profiles, and which file."""

    as_of: date
    is_kept: bool
    output: Path | None


@dataclass(frozen=True, slots=True)
class ProfilesReport:
    """What one run computed; `segments` are (name, customers), `checks` the resolver's counts.

    `segment_counts`: rfm_segment, r_score, f_score, customers, amount; one row per combination.
    `prediction` is None where the settings want none.
    """

    store: str
    as_of: date
    is_kept: bool
    customer_count: int
    segments: tuple[tuple[str, int], ...]
    segment_counts: pl.DataFrame
    cut_points: pl.DataFrame
    checks: pl.DataFrame
    notes: tuple[str, ...]
    output: Path | None
    prediction: PredictionReport | None = None
    products: tuple[str, ...] = ()

    @property
    def predictions(self) -> tuple[str, ...]:
        """What to know of the predictions, those of products too, a line each."""
        return (*(self.prediction.lines if self.prediction else ()), *self.products)


def plan_profiles(as_of: date | None, output: Path | None, now: datetime, time_zone: str) -> Plan:
    """What `--as-of` and `--output` mean at `now`; raises BadSettings when they cannot be met.

    A past day is computed from what is known today, so it never replaces the current profiles.
    """
    latest = last_complete_day(now, time_zone)
    if output is not None and output.suffix.lower() not in FORMATS:
        raise BadSettings(
            f"--output must end in .parquet, .csv or .xlsx, not {output.suffix or 'nothing'}"
        )
    if as_of is not None and as_of > latest:
        raise BadSettings(f"--as-of {as_of} is not over yet; the last complete day is {latest}")
    if as_of is not None and as_of < latest and output is None:
        raise BadSettings(f"--as-of {as_of} is past ({latest} is current); say --output FILE")
    return Plan(as_of or latest, as_of is None or as_of == latest, output)


def make_profiles(
    warehouse: Warehouse,
    shop: Shop,
    *,
    now: datetime,
    as_of: date | None = None,
    output: Path | None = None,
    csv_for: str | None = None,
    tests_now: bool = False,
    report: Reporter = SILENT,
) -> ProfilesReport:
    """Compute the profiles of one store; keep them when the day is the current one.

    The customers and purchases are resolved first, so that a changed setting counts at once.
    `csv_for` names the spreadsheet that reads `output`, one of `enrich.spreadsheet.CSV_READERS`;
    `tests_now`: predictions are tested whether it is time or not.
    """
    plan = plan_profiles(as_of, output, now, shop.rules.time_zone)
    with recorded(warehouse, "profiles", shop.name, now) as run:
        checks = warehouse.resolve(shop.name, shop.rules, run_id=run.run_id, now=now)
        known = _gathered(warehouse, shop, plan, report, tests_now=tests_now)
        tally = Tally(known.scored.block_count, report)
        with written(tally.of(_profiles(known, shop)), plan.output, csv_for) as passed_on:
            if plan.is_kept:
                _keep(warehouse, shop, known, passed_on, run_id=run.run_id, now=now)
        done = _report(shop, plan, tally, known, checks)
        run.note(summary_of(done))
    return done


@dataclass(frozen=True, slots=True)
class _Gathered:
    """All that the profiles of one day are made of; `previous` are the segments before it."""

    scored: ScoredParts
    previous: pl.DataFrame
    predicted: Predicted | None
    ahead: ProductsAhead
    own: OwnFields


def _gathered(
    warehouse: Warehouse, shop: Shop, plan: Plan, report: Reporter, *, tests_now: bool
) -> _Gathered:
    name, as_of, rules = shop.name, plan.as_of, shop.rules
    parts, are_new = warehouse.profiles.parts(name), tests_now or not plan.is_kept
    predicted = _predicted(warehouse, shop, parts, plan, report, tests_now=tests_now)
    ahead = products_ahead(warehouse, name, parts, as_of, shop.products, are_new=are_new)
    own = own_fields(warehouse, name, as_of, rules.time_zone, shop.own_fields)
    report.say(f"{name}: ranking the customers as of {as_of}")
    since_on = warehouse.resolved.history_since(name)
    yardstick = _yardstick(warehouse, shop, as_of)
    scored = score_parts(parts, as_of, rules, yardstick, history_since=since_on)
    previous = warehouse.profiles.segments_before(name, as_of)
    lost = lost_columns(warehouse.profiles.columns(), rules) if plan.is_kept else []
    if lost:
        report.say(f"the windows changed; profiles no longer have {', '.join(lost)}")
    return _Gathered(scored, previous, predicted, ahead, own)


def _profiles(known: _Gathered, shop: Shop) -> Iterator[pl.DataFrame]:
    predicted = known.predicted
    return profile_parts(
        known.scored,
        known.previous,
        predictions=no_predictions() if predicted is None else predicted.rows,
        joined=(known.ahead.joined, *known.own.joined),
        segments=shop.segments,
    )


def _keep(
    warehouse: Warehouse,
    shop: Shop,
    known: _Gathered,
    profiles: Iterable[pl.DataFrame],
    *,
    run_id: str,
    now: datetime,
) -> None:
    """Make the profiles the store's current ones, with what they were made of."""
    name, as_of, cut_points = shop.name, known.scored.as_of, known.scored.cut_points
    warehouse.profiles.keep(name, as_of, profiles, cut_points, run_id=run_id, now=now)
    if known.predicted is not None:
        keep_predicted(warehouse, name, as_of, known.predicted)
    keep_products(warehouse, name, as_of, known.ahead, shop.products)
    warehouse.own_values.keep(name, as_of, known.own.kept)


def _predicted(
    warehouse: Warehouse,
    shop: Shop,
    parts: PurchaseParts,
    plan: Plan,
    report: Reporter,
    *,
    tests_now: bool,
) -> Predicted | None:
    """What comes next for each customer; None where the settings want no predictions."""
    if not shop.prediction.enabled:
        return None
    report.say(f"{shop.name}: predicting what comes next")
    return predict(warehouse, shop.name, parts, plan.as_of, shop.prediction, tests_now=tests_now)


def lost_columns(kept: Iterable[str], rules: Rules) -> list[str]:
    """The columns of kept profiles that those of these rules have not; history keeps no window."""
    wanted = {field.name for field in fields(rules)}
    return [name for name in kept if is_field_name(name) and name not in wanted]


def _report(
    shop: Shop, plan: Plan, tally: Tally, known: _Gathered, checks: pl.DataFrame
) -> ProfilesReport:
    """What is reported of a run that succeeded."""
    cut_points, predicted = known.scored.cut_points, known.predicted
    return ProfilesReport(
        store=shop.name,
        as_of=plan.as_of,
        is_kept=plan.is_kept,
        customer_count=tally.customer_count,
        segments=tally.segments(),
        segment_counts=tally.segment_counts(),
        cut_points=cut_points,
        checks=checks,
        notes=(*known.own.lines, *notes(cut_points), *tally.coverage()),
        prediction=None if predicted is None else report_predicted(predicted, shop.prediction),
        products=known.ahead.lines,
        output=plan.output,
    )


def _yardstick(warehouse: Warehouse, shop: Shop, as_of: date) -> pl.DataFrame | None:
    """The cut points to keep for the rest of the period; None when the day makes its own."""
    since_on = period_start(as_of, shop.rules.rfm_frozen_for)
    return (
        None
        if since_on is None
        else warehouse.profiles.frozen_cut_points(shop.name, since_on, as_of)
    )


def period_start(day: date, period: str) -> date | None:
    """The first day of the calendar month, quarter or year the day is in; None for `never`."""
    months = {"month": 1, "quarter": 3, "year": 12}.get(period)
    if months is None:
        return None
    return day.replace(month=(day.month - 1) // months * months + 1, day=1)


AFFINITIES = ("top_brand", "top_category")
COUNTED_BY = ("rfm_segment", "r_score", "f_score")


@dataclass(slots=True)
class Tally:
    """Counts what passes by, block by block, and tells how far it is."""

    block_count: int
    report: Reporter
    counts: list[pl.DataFrame] = field(default_factory=list)
    covered: list[pl.DataFrame] = field(default_factory=list)

    def of(self, blocks: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        """The blocks themselves, counted as they pass."""
        for done_count, block in enumerate(blocks, start=1):
            self.counts.append(_counted(block))
            self.covered.append(_covered(block))
            self.report.step("profiles", done_count, self.block_count)
            yield block

    def segment_counts(self) -> pl.DataFrame:
        """rfm_segment, r_score, f_score, customers, amount; by segment and scores."""
        sums = pl.col("customers", "amount").sum()
        return pl.concat(self.counts).group_by(COUNTED_BY).agg(sums).sort(COUNTED_BY)

    def segments(self) -> tuple[tuple[str, int], ...]:
        """(segment, customers), largest first, then by name."""
        found = self.segment_counts().group_by("rfm_segment").agg(pl.col("customers").sum())
        return tuple(found.sort(-pl.col("customers"), "rfm_segment").iter_rows())

    def coverage(self) -> tuple[str, ...]:
        """Of how many buyers an affinity is known; nothing where nobody bought."""
        buyers, *known = pl.concat(self.covered).sum().row(0)
        if not buyers:
            return ()
        shares = (
            f"{name} {count / buyers:.0%}" for name, count in zip(AFFINITIES, known, strict=True)
        )
        return (f"share of buyers with a value: {', '.join(shares)}",)

    @property
    def customer_count(self) -> int:
        return sum(count for _, count in self.segments())


def _covered(block: pl.DataFrame) -> pl.DataFrame:
    return block.select(
        (pl.col("orders_lifetime") > 0).sum().alias("buyers"),
        *(pl.col(name).count() for name in AFFINITIES),
    )


def _counted(block: pl.DataFrame) -> pl.DataFrame:
    named = pl.col("rfm_segment").cast(pl.String).fill_null(NO_SEGMENT)
    counted = block.group_by(named, "r_score", "f_score").agg(
        customers=pl.len().cast(pl.Int64), amount=pl.col("amount_lifetime").sum()
    )
    return counted.with_columns(pl.col("amount").cast(pl.Decimal(38, 2)))


def summary_of(done: ProfilesReport) -> Mapping[str, Any]:
    """The part of a report that the run's row keeps."""
    return {
        "as_of": done.as_of.isoformat(),
        "kept": done.is_kept,
        "customers": done.customer_count,
        "segments": dict(done.segments),
        "notes": list(done.notes),
        "predictions": list(done.predictions),
    }
