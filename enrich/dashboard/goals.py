"""What a shop wants to reach, beside what it reached so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

GOALS = {
    "goal": pl.String,
    "figure": pl.String,
    "period": pl.String,
    "target": pl.Float64,
    "reached": pl.Float64,
    "reached_percent": pl.Float64,
    "elapsed_percent": pl.Float64,
}
_COLUMNS = {"amount": "amount_cents", "average": "average_cents"}


@dataclass(frozen=True, slots=True)
class Goal:
    """`target` of a figure in each calendar month, quarter or year; money in currency units."""

    figure: str
    target: float
    period: str = "month"


def progress(goals: Mapping[str, Goal], to_date: pl.DataFrame) -> pl.DataFrame:
    """A row per goal (GOALS) from the figures of each period so far; null where they are."""
    by_unit = {row["unit"]: row for row in to_date.iter_rows(named=True)}
    rows = []
    for name, goal in goals.items():
        found = by_unit[goal.period]
        column = _COLUMNS.get(goal.figure, goal.figure)
        value = found[column]
        reached = None if value is None else value / 100 if column in _COLUMNS.values() else value
        share = None if reached is None else round(100 * reached / goal.target, 1)
        elapsed = found["elapsed_percent"]
        rows.append((name, goal.figure, goal.period, goal.target, reached, share, elapsed))
    return pl.DataFrame(rows, GOALS, orient="row")
