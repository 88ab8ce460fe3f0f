"""Scores from 1 to 5 on three axes, and the cut points that gave them.

Everything is computed from histograms of whole numbers: how many customers have which value. They
are exact, small, and can be added up over parts of the customers. A value is ranked by a number
that is better the larger it is (days since the last purchase change sign).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import polars as pl

from enrich.profile.windows import Window

CLASS_COUNT = 5
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

    @property
    def sign(self) -> int:
        """What turns a value into a rank and back: fewer days are better."""
        return -1 if self is Axis.RECENCY else 1

    def rank(self, window: Window) -> pl.Expr:
        """The rank of a customer in the window, from the ranked values; larger is better."""
        return self.sign * pl.col(f"{_MEASURES[self]}_{window.name}").cast(pl.Int64)


_MEASURES = {Axis.RECENCY: "days", Axis.FREQUENCY: "orders", Axis.MONETARY: "amount_cents"}
UNITS = {Axis.RECENCY: "days", Axis.FREQUENCY: "purchases", Axis.MONETARY: "cents"}


@dataclass(frozen=True, slots=True)
class ScoreClass:
    """Customers of this rank and more have the score, until the next class begins."""

    lowest_rank: int
    score: int


def histogram(ranks: pl.LazyFrame) -> pl.DataFrame:
    """rank, customers: how many of the rows of `rank` have each, worst first."""
    return ranks.group_by("rank").agg(customers=pl.len().cast(pl.Int64)).sort("rank").collect()


def added(histograms: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """One histogram of several groups of customers."""
    first, *others = histograms
    if not others:
        return first
    return pl.concat([first, *others]).group_by("rank").agg(pl.col("customers").sum()).sort("rank")


def scored(
    axis: Axis, group: pl.DataFrame, method: str, thresholds: Mapping[str, tuple[int, ...]]
) -> pl.DataFrame:
    """The histogram with the `score` of every rank, by the store's method."""
    if method == "thresholds":
        score = _by_thresholds(axis, thresholds[axis])
    elif method == "icomm" and axis is Axis.FREQUENCY:
        score = _by_steps()
    else:
        score = _by_fifths()
    return group.with_columns(score=score.cast(pl.Int8))


def _by_fifths() -> pl.Expr:
    """1 + 5 * (2 * worse + equal) // (2 * n): equal values share a score, all equal is 3."""
    equal = pl.col("customers")
    worse = equal.cum_sum() - equal
    return 1 + CLASS_COUNT * (2 * worse + equal) // (2 * equal.sum())


def _by_steps() -> pl.Expr:
    """1 for one purchase; repeat buyers climb from 2, one step at most from count to count.

    A step at most: the least of what every lower count reached, plus the steps since then.
    """
    is_repeat = pl.col("rank") > 1
    buyers = pl.when(is_repeat).then("customers").otherwise(0)
    fewer, step = buyers.cum_sum() - buyers, is_repeat.cast(pl.Int64).cum_sum()
    reached = 2 + 4 * fewer // pl.max_horizontal(buyers.sum(), 1)
    return pl.when(is_repeat).then((reached - step).cum_min() + step).otherwise(1)


def _by_thresholds(axis: Axis, thresholds: tuple[int, ...]) -> pl.Expr:
    """The shop's own edges: days at most, or purchases and cents at least, per class."""
    return 1 + pl.sum_horizontal(pl.col("rank") >= axis.sign * edge for edge in thresholds)


def percentiles(group: pl.DataFrame) -> tuple[ScoreClass, ...]:
    """Classes from 0 to 100: the share of customers who are worse, equal ones counted half."""
    equal = pl.col("customers")
    share = 100 * (2 * equal.cum_sum() - equal) // (2 * equal.sum())
    return classes_of(group.with_columns(score=share))


def classes_of(group: pl.DataFrame) -> tuple[ScoreClass, ...]:
    """The classes that scored ranks make up, worst first."""
    firsts = group.filter(pl.col("score").ne_missing(pl.col("score").shift(1)))
    return tuple(ScoreClass(*row) for row in firsts.select("rank", "score").iter_rows())


def score(rank: pl.Expr, classes: tuple[ScoreClass, ...]) -> pl.Expr:
    """The score of each rank; what lies below the lowest class belongs to it. Null without any."""
    found = pl.lit(classes[0].score if classes else None, pl.Int8)
    for one in classes[1:]:
        found = pl.when(rank >= one.lowest_rank).then(pl.lit(one.score, pl.Int8)).otherwise(found)
    return found


def frozen_classes(cut_points: pl.DataFrame, window: str, axis: Axis) -> tuple[ScoreClass, ...]:
    """The classes that an earlier run's cut points describe."""
    rows = cut_points.filter(
        (pl.col("window") == window) & (pl.col("axis") == axis) & pl.col("lowest").is_not_null()
    ).sort("score")
    edge = "highest" if axis is Axis.RECENCY else "lowest"
    return tuple(ScoreClass(axis.sign * v, s) for v, s in rows.select(edge, "score").iter_rows())


def cut_points(
    window: str, axis: Axis, group: pl.DataFrame, classes: tuple[ScoreClass, ...], method: str
) -> pl.DataFrame:
    """A row of CUT_POINTS per score from 1 to 5: the lowest and highest value, the customers.

    Values are days, purchases or cents; null and 0 customers for an empty class.
    """
    value = axis.sign * pl.col("rank")
    found = (
        group.group_by(score=score(pl.col("rank"), classes))
        .agg(lowest=value.min(), highest=value.max(), customer_count=pl.col("customers").sum())
        .drop_nulls("score")
    )
    all_scores = pl.Series("score", range(1, CLASS_COUNT + 1), dtype=pl.Int8).to_frame()
    return (
        all_scores.join(found, on="score", how="left", maintain_order="left")
        .with_columns(
            pl.col("customer_count").fill_null(0),
            window=pl.lit(window),
            axis=pl.lit(str(axis)),
            unit=pl.lit(UNITS[axis]),
            method=pl.lit(method),
            population=pl.lit(group["customers"].sum()),
            note=pl.lit(_note(axis, method, found.height, group.height)),
        )
        .select(pl.col(name).cast(dtype) for name, dtype in CUT_POINTS.items())
    )


def _note(axis: Axis, method: str, used: int, distinct: int) -> str | None:
    if used == CLASS_COUNT or distinct == 0:
        return None
    why = _why_empty(method, distinct)
    return f"{used} of {CLASS_COUNT} {axis} classes are in use: {why}"


def _why_empty(method: str, distinct: int) -> str:
    """Why somebody's class has nobody in it."""
    if method.endswith("frozen"):
        return "the cut points of the period leave them empty"
    if method == "thresholds":
        return "the shop's own cut points leave them empty"
    if distinct < CLASS_COUNT:
        return "there are fewer than five distinct values"
    return "equal values share a class, and many customers have the same"
