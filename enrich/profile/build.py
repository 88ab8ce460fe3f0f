"""From typed frames and a day to one profile per customer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

import polars as pl

from enrich.model import Rules
from enrich.profile.arrays import Integers
from enrich.profile.bought import Bought, bought_until, sold
from enrich.profile.catalogue import fields
from enrich.profile.cells import Standings, items, standings
from enrich.profile.columns import number_columns, purchase_columns, with_history
from enrich.profile.contracts import (
    Details,
    ProfileInputs,
    checked_customers,
    checked_details,
    checked_purchases,
    is_coded,
)
from enrich.profile.field import ProfileField
from enrich.profile.goods import Blocks, Goods, goods
from enrich.profile.keys import distinct
from enrich.profile.scoring import (
    Histograms,
    Scoring,
    histograms,
    score_columns,
    scoring_of,
    segment_columns,
)
from enrich.profile.segments import SEGMENTS, SegmentTable
from enrich.profile.windows import windows
from enrich.threads import each, made_ahead, side_by_side


@dataclass(frozen=True, slots=True)
class ProfileResult:
    """One row per customer (FIELDS), the run's cut points (CUT_POINTS), and lines for a person."""

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
    segments: SegmentTable = SEGMENTS,
) -> ProfileResult:
    """One profile per customer for the day, in the order of customer_key, with the cut points.

    `history` is each customer's segment before the day (contracts.HISTORY). List columns and texts
    of a small vocabulary are held as Enum. Raises Stop when an input breaks its contract.
    """
    stock = stocked(
        lambda: rank(lambda: inputs.customers, lambda: inputs.purchases, as_of, rules),
        lambda: inputs.details,
        inputs.customers.height,
    )
    scoring = scoring_of([stock.ranked.histograms], rules, frozen_cut_points)
    (profiles,) = stock.profiles(scoring, history, segments)
    return ProfileResult(profiles, scoring.cut_points, notes(scoring.cut_points))


@dataclass(frozen=True, slots=True)
class Ranked:
    """The customers of a part, what they bought, and what they are ranked by."""

    customers: pl.DataFrame
    as_of: date
    rules: Rules
    bought: Bought
    standings: Standings

    @property
    def histograms(self) -> Histograms:
        """All that one part tells the cut points of all."""
        return histograms(self.standings, windows(self.rules.beyond_360))


def rank(
    read_customers: Callable[[], pl.DataFrame],
    read_purchases: Callable[[], pl.DataFrame],
    as_of: date,
    rules: Rules,
) -> Ranked:
    """What only the purchases of these customers decide; raises Stop on a broken contract."""
    known, purchases = side_by_side(
        lambda: checked_customers(read_customers()), lambda: checked_purchases(read_purchases())
    )
    bought = bought_until(known["customer_key"], purchases, as_of)
    del purchases
    return Ranked(known, as_of, rules, bought, standings(bought))


def buyers_histograms(purchases: pl.DataFrame, as_of: date, rules: Rules) -> Histograms:
    """The same histograms from purchases alone: who never bought is in none of them."""
    checked = checked_purchases(purchases)
    buyers = distinct(checked["customer_key"])
    return histograms(standings(bought_until(buyers, checked, as_of)), windows(rules.beyond_360))


@dataclass(frozen=True, slots=True)
class Stocked:
    """Ranked customers and all that their profiles are made of, in blocks of neighbours."""

    ranked: Ranked
    units: Integers
    goods: list[Goods]
    block_size: int

    @property
    def block_count(self) -> int:
        """How many blocks the profiles come in."""
        return Blocks(self.ranked.bought.customer_count, self.block_size).count

    def profiles(
        self, scoring: Scoring, history: pl.DataFrame | None, segments: SegmentTable
    ) -> Iterator[pl.DataFrame]:
        """The profiles block by block, scored by everybody's cut points.

        Only a few blocks are in memory at a time; there is at least one, maybe without rows.
        """
        ranked = self.ranked
        wide = windows(ranked.rules.beyond_360)
        contacts = with_history(ranked.customers, history)
        wanted = fields(ranked.as_of, ranked.rules)

        def block(customers: slice) -> pl.DataFrame:
            numbers = ranked.standings.of(customers)
            columns = number_columns(numbers, self.units[:, customers], wide)
            columns |= purchase_columns(ranked.bought, customers, ranked.as_of)
            columns |= score_columns(numbers, scoring, wide)
            columns |= segment_columns(columns, ranked.rules.segment_window, segments)
            for table in self.goods:
                columns |= table.lists(customers, wide)
            frame = contacts[customers].hstack([s.alias(name) for name, s in columns.items()])
            return _selected(frame.with_columns(as_of=pl.lit(ranked.as_of)), wanted)

        yield from made_ahead(block, self._blocks())

    def _blocks(self) -> Iterator[slice]:
        """The customers in blocks of neighbours; at least one block."""
        count = self.ranked.bought.customer_count
        for start in range(0, max(count, 1), self.block_size):
            yield slice(start, min(start + self.block_size, count))


def stocked(
    rank_them: Callable[[], Ranked], read_details: Callable[[], Details], customers_per_block: int
) -> Stocked:
    """The ranked customers with the units of each and the goods by block.

    Ranking and reading go side by side. Nobody else holds the details, so that they go early.
    """
    size = max(customers_per_block, 1)
    ranked, details = side_by_side(rank_them, lambda: checked_details(read_details()))
    bought = ranked.bought
    lines, promo_codes = each(lambda rows: sold(rows, bought), (details.lines, details.promo_codes))
    sold_units = [(lines.purchase, lines.numbers("quantity"))]  # taken out and let go by its user
    known = {"lines": lines, "promo_codes": promo_codes}
    del details, lines, promo_codes
    units, listed = side_by_side(
        lambda: items(bought, *sold_units.pop()), lambda: goods(bought, known, size)
    )
    return Stocked(ranked, units, listed, size)


def _selected(frame: pl.DataFrame, wanted: tuple[ProfileField, ...]) -> pl.DataFrame:
    made = frame.select(field.expression.alias(field.name) for field in wanted)
    return made.with_columns(
        pl.col(field.name).cast(field.dtype) for field in wanted if not is_coded(made[field.name])
    )


def notes(cut_points: pl.DataFrame) -> tuple[str, ...]:
    """What a person should know about the classes: one line per axis that leaves some empty."""
    filled = (
        cut_points.filter(pl.col("note").is_not_null())
        .group_by("axis", "window", maintain_order=True)
        .agg(classes=(pl.col("customer_count") > 0).sum())
        .group_by("axis", maintain_order=True)
        .agg(where=pl.format("{} in {}", "classes", "window").str.join(", "))
    )
    return tuple(
        f"{axis}: fewer than five classes for want of distinct values ({where})"
        for axis, where in filled.iter_rows()
    )
