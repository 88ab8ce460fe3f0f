"""Running experiments as frames: who is held out, and the lift from day to day."""

from __future__ import annotations

from datetime import date

import polars as pl

from enrich.audiences.lift import MIN_PEOPLE
from enrich.audiences.measuring import MeasuredLift, lift_so_far
from enrich.warehouse import Audiences

FEW = 5
EXPERIMENTS = {
    "audience": pl.String,
    "since_on": pl.Date,
    "treated_count": pl.Int64,
    "control_count": pl.Int64,
    "buyer_count": pl.Int64,
    "too_small": pl.String,
}
LIFT = {
    "audience": pl.String,
    "to_on": pl.Date,
    "metric": pl.String,
    **dict.fromkeys(("treated", "control", "difference", "low", "high"), pl.Float64),
    "smallest_found": pl.Float64,
    "conclusion": pl.String,
}


def experiments_of(held: Audiences, store: str, last: date) -> dict[str, pl.DataFrame]:
    """`experiments`: a row per audience that holds people out (EXPERIMENTS); `lift`: its rows per
    day and metric (LIFT), where there are enough people to conclude something.

    `too_small` is `not_begun`, `few_people`, `few_buyers` or null; counts of 1 to 4 are null.
    """
    every = {name: lift_so_far(held, store, name, last) for name in held.running(store)}
    rows = [_experiment(held, store, name, found) for name, found in every.items()]
    lifts = [row for found in every.values() for one in found for row in _lifts(one)]
    return {
        "experiments": pl.DataFrame(rows, EXPERIMENTS, orient="row"),
        "lift": pl.DataFrame(lifts, LIFT, orient="row"),
    }


def _experiment(
    held: Audiences, store: str, name: str, found: list[MeasuredLift]
) -> tuple[object, ...]:
    if not found:
        return (name, held.arms(store, name)["since_on"].min(), None, None, None, "not_begun")
    last = found[-1].found
    counts = last.treated_count, last.control_count, last.buyer_count
    few = "few_people" if min(counts[:2]) < MIN_PEOPLE else "few_buyers"
    shown = [None if 0 < count < FEW else count for count in counts]
    return (name, found[-1].from_on, *shown, few if last.too_small else None)


def _lifts(one: MeasuredLift) -> list[tuple[object, ...]]:
    if one.found.too_small:
        return []
    return [
        (
            one.audience,
            one.to_on,
            each.metric,
            each.treated,
            each.control,
            each.difference,
            each.low,
            each.high,
            each.smallest_found,
            each.conclusion,
        )
        for each in one.found.differences
    ]
