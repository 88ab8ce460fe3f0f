"""The frozen values that cross the boundaries between adapters, jobs and the core."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One source document, pruned to the allow-listed fields.

    `payload` is JSON text with the source's own field names; `changed_at` is UTC or None.
    """

    key: str
    payload: str
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reject:
    """One record set aside whole, with its reason; `line` is 1-based within `source`."""

    key: str | None
    reason: str
    payload: str
    source: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of UTC time, both ends inside (VTEX filters are inclusive)."""

    start_at: datetime
    end_at: datetime


@dataclass(frozen=True, slots=True)
class Loaded:
    """What one load did: rows new, changed, unchanged, and records set aside."""

    new_count: int = 0
    changed_count: int = 0
    unchanged_count: int = 0
    reject_count: int = 0

    def __add__(self, other: Loaded) -> Loaded:
        return Loaded(
            self.new_count + other.new_count,
            self.changed_count + other.changed_count,
            self.unchanged_count + other.unchanged_count,
            self.reject_count + other.reject_count,
        )


WINDOWS_DAYS = (30, 60, 90, 180, 360)
"""The windows of days every installation has; a setting adds longer ones."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings of one store that decide what the numbers mean (DESIGN section 2).

    `windows` are those of the installation, ascending; `beyond_last` is `older` or `lifetime`.
    """

    time_zone: str = "UTC"
    currency: str | None = None
    purchase_rule: str = "authorized"
    returned_purchases: str = "count"
    amount_basis: str = "net"
    beyond_last: str = "older"
    product_label: str = "name"
    category_label: str = "leaf"
    rfm_method: str = "icomm"
    rfm_frozen_for: str = "never"
    segment_window: str = "lifetime"
    windows: tuple[int, ...] = WINDOWS_DAYS
    rfm_thresholds: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class Outcome(StrEnum):
    """What became of one pushed record."""

    ACCEPTED = "accepted"
    QUEUED = "queued"
    UNCHANGED = "unchanged"
    INVALID = "invalid"
    REJECTED = "rejected"
    RETRYABLE = "retryable"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class RecordResult:
    """The outcome of one record of one batch; `message` holds no customer's value.

    `job_id` names the platform's job whose end decides about a queued record; None when none will.
    """

    record_id: str
    outcome: Outcome
    code: str | None = None
    message: str | None = None
    job_id: str | None = None


def last_complete_day(now: datetime, time_zone: str) -> date:
    """The newest day of the store's calendar that is over at the UTC moment `now`."""
    return now.astimezone(ZoneInfo(time_zone)).date() - timedelta(days=1)


def tidy_document_id(text: str) -> str:
    """The id of a Master Data document as it is compared: VTEX shows one in several letter cases,
    with and without the prefix of its entity."""
    return text.strip().lower().removeprefix("cl-")
