"""What a destination is: its limits as data, its settings, its operations.

A platform is one file that ends in an `Adapter`, and one line in REGISTRY. Everything the engine,
the documents and the contract tests need to know about it is said here as data.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol, runtime_checkable
from urllib.parse import urlsplit

import polars as pl
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from enrich.client import Call, Response
from enrich.model import WINDOWS_DAYS, RecordResult
from enrich.profile import is_field_name

Removals = Literal["nothing", "clear", "delete"]
Payload = Mapping[str, Any]
Row = Mapping[str, Any]

SECRET_KINDS = frozenset({"env", "file", "prefect_block"})

PROFILES = "profiles"


@dataclass(frozen=True, slots=True)
class RateLimit:
    """So many requests in so many seconds; `is_shared` when other users of the account count."""

    requests: int
    seconds: float
    is_shared: bool = False


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a platform takes and tells back.

    `max_*` None means no limit is known. `result_fidelity` is how much the platform says about the
    single record; `null_meaning` what an empty value does there to a value it already has.
    `idempotency_key` names what makes a repeated request harmless, None when nothing does.
    `removals`: what can be done about a customer who is gone. `sends_empty` False: a computed value
    that no longer holds is left out too. `confirms_first`: a person confirms the first push.
    `takes_changes` False: what was accepted can never be changed there. `tells_end` False: nor can
    it be taken back when it counts no longer. `asks_first`: when the platform is asked whether it
    has a record before the record is sent.
    """

    entities: tuple[str, ...]
    modes: tuple[Literal["upsert", "update_only", "mirror", "snapshot"], ...]
    record_key: Literal["customer_key", "email", "record_id"]
    transport: Literal["json_batch", "single", "file", "job"]
    result_fidelity: Literal["per_record", "rejected_only", "counts_only", "none"]
    null_meaning: Literal["clears", "ignored", "unknown"]
    max_records: int | None = None
    max_bytes: int | None = None
    max_record_bytes: int | None = None
    rate_limit: RateLimit | None = None
    concurrency: int = 1
    idempotency_key: str | None = None
    fields_created_first: bool = False
    diff_days_since: bool = False
    whole_table: bool = False
    removals: tuple[Literal["clear", "delete"], ...] = ()
    sends_empty: bool = True
    confirms_first: bool = True
    max_open_jobs: int = 1
    takes_changes: bool = True
    tells_end: bool = True
    asks_first: Literal["never", "doubt", "always"] = "never"


@dataclass(frozen=True, slots=True)
class MappedField:
    """One of our profile fields, its name on the platform and how its value is written there.

    `format` is a key of the adapter's formats. `is_documented` is False where the platform's own
    name is not public and the name is ours. `is_diffed` False: a change of it alone sends nothing.
    """

    source: str
    target: str
    format: str
    is_documented: bool = True
    is_diffed: bool = True


@dataclass(frozen=True, slots=True)
class Record:
    """One rendered record; `hash` is the canonical hash of the values the payload was made from.

    `is_doubtful`: the platform may have it already, and is to be asked first where it can be.
    """

    record_id: str
    hash: str
    payload: Payload
    is_doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Batch:
    """What one `push` sends.

    `frame` has one row per record: record_id, hash, is_known, and the record's columns. `records`
    are the same rows rendered; it is empty for the file transport, which writes the frame.
    `batch_id` depends on the content alone, so a batch that is sent again has the same one.
    """

    batch_id: str
    store: str
    entity: str
    as_of: date
    sent_at: datetime
    frame: pl.DataFrame
    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """When a run stops, what it may spend, what it does about customers who are gone.

    It stops when more than `stop_failed_share` failed, judged from `stop_after_records` on, and
    does not begin when the number of customers differs by more than `stop_row_change` from the
    last good run. Until somebody confirmed, `first_run_records` is all a destination gets.
    `max_records_per_day` counts every record tried in the 24 hours before.
    """

    stop_failed_share: float = 0.2
    stop_after_records: int = 100
    stop_row_change: float = 0.5
    first_run_records: int = 0
    removals: Removals = "nothing"
    max_records_per_run: int | None = None
    max_minutes_per_run: float | None = None
    max_records_per_day: int | None = None
    poll_seconds: float = 30.0
    poll_minutes: float = 60.0


@dataclass(frozen=True, slots=True)
class Addressee:
    """One record by our id and by what the platform knows it by (the e-mail, our key)."""

    record_id: str
    remote_key: str = field(repr=False)


class Destination(Protocol):
    """One configured destination."""

    @property
    def capabilities(self) -> Capabilities: ...

    @property
    def policy(self) -> Policy: ...

    @property
    def mapping_version(self) -> str:
        """What, beside names and formats, decides the bytes sent (separators, date format)."""
        ...

    @property
    def fields(self) -> tuple[MappedField, ...]:
        """The mapping, with what the settings changed of it."""
        ...

    def check(self) -> list[str]:
        """What is wrong with reach, credentials or set-up, a line each; nothing is written."""
        ...

    def validate(self, row: Row) -> str | None:
        """Why this profile cannot be sent, without its values; None when it can.

        `row` has the contact's attributes, record_id, hash and is_known, nothing computed.
        """
        ...

    def render(self, row: Row, *, is_known: bool) -> Payload:
        """The profile as the platform takes it; `is_known`: it accepted this customer before."""
        ...

    def render_all(self, frame: pl.DataFrame) -> list[Payload]:
        """The same for every row of a frame that also has record_id, hash and is_known."""
        ...

    def push(self, batch: Batch) -> list[RecordResult]:
        """Exactly one outcome for every record of the batch; a queued one may name its job."""
        ...

    def poll(self, job_id: str, records: Sequence[Addressee]) -> list[RecordResult] | None:
        """One outcome for every record of a job that is over; None while it is not."""
        ...

    def erase(self, records: Sequence[Addressee]) -> list[RecordResult]:
        """One outcome for every person to erase; invalid where somebody must do it by hand."""
        ...

    def requests_for(self, record_count: int, byte_count: int) -> int:
        """About how many requests a push of this size takes."""
        ...


@runtime_checkable
class KeepsFiles(Protocol):
    """A destination whose files stay where it put them."""

    def drop_files(self, before: datetime) -> list[str]:
        """The names of our files from before the moment, removed from there."""
        ...


class Sender(Protocol):
    """The part of the HTTP client a destination needs: paced, retried, redacted."""

    def send(self, call: Call) -> Response: ...


@dataclass(frozen=True, slots=True)
class Tools:
    """What wiring hands to an adapter: the world, already configured.

    `session` is what the entities of one destination share while they are open, such as a token.
    """

    http: Sender
    secret: Callable[[Mapping[str, str]], SecretStr]
    data_dir: Path
    sleep: Callable[[float], None] = time.sleep
    session: dict[str, str] = field(default_factory=dict, repr=False)
    windows: tuple[int, ...] = WINDOWS_DAYS


def is_safe_to_send_to(url: str) -> bool:
    """Whether personal data and keys stay unread on the way: https, or this very machine."""
    parts = urlsplit(url)
    try:
        is_here = ip_address(parts.hostname or "").is_loopback
    except ValueError:
        is_here = parts.hostname == "localhost"
    return parts.scheme == "https" or is_here


def _one_secret_source(source: dict[str, str]) -> dict[str, str]:
    if len(source) != 1 or not set(source) <= SECRET_KINDS:
        raise ValueError(
            'give exactly one of env, file, prefect_block, such as {env = "ICOMM_API_KEY"}'
        )
    return source


def _profile_field(name: str) -> str:
    if not is_field_name(name):
        raise ValueError("not a profile field; `enrich fields` lists them")
    return name


SecretRef = Annotated[dict[str, str], AfterValidator(_one_secret_source)]
FieldName = Annotated[str, AfterValidator(_profile_field)]
TargetName = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class DestinationSettings(BaseModel):
    """The keys every destination has, beside `kind`, `enabled` and `stores`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    names: dict[FieldName, TargetName] = {}
    diff_days_since: bool | None = None
    stop_failed_share: float = Field(0.2, gt=0, le=1)
    stop_after_records: int = Field(100, ge=1)
    stop_row_change: float = Field(0.5, gt=0)
    first_run_records: int = Field(0, ge=0)
    ignore_changes_of: tuple[FieldName, ...] = ()
    removals: Removals = "nothing"
    max_records_per_run: int | None = Field(None, ge=1)
    max_minutes_per_run: float | None = Field(None, gt=0)
    requests_per_minute: float | None = Field(None, gt=0)
    poll_seconds: float = Field(30, gt=0, le=600)
    poll_minutes: float = Field(60, ge=0)
    entities: tuple[str, ...] = (PROFILES,)

    @property
    def policy(self) -> Policy:
        return Policy(
            stop_failed_share=self.stop_failed_share,
            stop_after_records=self.stop_after_records,
            stop_row_change=self.stop_row_change,
            first_run_records=self.first_run_records,
            removals=self.removals,
            max_records_per_run=self.max_records_per_run,
            max_minutes_per_run=self.max_minutes_per_run,
            poll_seconds=self.poll_seconds,
            poll_minutes=self.poll_minutes,
        )


@dataclass(frozen=True, slots=True)
class Entity:
    """One kind of record that a platform takes, with its own limits, mapping and way to send.

    `name` is a key of KINDS. `after` are the entities that have to be there before; they go first
    where they are switched on too. `needs` are settings keys it cannot do without, `wishes` those
    that decide which records there are, `example` what it needs beside the adapter's own example.
    """

    name: str
    capabilities: Capabilities
    mapping: Sequence[MappedField]
    open: Callable[[Any, Tools], Destination]
    after: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    example: Mapping[str, Any] = field(default_factory=dict)
    wishes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Opened:
    """One entity of a configured destination, ready to push; `after` as its declaration says.

    `wishes` are the settings that decide which records there are, by name.
    """

    name: str
    destination: Destination
    after: tuple[str, ...] = ()
    wishes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Adapter:
    """One line of the registry: a platform's settings and the entities it takes.

    `capabilities`, `mapping` and `open` are those of the profiles, which every platform takes;
    `others` are the further ones, each off until the settings' `entities` name it. `mapping` is
    what goes out when the settings change nothing. `example` is a small complete settings table,
    used by the documents and the contract tests.
    """

    settings: type[DestinationSettings]
    capabilities: Capabilities
    mapping: Sequence[MappedField]
    open: Callable[[Any, Tools], Destination]
    example: Mapping[str, Any]
    others: tuple[Entity, ...] = ()

    @property
    def entities(self) -> tuple[Entity, ...]:
        """Every entity of the platform, in the order in which they are pushed."""
        profiles = Entity(PROFILES, self.capabilities, self.mapping, self.open)
        return in_order((profiles, *self.others))

    def entity(self, name: str) -> Entity:
        """The entity of this name; KeyError when the platform does not take it."""
        return {entity.name: entity for entity in self.entities}[name]


def in_order(entities: Sequence[Entity]) -> tuple[Entity, ...]:
    """The entities, each behind those it comes after; else in the order given."""
    there = {entity.name for entity in entities}
    ordered: list[Entity] = []
    waiting = list(entities)
    while waiting:
        done = {entity.name for entity in ordered}
        ready = next(one for one in waiting if set(one.after) & there <= done)
        ordered.append(ready)
        waiting.remove(ready)
    return tuple(ordered)
