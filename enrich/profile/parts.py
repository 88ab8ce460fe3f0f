"""The profile of a shop in parts of its customers, so that memory depends on the largest part.

Parts share nothing but the cut points, and those come from histograms that add up exactly; so any
number of parts gives the same profiles. The purchases of all parts but the first are asked for
twice: once to rank everybody, once to finish.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import chain
from typing import Protocol, TypeVar

import polars as pl

from enrich.model import Rules
from enrich.profile.build import Stocked, buyers_histograms, rank, stocked
from enrich.profile.contracts import Details
from enrich.profile.scoring import Histograms, Scoring, scoring_of
from enrich.profile.segments import SEGMENTS, SegmentTable
from enrich.threads import side_by_side

Item = TypeVar("Item")

CUSTOMERS_PER_BLOCK = 122_880
"""Lists of this many customers are made at a time, one block while another is stored.

It is three of the warehouse's row groups, and a part of a shop that is too large to be read whole.
"""


class Parts(Protocol):
    """Where the parts come from; a customer is in exactly one of them, with all purchases.

    Details are asked for by one thread at a time, the others by several.
    """

    @property
    def count(self) -> int:
        """How many parts there are."""

    def customers(self, part: int) -> pl.DataFrame:
        """The customers of one part."""

    def purchases(self, part: int) -> pl.DataFrame:
        """Their purchases."""

    def details(self, part: int) -> Details:
        """What was in these."""


@dataclass(frozen=True, slots=True)
class ScoredParts:
    """The scoring of all parts together, and what the profiles of each are made of.

    `stocks` are gone through once, the next one made while one is in use. The profiles come in
    about `block_count` blocks: all parts are taken to be as large as the first.
    """

    scoring: Scoring
    block_count: int
    stocks: Iterator[Stocked]

    @property
    def cut_points(self) -> pl.DataFrame:
        """The run's cut points."""
        return self.scoring.cut_points


def score_parts(
    parts: Parts,
    as_of: date,
    rules: Rules,
    frozen_cut_points: pl.DataFrame | None = None,
    *,
    customers_per_block: int = CUSTOMERS_PER_BLOCK,
) -> ScoredParts:
    """The cut points of all customers, from one look at each part's purchases.

    The first part is taken in whole meanwhile; the purchases of the others are asked for again.
    """

    def stock_of(part: int) -> Stocked:
        return stocked(
            lambda: rank(
                lambda: parts.customers(part), lambda: parts.purchases(part), as_of, rules
            ),
            lambda: parts.details(part),
            customers_per_block,
        )

    def histograms_of(part: int) -> Histograms:
        return buyers_histograms(parts.purchases(part), as_of, rules)

    others = range(1, parts.count)
    first, *found = side_by_side(
        lambda: stock_of(0), *(partial(histograms_of, part) for part in others)
    )
    scoring = scoring_of([first.ranked.histograms, *found], rules, frozen_cut_points)
    stocks = _one_ahead(chain([first], map(stock_of, others)))  # the first one goes with its turn
    return ScoredParts(scoring, parts.count * first.block_count, stocks)


def profile_parts(
    scored: ScoredParts,
    history: pl.DataFrame | None = None,
    *,
    segments: SegmentTable = SEGMENTS,
) -> Iterator[pl.DataFrame]:
    """The profiles, block by block; within a block in the order of customer_key.

    The next part is read, and the next blocks are made, while the caller is busy with one.
    """
    yield from _one_ahead(
        block
        for stock in scored.stocks
        for block in stock.profiles(scored.scoring, history, segments)
    )


def _one_ahead(items: Iterable[Item]) -> Iterator[Item]:
    """The items in order; the next one is asked for in a thread before one is handed out."""
    coming = iter(items)
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(next, coming, None)
        while (item := waiting.result()) is not None:
            waiting = thread.submit(next, coming, None)
            yield item
