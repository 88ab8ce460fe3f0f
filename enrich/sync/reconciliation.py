"""Does the store equal the source? What a sync listed against what is stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from enrich.errors import HeldBack
from enrich.model import Span
from enrich.warehouse import Warehouse

TOLERATED_COUNT = 1
"""One order may always differ: it can change between the list and the look at the store."""

SUMS = (
    "listed_count",
    "stored_count",
    "set_aside_count",
    "missing_count",
    "unlisted_count",
    "differing_count",
    "found_by_id_count",
    "list_differs_count",
    "stored_cents",
    "unexplained_count",
    "unexplained_cents",
)


@dataclass(frozen=True, slots=True)
class Proof:
    """What the last look at every day of a store found; counts are orders, money is cents.

    `first_on` and `last_on` bound the days with an unexplained difference; None when there is none.
    """

    store: str
    counts: Mapping[str, int]
    limit_share: float
    first_on: date | None
    last_on: date | None
    reconciled_at: datetime | None

    @property
    def unexplained_count(self) -> int:
        return self.counts["unexplained_count"]

    @property
    def tolerated_count(self) -> float:
        """At most so many unexplained orders let a push go on."""
        return max(TOLERATED_COUNT, self.limit_share * self.counts["listed_count"])

    @property
    def is_held(self) -> bool:
        return self.unexplained_count > self.tolerated_count

    @property
    def line(self) -> str:
        """One line for a person."""
        counts = self.counts
        return (
            f"{self.store}: {counts['listed_count']:,} orders listed, {counts['stored_count']:,}"
            f" of them stored, {counts['set_aside_count']:,} rejected;"
            f" unexplained: {self.unexplained_count:,} orders,"
            f" {counts['unexplained_cents'] / 100:,.2f}"
        )

    @property
    def reason(self) -> str:
        """Why a push is held and what to do, in one line."""
        counts = self.counts
        return (
            f"push held: {self.store} differs from VTEX by {self.unexplained_count:,} orders"
            f" ({counts['missing_count']:,} not stored, {counts['unlisted_count']:,} no longer"
            f" listed, {counts['differing_count']:,} with other cents), more than"
            f" {self.tolerated_count:,.0f}; read them again with"
            f" `enrich sync --from {self.first_on} --to {self.last_on}`, days in `enrich status`"
        )

    def as_json(self) -> dict[str, Any]:
        """The counts for the run's row and for artifacts."""
        return {**self.counts, "is_held": self.is_held}


def read_proof(warehouse: Warehouse, store: str) -> Proof | None:
    """What the syncs of the store have proved so far; None for a store without a figure of VTEX."""
    days = warehouse.orders.reconciliation(store)
    return proof_of(store, days) if days.height else None


def proof_of(store: str, days: pl.DataFrame) -> Proof:
    """The days summed up; `days` are rows of the table reconciliation of one store.

    What the table of an older read copy does not count is zero.
    """
    off = days.filter(pl.col("unexplained_count") > 0)["day_on"].drop_nulls()
    newest = days.sort("reconciled_at").tail(1)
    return Proof(
        store,
        {name: int(days[name].sum()) if name in days.columns else 0 for name in SUMS},
        newest["limit_share"].item(),
        _day(off.min()),
        _day(off.max()),
        newest["reconciled_at"].item(),
    )


def _day(value: object) -> date | None:
    return value if isinstance(value, date) else None


def unproven(warehouse: Warehouse, store: str) -> HeldBack | None:
    """What holds the pushes of the store back while it differs too much from VTEX; else None."""
    proof = read_proof(warehouse, store)
    return HeldBack(proof.reason) if proof is not None and proof.is_held else None


def whole_days(spans: Iterable[Span], zone: ZoneInfo) -> list[date]:
    """The days of the calendar of `zone` that lie whole in one of the spans."""
    found: set[date] = set()
    for span in spans:
        day = span.start_at.astimezone(zone).date()
        while _start_of(day + timedelta(days=1), zone) <= span.end_at:
            if _start_of(day, zone) >= span.start_at:
                found.add(day)
            day += timedelta(days=1)
    return sorted(found)


def spans_of(days: Iterable[date], zone: ZoneInfo) -> list[Span]:
    """The whole days as spans, those that follow one another as one; oldest first."""
    spans: list[Span] = []
    for day in sorted(days):
        span = Span(_start_of(day, zone), _start_of(day + timedelta(days=1), zone))
        if spans and spans[-1].end_at == span.start_at:
            span = Span(spans.pop().start_at, span.end_at)
        spans.append(span)
    return spans


def _start_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)
