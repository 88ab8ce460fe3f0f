"""Scores, group and segment of every customer, and the cut points of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import polars as pl

from enrich.model import Rules
from enrich.profile.rfm import (
    CUT_POINTS,
    Axis,
    ScoreClass,
    added,
    classes_of,
    cut_points,
    frozen_classes,
    histogram,
    percentiles,
    score,
    scored,
)
from enrich.profile.segments import PROSPECTS, SCORES, SegmentTable, segment_frame
from enrich.profile.windows import Window

Key = tuple[str, Axis]
Histograms = dict[Key, pl.DataFrame]
TRIPLES = pl.Enum(["".join(map(str, triple)) for triple in product(SCORES, SCORES, SCORES)])


@dataclass(frozen=True, slots=True)
class Scoring:
    """The classes of every window and axis, and their cut points as a table.

    `percentiles` are the classes from 0 to 100 of the window that makes segments.
    """

    classes: Mapping[Key, tuple[ScoreClass, ...]]
    cut_points: pl.DataFrame
    percentiles: Mapping[Key, tuple[ScoreClass, ...]]


def histograms(values: pl.DataFrame, windows: tuple[Window, ...]) -> Histograms:
    """One histogram per window and axis, of the customers with a purchase in the window."""
    return {
        (window.name, axis): histogram(
            values.lazy().filter(_has_bought(window)).select(rank=axis.rank(window))
        )
        for window in windows
        for axis in Axis
    }


def _has_bought(window: Window) -> pl.Expr:
    return pl.col(f"orders_{window.name}") > 0


def scoring_of(parts: list[Histograms], rules: Rules, frozen: pl.DataFrame | None) -> Scoring:
    """The scoring of all customers from the histograms of their parts.

    With `frozen` cut points (an earlier run's table) the classes stay and only customers move.
    """
    classes: dict[Key, tuple[ScoreClass, ...]] = {}
    finer: dict[Key, tuple[ScoreClass, ...]] = {}
    tables = [CUT_POINTS.to_frame()]
    method = rules.rfm_method if frozen is None else f"{rules.rfm_method}, frozen"
    for window, axis in parts[0]:
        whole = added(part[window, axis] for part in parts)
        found = () if frozen is None else frozen_classes(frozen, window, axis)
        if not found:
            found = classes_of(scored(axis, whole, rules.rfm_method, rules.rfm_thresholds))
        classes[window, axis] = found
        if window == rules.segment_window:
            finer[window, axis] = percentiles(whole)
        tables.append(cut_points(window, axis, whole, found, method))
    return Scoring(classes, pl.concat(tables), finer)


def with_scores(
    values: pl.DataFrame, scoring: Scoring, windows: tuple[Window, ...]
) -> pl.DataFrame:
    """The ranked values with r_W, f_W, m_W and rfm_W; null for who bought nothing in W."""
    scores = [
        pl.when(_has_bought(window))
        .then(score(axis.rank(window), scoring.classes[window.name, axis]))
        .alias(f"{axis[0]}_{window.name}")
        for window in windows
        for axis in Axis
    ]
    return values.with_columns(scores).with_columns(_digits(window.name) for window in windows)


def percentile_columns(
    values: pl.DataFrame, scoring: Scoring, windows: tuple[Window, ...]
) -> list[pl.Series]:
    """r_percentile, f_percentile, m_percentile; null for who bought nothing in the window."""
    by_name = {window.name: window for window in windows}
    return [
        _percentile(values, axis, by_name[name], classes)
        for (name, axis), classes in scoring.percentiles.items()
    ]


def _percentile(
    values: pl.DataFrame, axis: Axis, window: Window, classes: tuple[ScoreClass, ...]
) -> pl.Series:
    """Looked up in the classes, of which there are too many to compare with each."""
    ranks = values.select(pl.when(_has_bought(window)).then(axis.rank(window))).to_series()
    lowest = pl.Series([one.lowest_rank for one in classes], dtype=pl.Int64)
    shares = pl.Series(f"{axis[0]}_percentile", [one.score for one in classes], dtype=pl.Int8)
    places = lowest.search_sorted(ranks, side="right").cast(pl.Int64) - 1
    return shares.gather(pl.select(pl.when(ranks.is_not_null()).then(places)).to_series())


def _digits(window: str) -> pl.Expr:
    r, f, m = (pl.col(f"{letter}_{window}").cast(pl.Int16) - 1 for letter in "rfm")
    return (25 * r + 5 * f + m).cast(pl.UInt8).cat.to(TRIPLES).alias(f"rfm_{window}")


def with_segments(scores: pl.DataFrame, window: str, table: SegmentTable) -> pl.DataFrame:
    """The scores with rfm_group and rfm_segment by those of `window`.

    PROSPECTS for who never bought; null for who bought, but not in the window.
    """
    named = segment_frame(table)
    return scores.with_columns(_named(named[name], window) for name in ("rfm_group", "rfm_segment"))


def _named(names: pl.Series, window: str) -> pl.Expr:
    """The name of each customer's three digits; `names` are in the order of TRIPLES."""
    known = pl.Enum([*names.unique(maintain_order=True), PROSPECTS])
    found = pl.lit(names.cast(known)).gather(pl.col(f"rfm_{window}").to_physical().cast(pl.UInt32))
    never_bought = pl.col("orders_lifetime") == 0
    return pl.when(never_bought).then(pl.lit(PROSPECTS, known)).otherwise(found).alias(names.name)


def notes(cut_points: pl.DataFrame) -> tuple[str, ...]:
    """What a person should know about the classes: a line per axis and reason for empty ones."""
    filled = (
        cut_points.filter(pl.col("note").is_not_null())
        .with_columns(why=pl.col("note").str.split(": ").list.last())
        .group_by("axis", "why", "window", maintain_order=True)
        .agg(classes=(pl.col("customer_count") > 0).sum())
        .group_by("axis", "why", maintain_order=True)
        .agg(where=pl.format("{} in {}", "classes", "window").str.join(", "))
    )
    return tuple(
        f"{axis}: fewer than five classes in use, {why} ({where})"
        for axis, why, where in filled.iter_rows()
    )
