"""The frozen values that cross the boundaries between adapters, jobs and the core."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

VTEX = "vtex"
"""The source and the side of consents that is a shop's VTEX account."""

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""What a moment that another program names lies between: VTEX was founded in 2000, .NET writes "no
date" as the first day of year 1, and the ends of the calendar have no moment in UTC."""

MAX_CENTS = 10**13
"""The largest amount of one order, line or refund: a hundred billion of any currency. A barcode, a
telephone number or a moment in milliseconds that stands where the amount should is larger."""
MAX_TOTAL_CENTS = 10**18
"""What all amounts of a store may add up to: then no sum of any of them, nor twice of it, leaves 64
bits, and it is shown with 18 digits."""
MAX_QUANTITY = 10**9
MAX_KEY = 320
"""The longest id, in characters; an e-mail address is no longer."""
MAX_TEXT = 10_000
"""The longest text in one field of a document or a cell of a file, in characters."""


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
    """One record rejected whole, with its reason; `line` is 1-based within `source`."""

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
    """What one load did: rows new, changed, unchanged, and rejected records."""

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
    Without a `product_label` it is `name`, or what an upgrade kept for the store.
    """

    time_zone: str = "UTC"
    currency: str | None = None
    purchase_rule: str = "authorized"
    returned_purchases: str = "count"
    amount_basis: str = "net"
    beyond_last: str = "older"
    product_label: str | None = None
    category_label: str = "leaf"
    rfm_method: str = "icomm"
    rfm_frozen_for: str = "never"
    segment_window: str = "lifetime"
    max_people_per_identifier: int = 3
    windows: tuple[int, ...] = WINDOWS_DAYS
    rfm_thresholds: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


@dataclass(frozen=True, slots=True)
class FileFormat:
    """How an import file is written, as far as somebody set it; None and empty: nobody did.

    `columns` has their name by ours, `statuses` our status by their word.
    """

    encoding: str | None = None
    decimal: str | None = None
    dates: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    statuses: Mapping[str, str] = field(default_factory=dict)
    sheet: str | None = None
    header_line: int | None = None


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
    return store_day(now, time_zone) - timedelta(days=1)


def store_day(now: datetime, time_zone: str) -> date:
    """The day it is on the store's calendar at the UTC moment `now`."""
    return now.astimezone(ZoneInfo(time_zone)).date()


def tidy_document_id(text: str) -> str:
    """The id of a Master Data document as it is compared: VTEX shows one in several letter cases,
    with and without the prefix of its entity."""
    return text.strip().lower().removeprefix("cl-")
