"""Who moved between segments from one day to another, and why. Pure.

Every mover has one cause: the first step that changed the segment, on the way from what was kept
on the first day to what holds on the second.

* data corrected: the first day, computed from what is known today, says something else than was
  kept that day (orders came late, were canceled or refunded, customers were merged).
* bought, time passed: the second day, with the cut points of the first, says something else; the
  customer bought in between, or did not.
* cut points moved: only the cut points of the second day make the difference.
* arrived: not known on the first day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from enrich.errors import BadSettings
from enrich.model import Rules
from enrich.profile import SEGMENTS, SegmentTable, segments_of_day

BOUGHT, TIME, CUT_POINTS_MOVED = "bought", "time passed", "cut points moved"
CORRECTED, ARRIVED = "data corrected", "arrived"
CAUSES = (BOUGHT, TIME, CUT_POINTS_MOVED, CORRECTED, ARRIVED)


@dataclass(frozen=True, slots=True)
class Movements:
    """`moves`: customer_key, segment_then, segment_now, cause; one row per customer who moved.

    `segment_then` is null for who arrived; `stayed_count` are the others. `has_kept` tells whether
    the first day's kept segments were there to compare with: without them nothing is a correction.
    """

    first_on: date
    second_on: date
    is_frozen: bool
    has_kept: bool
    stayed_count: int
    moves: pl.DataFrame

    def by_cause(self) -> pl.DataFrame:
        """cause, customers: every cause, none missing."""
        causes = pl.DataFrame({"cause": CAUSES})
        counted = self.moves.group_by("cause").len("customers")
        joined = causes.join(counted, on="cause", how="left", maintain_order="left")
        return joined.with_columns(pl.col("customers").fill_null(0).cast(pl.Int64))

    def by_pair(self) -> pl.DataFrame:
        """segment_then, segment_now, cause, customers: the most frequent first."""
        keys = ["segment_then", "segment_now", "cause"]
        counted = self.moves.group_by(keys).len("customers")
        order = ["customers", *keys]
        return counted.sort(order, descending=[True, False, False, False])


def movements(
    customer_keys: pl.Series,
    purchases: pl.DataFrame,
    kept: pl.DataFrame,
    first_on: date,
    second_on: date,
    rules: Rules,
    *,
    is_frozen: bool = False,
    segments: SegmentTable = SEGMENTS,
) -> Movements:
    """The movements between two days; `purchases` as the profile core reads them.

    `kept`: customer_key, rfm_segment as kept on the first day, empty when nothing was. With
    `is_frozen` the cut points of the first day hold on the second too. Raises BadSettings when the
    days are not in order.
    """
    if first_on >= second_on:
        raise BadSettings(f"{first_on} is not before {second_on}")
    inputs = (customer_keys, purchases)
    first = segments_of_day(*inputs, first_on, rules, table=segments)
    same_cuts = segments_of_day(*inputs, second_on, rules, first.cut_points, table=segments)
    second = same_cuts if is_frozen else segments_of_day(*inputs, second_on, rules, table=segments)
    steps = _named(first.segments, "first").join(
        _named(same_cuts.segments, "same_cuts"), on="customer_key"
    )
    steps = steps.join(_named(second.segments, "segment_now"), on="customer_key")
    steps = steps.join(_kept(kept, first.segments), on="customer_key", how="left")
    bought = purchases.filter(pl.col("purchased_on").is_between(first_on, second_on, "right"))
    found = steps.with_columns(
        has_bought=pl.col("customer_key").is_in(bought["customer_key"].unique().implode())
    ).with_columns(cause=_cause())
    moved = found.filter(pl.col("segment_then").ne_missing(pl.col("segment_now")))
    columns = ["customer_key", "segment_then", "segment_now", "cause"]
    return Movements(
        first_on,
        second_on,
        is_frozen,
        not kept.is_empty(),
        found.height - moved.height,
        moved.select(columns).sort("customer_key"),
    )


def _named(segments: pl.DataFrame, name: str) -> pl.DataFrame:
    return segments.select("customer_key", pl.col("rfm_segment").alias(name))


def _kept(kept: pl.DataFrame, recomputed: pl.DataFrame) -> pl.DataFrame:
    """What is known to have held on the first day; the recomputed segments where nothing was."""
    if kept.is_empty():
        return _named(recomputed, "segment_then")
    return kept.select("customer_key", segment_then=pl.col("rfm_segment").cast(pl.String))


def _cause() -> pl.Expr:
    """The first step that changed the segment."""
    then, first, same_cuts = (pl.col(name) for name in ("segment_then", "first", "same_cuts"))
    return (
        pl.when(then.is_null())
        .then(pl.lit(ARRIVED))
        .when(then.ne_missing(first))
        .then(pl.lit(CORRECTED))
        .when(first.eq_missing(same_cuts))
        .then(pl.lit(CUT_POINTS_MOVED))
        .when("has_bought")
        .then(pl.lit(BOUGHT))
        .otherwise(pl.lit(TIME))
    )
