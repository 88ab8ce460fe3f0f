"""The profile of a shop in parts of its customers, so that memory depends on the largest part.

Parts share nothing but the cut points, and those come from histograms that add up exactly; so any
number of parts gives the same profiles. Each part's purchases are asked for twice: once to rank,
once to finish.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import Protocol

import polars as pl

from enrich.model import Rules
from enrich.profile.build import finish, rank
from enrich.profile.contracts import LINES, PROMO_CODES, ProfileInputs, checked
from enrich.profile.scoring import Histograms, Scoring, scoring_of
from enrich.profile.segments import SEGMENTS, SegmentRow

PARTS_AT_ONCE = 2


class Parts(Protocol):
    """Where the parts come from; a customer is in exactly one of them, with all purchases."""

    @property
    def count(self) -> int:
        """How many parts there are."""

    def purchases(self, part: int) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The customers and purchases of one part."""

    def inputs(self, part: int) -> ProfileInputs:
        """Everything of one part."""


@dataclass(frozen=True, slots=True)
class PartsScoring:
    """The scoring of all parts together; `cut_points` are the run's."""

    scoring: Scoring
    as_of: date
    rules: Rules

    @property
    def cut_points(self) -> pl.DataFrame:
        return self.scoring.cut_points


def score_parts(
    parts: Parts, as_of: date, rules: Rules, frozen_cut_points: pl.DataFrame | None = None
) -> PartsScoring:
    """The cut points of all customers, from one look at each part's purchases."""
    histograms = [_histograms(parts, part, as_of, rules) for part in range(parts.count)]
    return PartsScoring(scoring_of(histograms, rules, frozen_cut_points), as_of, rules)


def profile_parts(
    parts: Parts,
    scored: PartsScoring,
    history: pl.DataFrame | None = None,
    segments: tuple[SegmentRow, ...] = SEGMENTS,
) -> Iterator[pl.DataFrame]:
    """The profiles of each part in turn; within a part in the order of customer_key.

    Parts are read one after another by the caller's thread and finished by two others, so at most
    three are in memory.
    """

    def finished(inputs: ProfileInputs) -> pl.DataFrame:
        ranked = rank(checked(inputs), scored.as_of, scored.rules)
        return finish(ranked, scored.scoring, scored.as_of, scored.rules, history, segments)

    with ThreadPoolExecutor(PARTS_AT_ONCE) as pool:
        waiting: deque[Future[pl.DataFrame]] = deque()
        for part in range(parts.count):
            waiting.append(pool.submit(finished, parts.inputs(part)))
            if len(waiting) > PARTS_AT_ONCE:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _histograms(parts: Parts, part: int, as_of: date, rules: Rules) -> Histograms:
    customers, purchases = parts.purchases(part)
    nothing_else = pl.DataFrame(schema=dict(LINES)), pl.DataFrame(schema=dict(PROMO_CODES))
    return rank(
        checked(ProfileInputs(customers, purchases, *nothing_else)), as_of, rules
    ).histograms
