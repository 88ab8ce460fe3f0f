"""The profile of a shop in parts of its customers, so that memory depends on the largest part.

Parts share nothing but the cut points, and those come from histograms that add up exactly; so any
number of parts gives the same profiles. The purchases of several parts are asked for twice: once to
rank everybody, once to finish.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Protocol, TypeVar

import polars as pl

from enrich.model import Rules
from enrich.profile.build import Ranked, Stocked, buyers_histograms, rank, stocked
from enrich.profile.contracts import Details
from enrich.profile.scoring import Scoring, scoring_of
from enrich.profile.segments import SEGMENTS, SegmentRow
from enrich.threads import each

Item = TypeVar("Item")

CUSTOMERS_PER_BLOCK = 122_880
"""Lists of this many customers are made at a time: a row group, which DuckDB writes at once."""


class Parts(Protocol):
    """Where the parts come from; a customer is in exactly one of them, with all purchases."""

    @property
    def count(self) -> int:
        """How many parts there are."""

    def customers(self, part: int) -> pl.DataFrame:
        """The customers of one part."""

    def purchases(self, part: int) -> pl.DataFrame:
        """Their purchases; asked for by two threads at once."""

    def details(self, part: int) -> Details:
        """What was in these."""


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
    found = each(
        lambda part: buyers_histograms(parts.purchases(part), as_of, rules), range(parts.count)
    )
    return ScoredParts(parts, as_of, rules, scoring_of(found, rules, frozen_cut_points), None)


def profile_parts(
    scored: ScoredParts,
    history: pl.DataFrame | None = None,
    *,
    segments: tuple[SegmentRow, ...] = SEGMENTS,
    customers_per_block: int = CUSTOMERS_PER_BLOCK,
) -> Iterator[pl.DataFrame]:
    """The profiles, block by block; within a block in the order of customer_key.

    The next part is read, and the next blocks are made, while the caller is busy with one.
    """
    yield from _one_ahead(_blocks(scored, history, segments, customers_per_block))


def _blocks(
    scored: ScoredParts,
    history: pl.DataFrame | None,
    segments: tuple[SegmentRow, ...],
    customers_per_block: int,
) -> Iterator[pl.DataFrame]:
    def stock(part: int) -> Stocked:
        ranked = scored.ranked or _ranked(scored.parts, part, scored.as_of, scored.rules)
        return stocked(ranked, partial(scored.parts.details, part), customers_per_block)

    for stock_of_part in _one_ahead(map(stock, range(scored.parts.count))):
        yield from stock_of_part.profiles(scored.scoring, history, segments)


def _ranked(parts: Parts, part: int, as_of: date, rules: Rules) -> Ranked:
    return rank(parts.customers(part), parts.purchases(part), as_of, rules)


def _one_ahead(items: Iterable[Item]) -> Iterator[Item]:
    """The items in order; the next one is asked for in a thread before one is handed out."""
    coming = iter(items)
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(next, coming, None)
        while (item := waiting.result()) is not None:
            waiting = thread.submit(next, coming, None)
            yield item
