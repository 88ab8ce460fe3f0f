"""Scores from 1 to 5 on three axes, and the cut points that gave them.

Everything is computed from histograms of whole numbers: how many customers have which value. They
are exact, small, and can be added up over partitions of the customers. A value is turned into a
standing that is better the larger it is (days since the last purchase change sign).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import polars as pl

from enrich.profile.arrays import Integers, Mask, Scores

CLASS_COUNT = 5
_NARROW_FACTOR = 4  # up to this many slots a customer
CUT_POINTS = pl.Schema(
    {
        "window": pl.String,
        "axis": pl.String,
        "score": pl.Int8,
        "lowest": pl.Int64,
        "highest": pl.Int64,
        "customer_count": pl.Int64,
        "unit": pl.String,
        "method": pl.String,
        "population": pl.Int64,
        "note": pl.String,
    }
)


class Axis(StrEnum):
    """What is scored."""

    RECENCY = "recency"
    FREQUENCY = "frequency"
    MONETARY = "monetary"


UNITS = {Axis.RECENCY: "days", Axis.FREQUENCY: "purchases", Axis.MONETARY: "cents"}


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many customers have each standing; standings ascend from worst to best."""

    standings: Integers
    counts: Integers

    @property
    def population(self) -> int:
        return int(self.counts.sum())


@dataclass(frozen=True, slots=True)
class Classes:
    """The lowest standing of each class that is not empty, ascending, and its score."""

    edges: Integers
    scores: Scores


def standing(axis: Axis, values: Integers) -> Integers:
    """The values turned so that larger is better."""
    return -values if axis is Axis.RECENCY else values


def histogram(standings: Integers) -> Histogram:
    """The histogram of one standing per customer."""
    if len(standings) and np.ptp(standings) < _NARROW_FACTOR * len(standings):
        return _histogram_by_table(standings)
    ordered = np.sort(standings)
    starts = np.flatnonzero(np.diff(ordered, prepend=ordered[:1] - 1))
    return Histogram(ordered[starts], np.diff(starts, append=len(ordered)))


def _histogram_by_table(standings: Integers) -> Histogram:
    """Days and counts lie close together: counting into a table beats sorting."""
    lowest = standings.min()
    counts = np.bincount(standings - lowest)
    distinct = np.flatnonzero(counts)
    return Histogram(distinct + lowest, counts[distinct])


def added(histograms: Iterable[Histogram]) -> Histogram:
    """One histogram of several groups of customers."""
    parts = list(histograms)
    if len(parts) == 1:
        return parts[0]
    standings = np.concatenate([part.standings for part in parts])
    counts = np.concatenate([part.counts for part in parts])
    distinct, where = np.unique(standings, return_inverse=True)
    return Histogram(distinct, np.bincount(where, weights=counts).astype(np.int64))


def scores_of(
    axis: Axis, group: Histogram, method: str, thresholds: Mapping[str, tuple[int, ...]]
) -> Scores:
    """The score of every standing of the histogram, by the store's method."""
    if method == "thresholds":
        return _by_thresholds(axis, group, thresholds[axis])
    if method == "icomm" and axis is Axis.FREQUENCY:
        return _frequency_classes(group)
    return _fifths(group)


def _fifths(group: Histogram) -> Scores:
    """1 + 5 * (2 * worse + equal) // (2 * n): equal values share a score, all equal is 3."""
    worse = np.cumsum(group.counts) - group.counts
    n = max(group.population, 1)
    return (1 + CLASS_COUNT * (2 * worse + group.counts) // (2 * n)).astype(np.int8)


def _frequency_classes(group: Histogram) -> Scores:
    """1 for one purchase; repeat buyers climb from 2, one step at most from count to count."""
    is_repeat = group.standings > 1
    counts = group.counts[is_repeat]
    n = max(int(counts.sum()), 1)
    reached = 2 + 4 * (np.cumsum(counts) - counts) // n
    scores = np.ones(len(group.standings), dtype=np.int8)
    scores[is_repeat] = _one_step_at_most(reached)
    return scores


def _one_step_at_most(reached: Integers) -> list[int]:
    steps: list[int] = []
    for score in reached.tolist():
        steps.append(2 if not steps else min(steps[-1] + 1, score))
    return steps


def _by_thresholds(axis: Axis, group: Histogram, thresholds: tuple[int, ...]) -> Scores:
    """The shop's own edges: days at most, or purchases and cents at least, per class."""
    edges = np.sort(standing(axis, np.array(thresholds, dtype=np.int64)))
    return (1 + np.searchsorted(edges, group.standings, side="right")).astype(np.int8)


def classes_of(group: Histogram, scores: Scores) -> Classes:
    """The classes that the scored standings make up."""
    starts = np.flatnonzero(np.diff(scores, prepend=np.int8(0)))
    return Classes(group.standings[starts], scores[starts])


def score(standings: Integers, classes: Classes) -> Scores:
    """The score of each standing; what lies below the lowest class belongs to it."""
    place = np.zeros(len(standings), dtype=np.int8)
    for edge in classes.edges[1:]:
        place += standings >= edge
    return classes.scores.take(place) if len(classes.edges) else place


def frozen_classes(cut_points: pl.DataFrame, window: str, axis: Axis) -> Classes:
    """The classes that an earlier run's cut points describe."""
    rows = cut_points.filter(
        (pl.col("window") == window) & (pl.col("axis") == axis) & pl.col("lowest").is_not_null()
    ).sort("score")
    edge = "highest" if axis is Axis.RECENCY else "lowest"
    edges = standing(axis, rows[edge].to_numpy().astype(np.int64))
    return Classes(edges, rows["score"].to_numpy().astype(np.int8))


def cut_points(
    window: str, axis: Axis, group: Histogram, classes: Classes, method: str
) -> list[tuple[object, ...]]:
    """A row of CUT_POINTS per score from 1 to 5: the lowest and highest value, the customers.

    Values are days, purchases or cents; null and 0 customers for an empty class.
    """
    scores = score(group.standings, classes)
    told = (UNITS[axis], method, group.population, _note(axis, scores))
    return [
        (window, str(axis), s, *_range(axis, group, scores == s), *told)
        for s in range(1, CLASS_COUNT + 1)
    ]


def _range(axis: Axis, group: Histogram, inside: Mask) -> tuple[int | None, int | None, int]:
    if not inside.any():
        return None, None, 0
    values = standing(axis, group.standings[inside])
    return int(values.min()), int(values.max()), int(group.counts[inside].sum())


def _note(axis: Axis, scores: Scores) -> str | None:
    filled = np.count_nonzero(np.bincount(scores))
    if filled == CLASS_COUNT or len(scores) == 0:
        return None
    return f"{filled} of {CLASS_COUNT} {axis} classes are in use: {len(scores)} distinct values"
