"""Scores, group and segment of every customer, and the cut points of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
import polars as pl

from enrich.model import Rules
from enrich.profile.arrays import Mask, Scores, nullable
from enrich.profile.cells import Standings, in_window
from enrich.profile.rfm import (
    CUT_POINTS,
    Axis,
    Classes,
    Histogram,
    added,
    classes_of,
    cut_points,
    frozen_classes,
    histogram,
    score,
    scores_of,
    standing,
)
from enrich.profile.segments import PROSPECTS, SCORES, SegmentTable, segment_frame
from enrich.profile.windows import Window
from enrich.threads import each

Key = tuple[str, Axis]
Histograms = dict[Key, Histogram]
TRIPLES = pl.Enum(["".join(map(str, triple)) for triple in product(SCORES, SCORES, SCORES)])


@dataclass(frozen=True, slots=True)
class Scoring:
    """The classes of every window and axis, and their cut points as a table."""

    classes: Mapping[Key, Classes]
    cut_points: pl.DataFrame


def histograms(standings: Standings, windows: tuple[Window, ...]) -> Histograms:
    """One histogram per window and axis, of the customers with a purchase in the window."""
    found: Histograms = {}
    for of_window in each(lambda window: _histograms(standings, window), windows):
        found |= of_window
    return found


def _histograms(standings: Standings, window: Window) -> Histograms:
    buyers = np.flatnonzero(in_window(standings.orders, window))
    return {
        (window.name, axis): histogram(standing(axis, standings.values(axis, window).take(buyers)))
        for axis in Axis
    }


def scoring_of(parts: list[Histograms], rules: Rules, frozen: pl.DataFrame | None) -> Scoring:
    """The scoring of all customers from the histograms of their parts.

    With `frozen` cut points (an earlier run's table) the yardstick stays and only customers move.
    """
    classes: dict[Key, Classes] = {}
    rows: list[tuple[object, ...]] = []
    for window, axis in parts[0]:
        whole = added(part[window, axis] for part in parts)
        found = _classes(window, axis, whole, rules, frozen)
        method = rules.rfm_method if frozen is None else f"{rules.rfm_method}, frozen"
        classes[window, axis] = found
        rows += cut_points(window, axis, whole, found, method)
    return Scoring(classes, pl.DataFrame(rows, schema=CUT_POINTS, orient="row"))


def _classes(
    window: str, axis: Axis, whole: Histogram, rules: Rules, frozen: pl.DataFrame | None
) -> Classes:
    if frozen is not None:
        kept = frozen_classes(frozen, window, axis)
        if len(kept.edges):
            return kept
    return classes_of(whole, scores_of(axis, whole, rules.rfm_method, rules.rfm_thresholds))


def score_columns(
    standings: Standings, scoring: Scoring, windows: tuple[Window, ...]
) -> dict[str, pl.Series]:
    """r_W, f_W, m_W and the three digits rfm_W; null for who bought nothing in W."""
    columns: dict[str, pl.Series] = {}
    for window in windows:
        has = in_window(standings.orders, window) > 0
        digits = [
            score(
                standing(axis, standings.values(axis, window)), scoring.classes[window.name, axis]
            )
            for axis in Axis
        ]
        for letter, values in zip("rfm", digits, strict=True):
            columns[f"{letter}_{window.name}"] = nullable(values, has)
        columns[f"rfm_{window.name}"] = _triples(digits[0], digits[1], digits[2], has)
    return columns


def _triples(recency: Scores, frequency: Scores, monetary: Scores, has: Mask) -> pl.Series:
    place = (recency - 1).astype(np.uint8) * 25 + (frequency - 1) * 5 + (monetary - 1)
    return nullable(place.astype(np.uint8), has).cat.to(TRIPLES)


def segment_columns(
    columns: Mapping[str, pl.Series], window: str, table: SegmentTable
) -> dict[str, pl.Series]:
    """rfm_group and rfm_segment by the scores of `window`.

    PROSPECTS for who never bought; null for who bought, but not in the window.
    """
    spelled = segment_frame(table)
    place = columns[f"rfm_{window}"].to_physical().cast(pl.UInt32)
    never_bought = columns["orders_lifetime"] == 0
    found = {}
    for name in ("rfm_group", "rfm_segment"):
        names = pl.Enum([*spelled[name].unique(maintain_order=True), PROSPECTS])
        by_triple = spelled[name].cast(names).gather(place)
        prospects = pl.Series([PROSPECTS], dtype=names)
        found[name] = prospects.zip_with(never_bought, by_triple).alias(name)
    return found
