"""From typed frames and a day to one profile per customer, in parts, so that memory depends on one.

Parts share nothing but the cut points, and those come from histograms that add up exactly; so any
number of parts gives the same profiles. The purchases of all parts but the first are asked for
twice: once to rank everybody, once to finish.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain

import polars as pl

from enrich.model import Rules
from enrich.profile.affinity import SUBJECTS, added, affinity, shop_lines
from enrich.profile.catalogue import fields
from enrich.profile.contracts import (
    Parts,
    checked_customers,
    checked_details,
    checked_purchases,
    is_coded,
    no_history,
)
from enrich.profile.field import Joined, ProfileField
from enrich.profile.lists import PackedKeys, packed_keys
from enrich.profile.phones import e164, regions
from enrich.profile.predicted import PREDICTED
from enrich.profile.products import PRODUCTS
from enrich.profile.purchases import known_purchases, of_known, ranked_values, units
from enrich.profile.scoring import (
    Histograms,
    Scoring,
    histograms,
    percentile_columns,
    scoring_of,
    with_scores,
    with_segments,
)
from enrich.profile.segments import SEGMENTS, SegmentTable
from enrich.profile.traits import traits
from enrich.profile.windows import windows
from enrich.threads import made_ahead, side_by_side

CUSTOMERS_PER_BLOCK = 122_880
"""Profiles of this many customers are made at a time, one block while another is stored.

It is three of the warehouse's row groups, and a part of a shop that is too large to be read whole.
"""


@dataclass(frozen=True, slots=True)
class LoadedPart:
    """The customers of a part, and all that their profiles are made of.

    `values`: the ranked values with items_W, a row per customer in the order of `customers`;
    `traits` what else customers are like, without columns where nobody wants to know; `shop_lines`
    how many lines there are of each brand and category.
    """

    customers: pl.DataFrame
    values: pl.DataFrame
    lists: list[PackedKeys]
    traits: pl.DataFrame
    shop_lines: dict[str, pl.DataFrame]


@dataclass(frozen=True, slots=True)
class Counts:
    """What is known of all customers together: it adds up exactly over parts, in any order."""

    histograms: Histograms
    shop_lines: dict[str, pl.DataFrame]


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
    shop_lines: dict[str, pl.DataFrame]
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
    counts = [Counts(histograms(loaded.values, windows(rules)), loaded.shop_lines)]
    is_asked = bool(loaded.traits.width)
    counts += (counts_of(parts, part, as_of, rules, with_lines=is_asked) for part in others)
    rest = (_load(parts, part, as_of, rules) for part in others)
    blocks = parts.count * len(_starts(loaded.customers.height, customers_per_block))
    # the first part is handed over, so that it can be let go
    handed = chain([loaded], rest)
    scoring, whole = _whole_shop(counts, rules, frozen_cut_points)
    sizes = customers_per_block, blocks
    return ScoredParts(as_of, rules, history_since, scoring, whole, *sizes, handed)


def score_some(
    some: Parts,
    everybody: Parts,
    as_of: date,
    rules: Rules,
    cut_points: pl.DataFrame,
    *,
    history_since: date | None = None,
) -> ScoredParts:
    """The customers of `some`, a single part, scored by kept cut points.

    Percentiles and affinities compare them with everybody, of whom they are a part.
    """
    loaded = _load(some, 0, as_of, rules)
    is_asked = bool(loaded.traits.width)
    counts = [
        counts_of(everybody, part, as_of, rules, with_lines=is_asked)
        for part in range(everybody.count)
    ]
    scoring, whole = _whole_shop(counts, rules, cut_points)
    sizes = max(loaded.customers.height, 1), 1
    return ScoredParts(as_of, rules, history_since, scoring, whole, *sizes, iter([loaded]))


def scored_by(
    scoring: Scoring,
    lines: dict[str, pl.DataFrame],
    parts: Parts,
    as_of: date,
    rules: Rules,
    *,
    history_since: date | None = None,
) -> ScoredParts:
    """Some of the parts of a shop, by the scoring and the lines of all of them."""
    loaded = (_load(parts, part, as_of, rules) for part in range(parts.count))
    sizes = CUSTOMERS_PER_BLOCK, parts.count
    return ScoredParts(as_of, rules, history_since, scoring, lines, *sizes, loaded)


def counts_of(
    parts: Parts, part: int, as_of: date, rules: Rules, *, with_lines: bool = True
) -> Counts:
    """What one part adds to what is known of all customers, from its purchases and lines alone."""
    known, buyer_count = _known(parts.purchases(part), as_of, rules)
    found = histograms(ranked_values(known, buyer_count, windows(rules)), windows(rules))
    if not with_lines:
        return Counts(found, {})
    lines = checked_details(parts.details(part)).lines
    return Counts(found, shop_lines(of_known(lines, known)))


def _whole_shop(
    counts: list[Counts], rules: Rules, cut_points: pl.DataFrame | None
) -> tuple[Scoring, dict[str, pl.DataFrame]]:
    """The scoring and the lines of all parts together."""
    scoring = scoring_of([one.histograms for one in counts], rules, cut_points)
    lines = [one.shop_lines for one in counts]
    return scoring, added(lines) if lines[0] else {}


def profile_parts(
    scored: ScoredParts,
    history: pl.DataFrame | None = None,
    *,
    predictions: pl.DataFrame | None = None,
    joined: Sequence[Joined] = (),
    segments: SegmentTable = SEGMENTS,
) -> Iterator[pl.DataFrame]:
    """The profiles, block by block; within a block in the order of customer_key.

    A few blocks are made while the caller is busy with one. `joined` are more fields, after all
    others.
    """
    before = no_history() if history is None else history
    blocks = (
        (part, first)
        for part in scored.loaded
        for first in _starts(part.customers.height, scored.customers_per_block)
    )
    return made_ahead(
        lambda block: _block(scored, *block, before, predictions, joined, segments), blocks
    )


def _starts(customer_count: int, size: int) -> range:
    """Where the blocks of a part begin; at least one block, maybe without rows."""
    return range(0, max(customer_count, 1), size)


def _known(purchases: pl.DataFrame, as_of: date, rules: Rules) -> tuple[pl.DataFrame, int]:
    """The known purchases of a part from these alone, and how many customers have any."""
    checked = checked_purchases(purchases)
    buyers = checked["customer_key"].unique().sort()
    return known_purchases(buyers, checked, as_of, rules.windows), len(buyers)


def _load(parts: Parts, part: int, as_of: date, rules: Rules) -> LoadedPart:
    """What the profiles of a part are made of; raises Stop when an input breaks its contract."""
    customers, purchases, (details, sales) = side_by_side(
        lambda: checked_customers(parts.customers(part)),
        lambda: checked_purchases(parts.purchases(part)),
        lambda: (checked_details(parts.details(part)), parts.sales(part)),
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
    if sales is None:
        return LoadedPart(customers, values.hstack(items), lists, pl.DataFrame(), {})
    likes = traits(parts, part, sales, known, values["orders_lifetime"], rules.time_zone)
    phones = e164(customers["phone"], regions(customers["locale"], rules.currency))
    return LoadedPart(
        customers, values.hstack(items), lists, likes.with_columns(phones), shop_lines(lines)
    )


def _block(
    scored: ScoredParts,
    part: LoadedPart,
    first: int,
    history: pl.DataFrame,
    predictions: pl.DataFrame | None,
    joined: Sequence[Joined],
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
    keys = customers["customer_key"]
    before = _of(keys, history.rename(_BEFORE).with_columns(has_history=True))
    likes = _likes(scored, part, first, values)
    after = [] if predictions is None else [_of(keys, predictions)]
    more = (_of(keys, one.rows) for one in joined)
    columns = [customers, before, *after, *more, values, *likes, *lists]
    frame = pl.concat(columns, how="horizontal").with_columns(
        as_of=pl.lit(scored.as_of), history_since=pl.lit(scored.history_since, pl.Date)
    )
    wanted = [field for field in fields(rules) if _is_asked_for(field, likes, after)]
    wanted += [field for one in joined for field in one.fields]
    made = frame.select(field.expression.alias(field.name) for field in wanted)
    return made.with_columns(
        pl.col(field.name).cast(field.dtype) for field in wanted if not is_coded(made[field.name])
    )


def _is_asked_for(
    field: ProfileField, likes: list[pl.DataFrame], after: list[pl.DataFrame]
) -> bool:
    """Whether there is what the field is made of; those of products are joined."""
    if field in PRODUCTS:
        return False
    return bool(after if field in PREDICTED else likes or field.is_sent_by_default)


def _of(keys: pl.Series, rows: pl.DataFrame) -> pl.DataFrame:
    """The row of each key, nulls where there is none; without the keys."""
    here = rows.filter(pl.col("customer_key").is_between(keys.min(), keys.max()))
    found = keys.to_frame().join(here, on="customer_key", how="left", maintain_order="left")
    return found.drop("customer_key")


def _likes(
    scored: ScoredParts, part: LoadedPart, first: int, values: pl.DataFrame
) -> list[pl.DataFrame]:
    """What the fields that are not sent by default are made of; nothing when nobody asks."""
    if not part.traits.width:
        return []
    finer = percentile_columns(values, scored.scoring, windows(scored.rules))
    tops = (
        affinity(keys, first, first + values.height, scored.shop_lines[keys.base_name])
        for keys in part.lists
        if keys.base_name in SUBJECTS
    )
    return [part.traits[first : first + values.height], pl.DataFrame(finer), *tops]


_BEFORE = {
    "rfm_segment": "segment_before",
    "previous_rfm_segment": "previous_before",
    "rfm_segment_changed_on": "changed_before",
    "r_score": "r_before",
    "f_score": "f_before",
    "m_score": "m_before",
    "rfm_score_changed_on": "score_changed_before",
}
