"""From typed frames and a day to one profile per customer, in parts, so that memory depends on one.

Parts share nothing but the cut points, and those come from histograms that add up exactly; so any
number of parts gives the same profiles. The purchases of all parts but the first are asked for
twice: once to rank everybody, once to finish.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain

import polars as pl

from enrich.model import Rules
from enrich.profile.catalogue import fields
from enrich.profile.contracts import (
    Details,
    Parts,
    ProfileInputs,
    checked_customers,
    checked_details,
    checked_purchases,
    is_coded,
    no_history,
)
from enrich.profile.lists import PackedKeys, packed_keys
from enrich.profile.purchases import known_purchases, of_known, ranked_values, units
from enrich.profile.scoring import (
    Histograms,
    Scoring,
    histograms,
    notes,
    scoring_of,
    with_scores,
    with_segments,
)
from enrich.profile.segments import SEGMENTS, SegmentTable
from enrich.profile.windows import windows
from enrich.threads import made_ahead, side_by_side

CUSTOMERS_PER_BLOCK = 122_880
"""Profiles of this many customers are made at a time, one block while another is stored.

It is three of the warehouse's row groups, and a part of a shop that is too large to be read whole.
"""


@dataclass(frozen=True, slots=True)
class ProfileResult:
    """One row per customer (the fields), the run's cut points (CUT_POINTS), lines for a person."""

    profiles: pl.DataFrame
    cut_points: pl.DataFrame
    notes: tuple[str, ...]


def build_profiles(
    inputs: ProfileInputs,
    as_of: date,
    rules: Rules,
    history: pl.DataFrame | None = None,
    *,
    frozen_cut_points: pl.DataFrame | None = None,
    history_since: date | None = None,
    segments: SegmentTable = SEGMENTS,
) -> ProfileResult:
    """One profile per customer for the day, in the order of customer_key, with the cut points.

    `history` is each customer's segment before the day (contracts.HISTORY); `history_since` the day
    where what is known of the store begins. List columns and texts of a small vocabulary are held
    as Enum. Raises Stop when an input breaks its contract.
    """
    size = max(inputs.customers.height, 1)
    scored = score_parts(
        _Whole(inputs),
        as_of,
        rules,
        frozen_cut_points,
        history_since=history_since,
        customers_per_block=size,
    )
    (profiles,) = profile_parts(scored, history, segments=segments)
    return ProfileResult(profiles, scored.cut_points, notes(scored.cut_points))


@dataclass(frozen=True, slots=True)
class _Whole:
    """Frames in memory as a single part."""

    inputs: ProfileInputs
    count: int = 1

    def customers(self, part: int) -> pl.DataFrame:
        return self.inputs.customers

    def purchases(self, part: int) -> pl.DataFrame:
        return self.inputs.purchases

    def details(self, part: int) -> Details:
        return self.inputs.details


@dataclass(frozen=True, slots=True)
class LoadedPart:
    """The customers of a part, and all that their profiles are made of.

    `values`: the ranked values with items_W, a row per customer in the order of `customers`.
    """

    customers: pl.DataFrame
    values: pl.DataFrame
    lists: list[PackedKeys]


@dataclass(frozen=True, slots=True)
class ScoredParts:
    """The scoring of all parts together, and what the profiles of each are made of.

    `loaded` is gone through once. The profiles come in about `block_count` blocks: all parts are
    taken to be as large as the first.
    """

    as_of: date
    rules: Rules
    history_since: date | None
    scoring: Scoring
    customers_per_block: int
    block_count: int
    loaded: Iterator[LoadedPart]

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
    history_since: date | None = None,
    customers_per_block: int = CUSTOMERS_PER_BLOCK,
) -> ScoredParts:
    """The cut points of all customers, from one look at each part's purchases."""
    first, *others = range(parts.count)
    loaded = _load(parts, first, as_of, rules)
    found = [histograms(loaded.values, windows(rules))]
    found += [_histograms(parts.purchases(part), as_of, rules) for part in others]
    scoring = scoring_of(found, rules, frozen_cut_points)
    rest = (_load(parts, part, as_of, rules) for part in others)
    blocks = parts.count * len(_starts(loaded.customers.height, customers_per_block))
    # the first part is handed over, so that it can be let go
    handed = chain([loaded], rest)
    return ScoredParts(as_of, rules, history_since, scoring, customers_per_block, blocks, handed)


def profile_parts(
    scored: ScoredParts,
    history: pl.DataFrame | None = None,
    *,
    segments: SegmentTable = SEGMENTS,
) -> Iterator[pl.DataFrame]:
    """The profiles, block by block; within a block in the order of customer_key.

    A few blocks are made while the caller is busy with one.
    """
    before = no_history() if history is None else history
    blocks = (
        (part, first)
        for part in scored.loaded
        for first in _starts(part.customers.height, scored.customers_per_block)
    )
    return made_ahead(lambda block: _block(scored, *block, before, segments), blocks)


def _starts(customer_count: int, size: int) -> range:
    """Where the blocks of a part begin; at least one block, maybe without rows."""
    return range(0, max(customer_count, 1), size)


def _histograms(purchases: pl.DataFrame, as_of: date, rules: Rules) -> Histograms:
    """The histograms of a part from its purchases alone: who never bought is in none of them."""
    checked = checked_purchases(purchases)
    buyers = checked["customer_key"].unique().sort()
    known = known_purchases(buyers, checked, as_of, rules.windows)
    return histograms(ranked_values(known, len(buyers), windows(rules)), windows(rules))


def _load(parts: Parts, part: int, as_of: date, rules: Rules) -> LoadedPart:
    """What the profiles of a part are made of; raises Stop when an input breaks its contract."""
    customers, purchases, details = side_by_side(
        lambda: checked_customers(parts.customers(part)),
        lambda: checked_purchases(parts.purchases(part)),
        lambda: checked_details(parts.details(part)),
    )
    count = customers.height
    known = known_purchases(customers["customer_key"], purchases, as_of, rules.windows)
    values = ranked_values(known, count, windows(rules))
    lines, codes = of_known(details.lines, known), of_known(details.promo_codes, known)
    items = units(lines, count, windows(rules))
    lists = [
        keys
        for table, rows in (("lines", lines), ("promo_codes", codes))
        for keys in packed_keys(table, rows, count, len(rules.windows) + 1)
    ]
    return LoadedPart(customers, values.hstack(items), lists)


def _block(
    scored: ScoredParts,
    part: LoadedPart,
    first: int,
    history: pl.DataFrame,
    segments: SegmentTable,
) -> pl.DataFrame:
    """The profiles of the customers of one block, scored by everybody's cut points."""
    rules, spans = scored.rules, windows(scored.rules)
    customers = part.customers[first : first + scored.customers_per_block]
    values = part.values[first : first + scored.customers_per_block]
    values = with_segments(
        with_scores(values, scored.scoring, spans), rules.segment_window, segments
    )
    lists = (keys.lists(first, first + customers.height, spans) for keys in part.lists)
    before = customers.select("customer_key").join(
        history.rename(_BEFORE), on="customer_key", how="left", maintain_order="left"
    )
    columns = [customers, before.drop("customer_key"), values, *lists]
    frame = pl.concat(columns, how="horizontal").with_columns(
        as_of=pl.lit(scored.as_of), history_since=pl.lit(scored.history_since, pl.Date)
    )
    wanted = fields(rules)
    made = frame.select(field.expression.alias(field.name) for field in wanted)
    return made.with_columns(
        pl.col(field.name).cast(field.dtype) for field in wanted if not is_coded(made[field.name])
    )


_BEFORE = {
    "rfm_segment": "segment_before",
    "previous_rfm_segment": "previous_before",
    "rfm_segment_changed_on": "changed_before",
}
