"""The class of every destination: one kind of record at one configured platform."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Literal

import polars as pl

from enrich.destinations.base import (
    Addressee,
    AsksFirst,
    Batch,
    DestinationSettings,
    MappedField,
    MovesAddress,
    Payload,
    RateLimit,
    RecordKey,
    Removable,
    Row,
    Tools,
)
from enrich.destinations.kinds import KINDS, PROFILES
from enrich.destinations.mapping import (
    JSON_FORMATS,
    Format,
    own_names,
    render_rows,
    without_computed,
)
from enrich.errors import BadSettings, EnrichError
from enrich.installed import page
from enrich.model import Outcome, RecordResult, Rules
from enrich.profile import fields

FACTS_LAST = timedelta(days=183)


class DestinationEntity(ABC):
    """One kind of record that a platform takes; an instance is configured and ready to push.

    A platform is a module or folder beside this one, with a class for its profiles that names its
    `kind`; `others` are the classes of its further records, in the order in which they are pushed,
    each off until the settings' `entities` name it. What a platform takes and reports is an
    attribute each; an adapter gives those that differ. On the class they are what holds when the
    settings change nothing; `adapt` changes those of an instance.
    """

    # -- what it is ----------------------------------------------------------------------------

    kind: ClassVar[str]  # what the settings call the platform
    name: ClassVar[str] = PROFILES
    version: ClassVar[str]  # another one sends every record again
    # What it was made from: the vendor's version, its pages, and when these were last read for it.
    api_version: ClassVar[str] = ""
    vendor_pages: ClassVar[tuple[str, ...]] = ()
    checked_on: ClassVar[date | None] = None
    Settings: ClassVar[type[DestinationSettings]]
    example: ClassVar[Mapping[str, Any]] = {}  # what a small settings table needs
    needs: ClassVar[tuple[str, ...]] = ()  # keys the entity cannot do without
    erases_with: ClassVar[Mapping[str, Any]] = {}  # settings without which erasing is by hand
    others: ClassVar[tuple[type[DestinationEntity], ...]] = ()
    mapping: ClassVar[tuple[MappedField, ...]] = own_names()
    settings: Any

    # -- what it takes; None: no limit is known ------------------------------------------------

    record_key: RecordKey = "record_id"
    transport: Literal["json_batch", "single", "file", "job"] = "json_batch"
    max_records: int | None = None
    max_bytes: int | None = None
    max_record_bytes: int | None = None
    max_open_jobs: int = 1
    rate_limit: RateLimit | None = None
    poll_rate: RateLimit | None = None  # how often the end of a job may be asked for
    concurrency: int = 1
    whole_table: bool = False  # one change sends every record
    confirms_first: bool = True  # a person confirms the first push
    fields_created_first: bool = False
    # When the platform is asked whether it has a record before the record is sent.
    asks_first: AsksFirst = "never"
    # What makes a repeated request harmless; None: nothing does.
    idempotency_key: str | None = None

    # -- what changes and ends there -----------------------------------------------------------

    diff_days_since: bool = False  # a field that counts days until now is a change of its own
    null_meaning: Literal["clears", "ignored", "unknown"] = "unknown"  # for a value that is there
    sends_empty: bool = True  # False: a computed value that no longer holds is left out too
    takes_changes: bool = True  # False: what was accepted can never be changed
    tells_end: bool = True  # False: nor can it be taken back when it counts no longer
    ends_by_id: bool = False  # that it is over needs no address, even where records are known by it
    removals: Removable = ()  # of a customer who is gone
    # What becomes of the old contact when an address changes. update: it gets the new address
    # first. Else, once the new one is accepted: clear, its fields are emptied; merge, it goes into
    # the new one; delete. field: people are known by something else, an address is only a field.
    moves_address: MovesAddress = "field"

    # How much the platform reports about the single record.
    result_fidelity: Literal["per_record", "rejected_only", "counts_only", "none"] = "per_record"

    def __init__(self, settings: Any, tools: Tools) -> None:
        self.settings = settings
        self.http = tools.http
        self.data_dir = tools.data_dir
        self.session = tools.session
        self.clock = tools.clock
        self.profile_fields = (*fields(Rules(windows=tools.windows)), *tools.own_fields)
        self.audiences = tools.audiences
        self.adapt()
        self.fields = self._fitted(self.mapped())

    @classmethod
    def open(cls, settings: Any, tools: Tools) -> DestinationEntity:
        """The entity as the settings describe it; raises BadSettings."""
        return cls(settings, tools)

    @classmethod
    def entities(cls) -> tuple[type[DestinationEntity], ...]:
        """Every entity of the platform, in the order in which they are pushed."""
        return (cls, *cls.others)

    @classmethod
    def entity(cls, name: str) -> type[DestinationEntity]:
        """The entity of this name; KeyError when the platform does not take it."""
        return {one.name: one for one in cls.entities()}[name]

    @classmethod
    def doubt(cls, today: date) -> str | None:
        """A note when the vendor's pages were last read more than six months before the day."""
        if cls.checked_on is None or today - cls.checked_on <= FACTS_LAST:
            return None
        return (
            f"what enrich knows of {cls.kind} was checked on {cls.checked_on}; the vendor may have"
            f" changed it since: see {', '.join(cls.vendor_pages)}, or take a newer enrich"
        )

    @classmethod
    def written_back(cls, options: Mapping[str, Any]) -> frozenset[str]:
        """The fields of VTEX's own customer documents that the options let it write."""
        return frozenset()

    @property
    def after(self) -> tuple[str, ...]:
        """The entities that have to be there before."""
        return KINDS[self.name].after if self.name in KINDS else ()

    @property
    def record_options(self) -> dict[str, Any]:
        """The settings that decide which records there are."""
        names = KINDS[self.name].options if self.name in KINDS else ()
        return {name: getattr(self.settings, name) for name in names}

    # -- what an adapter may say otherwise -----------------------------------------------------

    def adapt(self) -> None:
        """Set the attributes that the settings change."""
        if self.settings.diff_days_since is not None:
            self.diff_days_since = self.settings.diff_days_since

    def mapped(self) -> tuple[MappedField, ...]:
        """The mapping with what the settings change of it."""
        return own_names(
            getattr(self.settings, "fields", ()),
            self.settings.names,
            known=self.profile_fields,
            diff_days_since=self.diff_days_since,
        )

    @property
    @abstractmethod
    def mapping_version(self) -> str:
        """What, beside names and formats, decides the bytes sent (separators, date format)."""

    @property
    def formats(self) -> Mapping[str, Format]:
        """How a value is written, by the format of its field."""
        return JSON_FORMATS

    @property
    def empty(self) -> Any:
        """How a computed value that no longer holds is written."""
        return None

    def shape(self, row: Row, values: dict[str, Any]) -> Payload:
        """The payload of a row from its mapped values."""
        return values

    @abstractmethod
    def problems(self) -> list[str]:
        """What is wrong with reach, credentials or set-up, a line each; nothing is written."""

    def notes(self) -> list[str]:
        """What a person should know of these settings though nothing is wrong with them."""
        return []

    def unmet(self) -> list[str]:
        """What the platform demands of every new record and is not sent; asked before a push."""
        return []

    @abstractmethod
    def validate(self, row: Row) -> str | None:
        """Why this record cannot be sent, without its values; None when it can.

        A row of profiles has the contact's attributes, record_id, hash and is_known, nothing
        computed.
        """

    @abstractmethod
    def push(self, batch: Batch) -> list[RecordResult]:
        """Exactly one outcome for every record of the batch; a queued one may name its job."""

    def poll(self, job_id: str, records: Sequence[Addressee]) -> list[RecordResult] | None:
        """One outcome for every record of a job that is over; None while it is not."""
        return None

    def erase(self, records: Sequence[Addressee]) -> list[RecordResult]:
        """One outcome for every person to erase; invalid where somebody must do it by hand."""
        message = "this platform documents no erasure: delete the person there by hand"
        return [RecordResult(one.record_id, Outcome.INVALID, "by_hand", message) for one in records]

    def move(self, old: Addressee, address: str) -> RecordResult:
        """The contact gets the new address; rejected where another contact has it already.

        Accepted with the code GONE: there is no such contact. Only where `moves_address` is update.
        """
        raise NotImplementedError

    def leave(self, old: Addressee, address: str) -> RecordResult:
        """What became of the old contact of somebody who was accepted at a new address.

        Accepted with the code GONE: nothing of it is left.
        """
        raise NotImplementedError

    def remember(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The rows with `memo`: what a later change has to repeat once they are sent."""
        return frame

    def drop_files(self, before: datetime) -> list[str]:
        """Delete our files from before the moment; return their names."""
        return []

    def requests_for(self, record_count: int, byte_count: int) -> int:
        """About how many requests the limits of count and bytes ask for; a file is one."""
        by_count = -(-record_count // self.max_records) if self.max_records else 1
        by_bytes = -(-byte_count // self.max_bytes) if self.max_bytes else 1
        if self.transport == "single":
            return record_count
        return max(by_count, by_bytes) if record_count else 0

    def render(self, frame: pl.DataFrame) -> list[Payload]:
        """The records as the platform takes them; from rows with record_id, hash and is_known."""
        values = render_rows(
            frame, self.fields, self.formats, sends_empty=self.sends_empty, empty=self.empty
        )
        rows = without_computed(frame).iter_rows(named=True)
        return [self.shape(row, own) for row, own in zip(rows, values, strict=True)]

    # -- the same for all ----------------------------------------------------------------------

    def check(self) -> list[str]:
        """The problems, or the fault that kept us from finding out."""
        try:
            return self.problems()
        except EnrichError as error:
            return [str(error)]

    def _fitted(self, mapped: tuple[MappedField, ...]) -> tuple[MappedField, ...]:
        """The fields that profiles have; a change of an ignored one alone sends nothing."""
        if self.name != PROFILES:  # the fields of the settings are those of profiles
            return mapped
        known = {field.name for field in self.profile_fields}
        _require_known(self.settings, known)
        own = {field.source for field in self.mapping}
        refused = {field.name for field in self.profile_fields if not field.can_be_named} - own
        _refuse(sorted(refused & {field.source for field in mapped}))
        ignored = self.settings.ignore_changes_of
        return tuple(
            replace(field, is_diffed=field.is_diffed and field.source not in ignored)
            for field in mapped
            if field.source in known
        )


def _require_known(settings: DestinationSettings, known: Set[str]) -> None:
    """Raise BadSettings when the settings name a field of a window that there is not."""
    named = (*settings.names, *settings.ignore_changes_of, *getattr(settings, "fields", ()))
    unknown = sorted(set(named) - known)
    if unknown:
        raise BadSettings(f"no profile has {', '.join(unknown)}: see `windows` in the settings")


def _refuse(named: Sequence[str]) -> None:
    """Raise BadSettings when a mapping names consent or a hold-out."""
    if named:
        raise BadSettings(
            f"no mapping sends {', '.join(named)}: take it out of the settings of the destination;"
            f" for consent see {page('consent.md')}"
        )
