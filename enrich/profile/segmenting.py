"""The segments of a day from purchases alone: what comparing two days needs, without profiles."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from enrich.model import Rules
from enrich.profile.contracts import checked_purchases
from enrich.profile.purchases import known_purchases, ranked_values
from enrich.profile.scoring import histograms, scoring_of, with_scores, with_segments
from enrich.profile.segments import SEGMENTS, SegmentTable
from enrich.profile.windows import windows


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
    """The same segments that the profiles have on the day; the cut points of their window.

    `purchases` has the columns of contracts.PURCHASES. A segment is null for who bought, but not
    in the window that makes segments. Raises Stop when an input breaks its contract.
    """
    keys = customer_keys.sort()
    known = known_purchases(keys, checked_purchases(purchases), as_of, rules.windows)
    *_, lifetime = windows(rules)
    spans = tuple(
        one for one in windows(rules) if one.name in (rules.segment_window, lifetime.name)
    )
    values = ranked_values(known, len(keys), spans)
    scoring = scoring_of([histograms(values, spans[:1])], rules, frozen_cut_points)
    named = with_segments(with_scores(values, scoring, spans[:1]), rules.segment_window, table)
    segments = pl.DataFrame([keys, named["rfm_segment"].cast(pl.String)])
    return DaySegments(segments.rename({keys.name: "customer_key"}), scoring.cut_points)
