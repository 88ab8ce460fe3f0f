"""What a sync asks of a source: what changed since, records by key, a proof that none is missing.

A source names its entities in the order in which they are pulled. Each entity is of one kind, by
what its system lets us ask, and each kind has its own proof of completeness:

    Listed    a list says what changed; every whole day of it is compared with what is stored
    Changing  what was touched since a moment; once a week the ids of all are compared
    Wanted    asked for by key when an order names one; complete when none is unknown
    Whole     a short list, asked for whole every time: nothing can be missing
    Rows      orders, lines and customers in our own columns; every row is loaded or rejected

`enrich/sources/registry.py` lists the sources; `enrich/sync` pulls each kind and knows no source.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

import polars as pl
from pydantic import SecretStr

from enrich.client import Http
from enrich.errors import BadSettings
from enrich.model import Outcome, RawRecord, Reject, Rules, Span


@dataclass(frozen=True, slots=True)
class Missing:
    """A document that could not be had this time, and why; the reason holds no value."""

    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class Gone:
    """A document that the source says it does not have."""

    key: str


Fetched: TypeAlias = RawRecord | Reject | Missing
Batch: TypeAlias = list[RawRecord | Reject]


@dataclass(frozen=True, slots=True)
class Pulled:
    """The records of a short list; `note` says why it is empty when it could not be had."""

    records: tuple[RawRecord | Reject, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """One listing of orders: which moment of an order is filtered, and the stretch of it."""

    date_field: str
    span: Span


_MOMENT = pl.Datetime("us")
_LISTING: dict[str, Any] = {
    "order_id": pl.String,
    "status": pl.String,
    "total_value": pl.Int64,
    "is_complete": pl.Boolean,
    "authorized_at": _MOMENT,
    "last_change_at": _MOMENT,
    "invoice_input": pl.String,
}
LISTING_SCHEMA = pl.Schema(_LISTING)
"""What is remembered of a listed order; amounts in hundredths, moments in UTC without a zone.
`invoice_input` is what the list says of returns, as one text; null without any."""
LISTED_SCHEMA = pl.Schema({**_LISTING, "created_at": _MOMENT})
"""What one listing tells: created_at is for the proof afterwards, not remembered."""
_FACTS: dict[str, Any] = {
    "order_id": pl.String,
    "detail_status": pl.String,
    "detail_cents": pl.Int64,
    "detail_changed_at": _MOMENT,
}
FACTS_SCHEMA = pl.Schema(_FACTS)
"""What the document of an order says of itself."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The orders of one window small enough to be listed, one row an order, as LISTED_SCHEMA.

    `unlisted_count`: orders that the source counts and did not list, however often it was asked, or
    listed without an id.
    """

    window: Window
    rows: pl.DataFrame
    unlisted_count: int = 0


@dataclass(frozen=True, slots=True)
class FileCount:
    """How many rows a file has, the rejects among them, and the words of closed lists that nobody
    knows, each with its rows and its first line."""

    name: str
    row_count: int
    rejects: list[Reject] = field(repr=False)
    unknown: Mapping[str, tuple[int, int]] = field(default_factory=dict, repr=False)

    @property
    def reasons(self) -> dict[str, tuple[int, int | None]]:
        """How many rows each reason rejected and the first line, most frequent first; no value."""
        counts = Counter(reject.reason for reject in self.rejects)
        first = {reject.reason: reject.line for reject in reversed(self.rejects)}
        return {reason: (count, first[reason]) for reason, count in counts.most_common()}


@dataclass(frozen=True)
class ImportFrames:
    """What the files hold; None for a file that was not given.

    orders, a row per order_id: order_id, customer_id (null: anonymous), email, ordered_at (UTC,
      naive, microseconds), amount_cents (negative: a refund), currency, status, promo_code,
      refund_of, source (the name of the file), line.
    items: order_id, line_no (from 1 within the order, as in the file), sku, quantity, amount_cents,
      product, brand, category. A repeated line is a repeated sale.
    customers, a row per customer_id: customer_id, email, first_name, last_name, phone, birth_date,
      document, gender, newsletter_opt_in, sms_opt_in, whatsapp_opt_in, ads_opt_in, locale,
      extra_fields (JSON text, null without any).
    rejects: the bad rows of all files. counts: how many rows and rejects each file has. notes: what
      was ignored or left out, a line each.
    """

    orders: pl.DataFrame | None
    items: pl.DataFrame | None
    customers: pl.DataFrame | None
    rejects: list[Reject] = field(default_factory=list, repr=False)
    counts: list[FileCount] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class SourceEntity(ABC):
    """One kind of record of a source."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What it is called in reports, in `--entity` and in the warehouse."""

    def known_until(self, now: datetime) -> datetime:
        """The moment up to which the source surely knows at `now`: the next watermark."""
        return now


class Documents(SourceEntity):
    """An entity whose records are documents, kept as the source has them."""

    @abstractmethod
    def parse(self, document: bytes) -> RawRecord | Reject:
        """The record of a document that was kept, by the rules of today."""


class Whole(Documents):
    """A short list, asked for whole at every sync; one that cannot be had is a note."""

    @abstractmethod
    def read(self) -> Pulled:
        """All of it."""


class Wanted(Documents):
    """Records asked for by key: those that an order names and nobody knows yet."""

    @abstractmethod
    def fetch(self, keys: Iterable[str]) -> Iterator[Fetched]:
        """The records in the order asked for: each a record, a reject, or missing."""


class Daily(Documents):
    """Records that move all day, asked for by key once a day: of what is sold most."""

    @abstractmethod
    def fetch(self, keys: Sequence[str]) -> Iterator[Fetched]:
        """A record a key, in the order asked for."""


class Changing(Documents):
    """Records touched since a moment; once a week the ids of all prove that none is missing."""

    @abstractmethod
    def changed(self, since: datetime | None, now: datetime) -> Iterator[Batch]:
        """Those touched since the watermark, a batch a page; None: all."""

    @abstractmethod
    def ids(self) -> Iterator[list[str]]:
        """The ids of all, a page at a time; one that changes meanwhile may not come."""

    @abstractmethod
    def fetch(self, keys: Iterable[str]) -> Iterator[Fetched | Gone]:
        """The records as they are now, in the order asked for: a read by id is never late."""


class Listed(Documents):
    """Orders: a list tells which to look at, and each whole day of it is compared with ours."""

    @property
    def sales_channels(self) -> tuple[str, ...]:
        """The ones that are listed; empty: all."""
        return ()

    @abstractmethod
    def windows(
        self, since: datetime | None, now: datetime, *, is_long: bool
    ) -> tuple[Window, ...]:
        """What to list after a run that knew up to `since` (None: never); never ahead of `now`.

        The first window begins earliest. `is_long` also looks for late changes of old orders.
        """

    @abstractmethod
    def created_in(self, span: Span, now: datetime) -> tuple[Window, ...]:
        """What to list to see every order created in the span."""

    @abstractmethod
    def listings(self, window: Window) -> Iterator[Listing]:
        """The listings that together make up the window, oldest first."""

    @abstractmethod
    def need_detail(self, rows: pl.DataFrame, stored: pl.DataFrame, now: datetime) -> Sequence[str]:
        """The ids of the listed orders to fetch: new, changed, or not final for a day."""

    @abstractmethod
    def fetch(
        self, keys: Iterable[str], changes: Mapping[str, datetime | None] | None = None
    ) -> Iterator[Fetched]:
        """The orders in the order asked for; one older than its change is fetched once more."""

    @abstractmethod
    def facts(self, records: Iterable[RawRecord]) -> pl.DataFrame:
        """What the documents say of themselves, as FACTS_SCHEMA."""

    @abstractmethod
    def shows(self, record: RawRecord) -> bool:
        """Whether the list would show this order."""


class Rows(SourceEntity):
    """Orders, their lines and customers in our own columns: every row is loaded or rejected.

    A source whose documents need not be kept: matching, refunds and profiles follow by themselves.
    """

    @abstractmethod
    def changed(self, since: datetime | None, now: datetime, rules: Rules) -> ImportFrames:
        """What changed since the watermark; None: all there is. All lines of an order together."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What one permission turned out to be; `detail` says what to do, without any value.

    `is_answered` is False when nothing came back that would tell.
    """

    resource: str
    works: bool
    needed: bool
    detail: str
    is_answered: bool = True


@dataclass(frozen=True, slots=True)
class WantedOptIn:
    """What a customer's document is to hold; `was` is what it held when that was decided."""

    contact_id: str
    email: str = field(repr=False)
    was: bool | None
    opted_in: bool


@dataclass(frozen=True, slots=True)
class WroteOptIn:
    """What became of one write; `found` is what stood there, None also when nobody looked."""

    contact_id: str
    outcome: Outcome
    code: str | None = None
    found: bool | None = None


class Newsletter(ABC):
    """The newsletter opt-in of a source's customers, read and written."""

    @abstractmethod
    def read(self, contact_ids: Sequence[str]) -> dict[str, bool | None]:
        """What these documents say now, by id; those that could not be read are left out."""

    @abstractmethod
    def write(self, wanted: Sequence[WantedOptIn]) -> Iterator[WroteOptIn]:
        """What became of each, in their order."""

    @abstractmethod
    def create(self, wanted: Sequence[WantedOptIn]) -> Iterator[WroteOptIn]:
        """What became of documents of people whom the source does not know."""


class JobState(StrEnum):
    """How far an erasure job is; one that is being filed may or may not be there."""

    NEW = "new"
    FILING = "filing"
    IN_PROGRESS = "in progress"
    FAILED = "failed"
    DONE = "done"


class Erasure(ABC):
    """The source's own erasure of a person, by address: a job that takes a while."""

    @abstractmethod
    def file(self, email: str) -> str:
        """The id of a new job. Raises Unanswered when nobody knows whether it was filed; every
        other error says that it was not."""

    @abstractmethod
    def state(self, job_id: str) -> JobState:
        """Whether the job is IN_PROGRESS, FAILED or DONE."""


@dataclass(frozen=True, slots=True)
class SourceAccount:
    """How a store reaches its source, as the settings have it; the keys are read."""

    url: str
    app_key: SecretStr
    app_token: SecretStr
    http: Http
    sales_channels: tuple[str, ...] = ()
    extra_fields: tuple[str, ...] = ()
    detail_threads: int = 5
    list_threads: int = 2
    first_sync_days: int = 730
    erases: bool = False


class Source(ABC):
    """Where the records of a store come from."""

    @property
    @abstractmethod
    def entities(self) -> tuple[SourceEntity, ...]:
        """What it has; each kind is pulled in this order."""

    @property
    def listed(self) -> Listed:
        """Its listed orders; raises BadSettings when it lists none."""
        for entity in self.entities:
            if isinstance(entity, Listed):
                return entity
        raise BadSettings("the source of this store does not list its orders")

    @property
    def newsletter(self) -> Newsletter | None:
        """Where the opt-ins of its customers are read and written; None: nowhere."""
        return None

    @property
    def erasure(self) -> Erasure | None:
        """Its own erasure of people; None: it has none."""
        return None

    def verify(self) -> list[Probe]:
        """What its credentials may do, the needed permissions first."""
        return []
