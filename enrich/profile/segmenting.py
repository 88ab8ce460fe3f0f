"""The segments of a day from purchases alone: what comparing two days needs, without profiles."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from enrich.model import Rules
from enrich.profile.bought import bought_until
from enrich.profile.cells import in_window, standings
from enrich.profile.contracts import checked_purchases
from enrich.profile.scoring import histograms, score_columns, scoring_of, segment_columns
from enrich.profile.segments import SEGMENTS, SegmentTable
from enrich.profile.windows import LIFETIME, windows


@dataclass(frozen=True, slots=True)
class DaySegments:
    """`segments`: customer_key, rfm_segment, a row per customer; the cut points that made them."""

    segments: pl.DataFrame
    cut_points: pl.DataFrame


def segments_of_day(
    customer_keys: pl.Series,
    purchases: pl.DataFrame,
    as_of: date,
    rules: Rules,
    frozen_cut_points: pl.DataFrame | None = None,
    *,
    table: SegmentTable = SEGMENTS,
) -> DaySegments:
    """The same segments that `build_profiles` gives on the day; the cut points of their window.

    `purchases` has the columns of contracts.PURCHASES. A segment is null for who bought, but not
    in the window that makes segments. Raises Stop when an input breaks its contract.
    """
    keys = customer_keys.sort()
    ranks = standings(bought_until(keys, checked_purchases(purchases), as_of))
    window = next(one for one in windows(rules.beyond_360) if one.name == rules.segment_window)
    scoring = scoring_of([histograms(ranks, (window,))], rules, frozen_cut_points)
    columns = score_columns(ranks, scoring, (window,))
    columns["orders_lifetime"] = pl.Series(in_window(ranks.orders, LIFETIME))
    named = segment_columns(columns, window.name, table)["rfm_segment"].cast(pl.String)
    segments = pl.DataFrame({"customer_key": keys, "rfm_segment": named})
    return DaySegments(segments, scoring.cut_points)
