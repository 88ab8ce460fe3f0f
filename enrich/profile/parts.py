"""The profile of a shop in parts of its customers, so that memory depends on the largest part.

Parts share nothing but the cut points, and those come from histograms that add up exactly; so any
number of parts gives the same profiles. Each part's purchases are asked for twice: once to rank,
once to finish.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Protocol

import polars as pl

from enrich.model import Rules
from enrich.profile.build import Ranked, finished, rank
from enrich.profile.contracts import Details
from enrich.profile.scoring import Scoring, scoring_of
from enrich.profile.segments import SEGMENTS, SegmentRow

CUSTOMERS_PER_BLOCK = 122_880
"""Lists of this many customers are made at a time: a row group, which DuckDB writes at once."""


class Parts(Protocol):
    """Where the parts come from; a customer is in exactly one of them, with all purchases."""

    @property
    def count(self) -> int:
        """How many parts there are."""

    def purchases(self, part: int) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The customers and purchases of one part."""

    def details(self, part: int) -> Details:
        """What was in the purchases of one part."""


@dataclass(frozen=True, slots=True)
class ScoredParts:
    """Parts and the scoring of all of them together; `cut_points` are the run's."""

    parts: Parts
    as_of: date
    rules: Rules
    scoring: Scoring
    ranked: Ranked | None

    @property
    def cut_points(self) -> pl.DataFrame:
        return self.scoring.cut_points


def score_parts(
    parts: Parts, as_of: date, rules: Rules, frozen_cut_points: pl.DataFrame | None = None
) -> ScoredParts:
    """The cut points of all customers, from one look at each part's purchases.

    The purchases of a single part are kept; those of several are asked for again.
    """
    if parts.count == 1:
        ranked = _ranked(parts, 0, as_of, rules)
        scoring = scoring_of([ranked.histograms], rules, frozen_cut_points)
        return ScoredParts(parts, as_of, rules, scoring, ranked)
    found = [_ranked(parts, part, as_of, rules).histograms for part in range(parts.count)]
    return ScoredParts(parts, as_of, rules, scoring_of(found, rules, frozen_cut_points), None)


def profile_parts(
    scored: ScoredParts,
    history: pl.DataFrame | None = None,
    *,
    segments: tuple[SegmentRow, ...] = SEGMENTS,
    customers_per_block: int = CUSTOMERS_PER_BLOCK,
) -> Iterator[pl.DataFrame]:
    """The profiles, block by block; within a block in the order of customer_key."""
    for part in range(scored.parts.count):
        ranked = scored.ranked or _ranked(scored.parts, part, scored.as_of, scored.rules)
        yield from finished(
            ranked,
            partial(scored.parts.details, part),
            scored.scoring,
            history,
            segments,
            customers_per_block,
        )


def _ranked(parts: Parts, part: int, as_of: date, rules: Rules) -> Ranked:
    return rank(*parts.purchases(part), as_of, rules)
