"""What an audience brought: both arms compared by what everybody assigned to them bought.

Reached or not, whoever was assigned counts in that arm (intention to treat). The interval is that
of the randomisation test: the arms are redrawn by chance as often as `DRAWS` says, and the interval
holds every difference, the same for everybody, that such a draw does not make unlikely. It is exact
when there is no effect, whatever the amounts look like.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
METRICS = ("conversion", "purchases", "amount")
"""Share of people who bought, purchases a head, net amount a head in currency units."""
CONFIDENCE, POWER = 0.95, 0.8
DRAWS = 1_999
MIN_PEOPLE, MIN_BUYERS = 100, 30
"""With fewer people in an arm, or buyers in both, nothing is concluded."""
_NORMAL = 1.959964 + 0.841621
"""The two quantiles of CONFIDENCE and POWER."""
_STEP = 2_000_000
_CHANCE_STEPS = 2**16


@dataclass(frozen=True, slots=True)
class Difference:
    """One metric a head in both arms; `low` to `high` is the interval of treated less control.

    `smallest_found` is the difference that these people show with a chance of POWER; NaN where an
    arm is empty. Interval and conclusion are None where they are too few.
    """

    metric: str
    treated: float
    control: float
    difference: float
    low: float | None
    high: float | None
    smallest_found: float
    conclusion: str | None


@dataclass(frozen=True, slots=True)
class Lift:
    """The comparison of two arms; `too_small` says why nothing is concluded."""

    treated_count: int
    control_count: int
    buyer_count: int
    differences: tuple[Difference, ...]
    too_small: str | None


def lift(
    purchases: Floats,
    amounts: Floats,
    is_control: NDArray[np.bool_],
    random: np.random.Generator,
    draws: int = DRAWS,
) -> Lift:
    """Both arms compared; one value per person, 0 for who bought nothing."""
    values = np.column_stack([purchases > 0, purchases, amounts]).astype(np.float64)
    control, people = int(is_control.sum()), len(is_control)
    buyers = int((purchases > 0).sum())
    reason = _too_small(people - control, control, buyers)
    treated_means = _means(values[~is_control])
    control_means = _means(values[is_control])
    differences = treated_means - control_means
    intervals = (
        np.full((2, len(METRICS)), np.nan)
        if reason
        else _intervals(values, is_control, differences, random, draws)
    )
    found = smallest_found(values, people - control, control)
    figures = np.stack([treated_means, control_means, differences, *intervals, found], axis=1)
    rows = tuple(_row(*one, reason) for one in zip(METRICS, figures, strict=True))
    return Lift(people - control, control, buyers, rows, reason)


def smallest_found(values: Floats, treated: int, control: int) -> Floats:
    """The difference per metric that arms of these sizes show with a chance of POWER.

    `values`: one row per person, a column per metric, as in the past.
    """
    if min(treated, control, len(values)) == 0:
        return np.full(values.shape[1], np.nan)
    spread: Floats = _NORMAL * values.std(axis=0) * np.sqrt(1 / treated + 1 / control)
    return spread


def _too_small(treated: int, control: int, buyers: int) -> str | None:
    if min(treated, control) < MIN_PEOPLE:
        return f"an arm has fewer than {MIN_PEOPLE} people"
    return f"fewer than {MIN_BUYERS} people bought" if buyers < MIN_BUYERS else None


def _means(values: Floats) -> Floats:
    found: Floats = values.mean(axis=0) if len(values) else np.zeros(values.shape[1])
    return found


def _intervals(
    values: Floats,
    is_control: NDArray[np.bool_],
    differences: Floats,
    random: np.random.Generator,
    draws: int,
) -> Floats:
    """The limits per metric: rows low and high.

    A difference of `shift` for everybody is not unlikely when, with it taken from the treated, the
    difference found is not far out among those of redrawn arms. Both are linear in `shift`, so each
    draw has one shift where they are equal, and the limits are quantiles of these.
    """
    drawn, treated_share = _redrawn(values, is_control, random, draws)
    shifts = (differences - drawn) / (1 - treated_share[:, None])
    tail = (1 - CONFIDENCE) / 2
    limits: Floats = np.quantile(shifts, [tail, 1 - tail], axis=0)
    return limits


def _redrawn(
    values: Floats, is_control: NDArray[np.bool_], random: np.random.Generator, draws: int
) -> tuple[Floats, Floats]:
    """Per draw: the differences of redrawn arms, and that of the share who were treated.

    Everybody is drawn by the same chance, as the arms were. Whose values are 0 only counts.
    """
    is_buyer = values.any(axis=1)
    parts = np.column_stack([values, np.ones(len(values)), ~is_control]).astype(np.float64)
    chance = float(is_control.mean())
    sums = _sums_of_draws(random, parts[is_buyer], chance, draws)
    for is_counted, columns in ((~is_control, [-2, -1]), (is_control, [-2])):
        others = random.binomial(int((is_counted & ~is_buyer).sum()), chance, draws)
        sums[:, columns] += others[:, None]
    totals = parts.sum(axis=0)
    in_control = np.maximum(sums[:, -2:-1], 1)
    in_treated = np.maximum(totals[-2] - sums[:, -2:-1], 1)
    differences = (totals - sums) / in_treated - sums / in_control
    return differences[:, : len(METRICS)], differences[:, -1]


def _sums_of_draws(random: np.random.Generator, parts: Floats, chance: float, draws: int) -> Floats:
    """The sums over who is drawn, a row per draw; as many draws at once as memory bears."""
    limit = round(chance * _CHANCE_STEPS)
    rows = max(1, _STEP // max(len(parts), 1))
    blocks = [
        (random.integers(0, _CHANCE_STEPS, (count, len(parts)), np.uint16) < limit) @ parts
        for count in [*[rows] * (draws // rows), draws % rows]
        if count
    ]
    sums: Floats = np.concatenate(blocks)
    return sums


def _row(metric: str, figures: Floats, reason: str | None) -> Difference:
    """`figures`: treated, control, difference, low, high, smallest found."""
    treated, control, difference, low, high, found = map(float, figures)
    if reason is not None:
        return Difference(metric, treated, control, difference, None, None, found, None)
    conclusion = "more" if low > 0 else "less" if high < 0 else "no difference shown"
    return Difference(metric, treated, control, difference, low, high, found, conclusion)
