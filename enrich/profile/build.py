"""From typed frames and a day to one profile per customer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date

import polars as pl

from enrich.model import Rules
from enrich.profile.catalogue import fields
from enrich.profile.contracts import ProfileInputs, checked, is_coded, no_history
from enrich.profile.field import ProfileField
from enrich.profile.measures import (
    DIMENSIONS,
    Bought,
    Dimension,
    Sold,
    Standings,
    bought_until,
    dimension_lists,
    items,
    number_columns,
    purchase_columns,
    purchase_stems,
    sold,
    standings,
)
from enrich.profile.scoring import (
    Histograms,
    Scoring,
    histograms,
    score_columns,
    scoring_of,
    segment_columns,
)
from enrich.profile.segments import SEGMENTS, SegmentRow
from enrich.profile.windows import windows


@dataclass(frozen=True, slots=True)
class ProfileResult:
    """One row per customer (FIELDS), the run's cut points (CUT_POINTS), and lines for a person."""

    profiles: pl.DataFrame
    cut_points: pl.DataFrame
    notes: tuple[str, ...]


def build_profiles(
    inputs: ProfileInputs,
    as_of: date,
    rules: Rules,
    history: pl.DataFrame | None = None,
    *,
    frozen_cut_points: pl.DataFrame | None = None,
    segments: tuple[SegmentRow, ...] = SEGMENTS,
) -> ProfileResult:
    """One profile per customer for the day, in the order of customer_key, with the cut points.

    `history` is each customer's segment before the day (contracts.HISTORY). List columns and texts
    of a small vocabulary are held as Enum. Raises Stop when an input breaks its contract.
    """
    ranked = rank(checked(inputs), as_of, rules)
    scoring = scoring_of([ranked.histograms], rules, frozen_cut_points)
    profiles = finish(ranked, scoring, as_of, rules, history, segments)
    return ProfileResult(profiles, scoring.cut_points, notes(scoring.cut_points))


@dataclass(frozen=True, slots=True)
class Ranked:
    """Customers and what they are ranked by: all that one part tells the cut points of all."""

    inputs: ProfileInputs
    bought: Bought
    standings: Standings
    histograms: Histograms


def rank(inputs: ProfileInputs, as_of: date, rules: Rules) -> Ranked:
    """What only the purchases of these customers decide; lines and codes may still be missing."""
    wide = windows(rules.beyond_360)
    bought = bought_until(inputs, as_of)
    ranks = standings(bought, wide)
    return Ranked(inputs, bought, ranks, histograms(ranks, wide))


def finish(
    ranked: Ranked,
    scoring: Scoring,
    as_of: date,
    rules: Rules,
    history: pl.DataFrame | None,
    segments: tuple[SegmentRow, ...],
) -> pl.DataFrame:
    """The profiles of one part of the customers, scored by the cut points of all."""
    wide = windows(rules.beyond_360)
    lines = sold(ranked.inputs.lines, ranked.bought)
    columns = number_columns(ranked.standings, items(ranked.bought, lines, wide))
    columns |= purchase_columns(ranked.bought, as_of)
    columns |= score_columns(ranked.standings, scoring, wide)
    columns |= segment_columns(columns, rules.segment_window, segments)
    columns |= _all_lists(ranked, lines, rules)
    customers = ranked.inputs.customers
    frame = customers.hstack([series.alias(name) for name, series in columns.items()])
    return _selected(_with_history(frame, history, as_of), fields(as_of, rules))


def _all_lists(ranked: Ranked, lines: Sold, rules: Rules) -> dict[str, pl.Series]:
    """Every list column; the dimensions do not depend on one another, so two are made at once."""
    wide = windows(rules.beyond_360)
    codes = sold(ranked.inputs.promo_codes, ranked.bought)
    words = purchase_stems(ranked.bought)
    details = {
        "lines": (lines, words[lines.purchase]),
        "promo_codes": (codes, words[codes.purchase]),
    }
    count = ranked.bought.customer_count

    def lists(dimension: Dimension) -> dict[str, pl.Series]:
        return dimension_lists(dimension, *details[dimension.table], wide, count)

    with ThreadPoolExecutor(2) as pool:
        parts = pool.map(lists, DIMENSIONS)
        return {name: series for part in parts for name, series in part.items()}


def _with_history(frame: pl.DataFrame, history: pl.DataFrame | None, as_of: date) -> pl.DataFrame:
    before = (no_history() if history is None else history).select(
        "customer_key",
        segment_before="rfm_segment",
        previous_before="previous_rfm_segment",
        changed_before="rfm_segment_changed_on",
    )
    joined = frame.join(before, on="customer_key", how="left", maintain_order="left")
    return joined.with_columns(as_of=pl.lit(as_of))


def _selected(frame: pl.DataFrame, wanted: tuple[ProfileField, ...]) -> pl.DataFrame:
    made = frame.select(field.expression.alias(field.name) for field in wanted)
    return made.with_columns(
        pl.col(field.name).cast(field.dtype) for field in wanted if not is_coded(made[field.name])
    )


def notes(cut_points: pl.DataFrame) -> tuple[str, ...]:
    """What a person should know about the classes: one line per axis that leaves some empty."""
    filled = (
        cut_points.filter(pl.col("note").is_not_null())
        .group_by("axis", "window", maintain_order=True)
        .agg(classes=(pl.col("customer_count") > 0).sum())
        .group_by("axis", maintain_order=True)
        .agg(where=pl.format("{} in {}", "classes", "window").str.join(", "))
    )
    return tuple(
        f"{axis}: fewer than five classes for want of distinct values ({where})"
        for axis, where in filled.iter_rows()
    )
