"""A shop whole in memory, and its profiles in one piece, by the stage that makes them in blocks."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from enrich.model import Rules
from enrich.profile import SEGMENTS, Details, Parts, SegmentTable, notes, profile_parts, score_parts
from enrich.profile.contracts import FACTS


@dataclass(frozen=True)
class Frames:
    """The frames of one store; without sales, profiles do not say what customers are like."""

    customers: pl.DataFrame
    purchases: pl.DataFrame
    lines: pl.DataFrame
    promo_codes: pl.DataFrame
    sales: pl.DataFrame | None = None
    facts: pl.DataFrame | None = None


@dataclass(frozen=True)
class OnePart:
    """Frames as a single part."""

    frames: Frames
    count: int = 1

    def customers(self, part: int) -> pl.DataFrame:
        return self.frames.customers

    def purchases(self, part: int) -> pl.DataFrame:
        return self.frames.purchases

    def details(self, part: int) -> Details:
        return Details(self.frames.lines, self.frames.promo_codes)

    def sales(self, part: int) -> pl.DataFrame | None:
        return self.frames.sales

    def facts(self, part: int, purchase_nos: pl.Series) -> pl.DataFrame:
        facts = pl.DataFrame(schema=FACTS) if self.frames.facts is None else self.frames.facts
        return facts.filter(pl.col("purchase_no").is_in(purchase_nos.implode()))


@dataclass(frozen=True)
class Made:
    """One row per customer, the run's cut points, lines for a person."""

    profiles: pl.DataFrame
    cut_points: pl.DataFrame
    notes: tuple[str, ...]


def build_profiles(
    shop: Frames | Parts,
    as_of: date,
    rules: Rules,
    history: pl.DataFrame | None = None,
    *,
    frozen_cut_points: pl.DataFrame | None = None,
    history_since: date | None = None,
    segments: SegmentTable = SEGMENTS,
) -> Made:
    """One profile per customer of frames, or of a single part, in the order of customer_key."""
    parts = OnePart(shop) if isinstance(shop, Frames) else shop
    scored = score_parts(
        parts,
        as_of,
        rules,
        frozen_cut_points,
        history_since=history_since,
        customers_per_block=max(parts.customers(0).height, 1),
    )
    (profiles,) = profile_parts(scored, history, segments=segments)
    return Made(profiles, scored.cut_points, notes(scored.cut_points))
