"""Lift of one audience from the warehouse: what each arm bought, and what a test could find."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from enrich.audiences.lift import DRAWS, METRICS, Floats, Lift, lift, smallest_found
from enrich.errors import BadSettings
from enrich.warehouse import Audiences

if TYPE_CHECKING:
    from enrich.audiences.run import Look

SEED = 20
"""The same people give the same interval."""
POINTS = 12
PLANNED_DAYS = 30
PLANNED_SHARE = 0.1
"""What is taken for `hold_out` where none is set."""


@dataclass(frozen=True, slots=True)
class MeasuredLift:
    """The lift of an audience from one day to another; `mixed_count` people were of both arms.

    They are in neither: two customers of different arms who turned out to be one.
    """

    audience: str
    from_on: date
    to_on: date
    mixed_count: int
    found: Lift

    def as_json(self) -> dict[str, Any]:
        """What `--json` prints; amounts in currency units, what is not known null."""
        document = {**asdict(self), **asdict(self.found)}
        del document["found"]
        for one in document["differences"]:
            if math.isnan(one["smallest_found"]):
                one["smallest_found"] = None
        return document


def measure(
    held: Audiences,
    store: str,
    name: str,
    from_on: date | None,
    to_on: date | None,
    last: date,
    draws: int = DRAWS,
) -> MeasuredLift:
    """What both arms bought from the day of each assignment, or `from_on`, to `to_on`.

    By default from the first assignment to `last`, the newest whole day. Raises BadSettings when
    nobody is assigned or the days are not in order.
    """
    since = _since(held, store, name)
    if since is None:
        raise BadSettings(
            f"audience {name} has no control group: set hold_out, then `enrich profiles` draws it"
        )
    first, until = from_on or since, to_on or last
    if not since <= until <= last or first > until:
        raise BadSettings(
            f"audience {name} can be measured from {since} to {last}, not from {first} to {until}"
        )
    people = held.purchases_of_assigned(store, name, first, until)
    pure = people.filter(~pl.col("is_mixed"))
    is_control = (pure["arm"] == "control").to_numpy()
    values = _values(pure)
    found = lift(values[:, 1], values[:, 2], is_control, np.random.default_rng(SEED), draws)
    return MeasuredLift(name, first, until, people.height - pure.height, found)


def running_lifts(held: Audiences, store: str, last: date) -> tuple[MeasuredLift, ...]:
    """The lift of each audience that holds people out, from its first assignment to `last`."""
    since = {name: _since(held, store, name) for name in held.running(store)}
    begun = [name for name, day in since.items() if day is not None and day <= last]
    return tuple(measure(held, store, name, None, None, last) for name in begun)


def _since(held: Audiences, store: str, name: str) -> date | None:
    """The first day whose purchases count; None where nobody is assigned."""
    since = held.arms(store, name)["since_on"].min()
    return since if isinstance(since, date) else None


def lift_so_far(held: Audiences, store: str, name: str, last: date) -> list[MeasuredLift]:
    """The lift of an audience from its first assignment to some days up to `last`, ascending.

    The interval of `last` is that of `measure`, those of the days before are of fewer draws. Empty
    where nobody was assigned by then.
    """
    since = _since(held, store, name)
    if since is None or since > last:
        return []
    days = (last - since).days
    wanted = sorted({days * point // POINTS for point in range(1, POINTS + 1)})
    return [
        measure(
            held, store, name, None, since + timedelta(day), last, DRAWS if day == days else 499
        )
        for day in wanted
    ]


@dataclass(frozen=True, slots=True)
class PossibleTest:
    """The smallest differences that a test of `days` finds, with the chance that lift.py says.

    `metrics`: (metric, what was a head in the past, the smallest difference); empty where the
    audience had nobody `days` ago or an arm would be empty, so that nothing is known.
    """

    treated_count: int
    control_count: int
    days: int
    metrics: tuple[tuple[str, float, float], ...]


def plan(held: Audiences, store: str, look: Look) -> PossibleTest:
    """What a test of the people who may be reached today could find."""
    counts = look.counts
    reached = sum(counts.get(one, (0, 0.0))[0] for one in ("member", "held_out", "unassigned"))
    control = round(reached * (look.audience.hold_out or PLANNED_SHARE))
    name = look.audience.name
    past = _values(held.purchases_of_members(store, name, look.as_of, PLANNED_DAYS))
    found = smallest_found(past, reached - control, control)
    known = len(past) and min(reached - control, control)
    rows = zip(METRICS, past.mean(axis=0), found, strict=True) if known else ()
    metrics = tuple((metric, float(a_head), float(least)) for metric, a_head, least in rows)
    return PossibleTest(reached - control, control, PLANNED_DAYS, metrics)


def _values(people: pl.DataFrame) -> Floats:
    """A row per person: bought, purchases, amount in currency units."""
    purchases = people["purchases"].to_numpy().astype(np.float64)
    amounts = people["amount_cents"].to_numpy() / 100
    return np.column_stack([purchases > 0, purchases, amounts])
