"""The data that destinations share: settings, mapped fields, records and batches."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol
from urllib.parse import urlsplit

import polars as pl
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationInfo,
)

from enrich.client import Call, Response
from enrich.destinations.kinds import PROFILES
from enrich.model import WINDOWS_DAYS
from enrich.profile import ProfileField, is_field_name

Removals = Literal["nothing", "clear", "delete"]
RecordKey = Literal["customer_key", "email", "record_id"]
AsksFirst = Literal["never", "doubt", "always"]
MovesAddress = Literal["field", "update", "clear", "merge", "delete"]
Removable = tuple[Literal["clear", "delete"], ...]
Payload = Mapping[str, Any]
Row = Mapping[str, Any]

SECRET_KINDS = frozenset({"env", "file", "prefect_block"})


@dataclass(frozen=True, slots=True)
class RateLimit:
    """So many requests in so many seconds; `is_shared` when other users of the account count."""

    requests: int
    seconds: float
    is_shared: bool = False

    @property
    def per_second(self) -> float:
        """How fast we ask: a clock that is not ours counts it, and others may need it too."""
        return (0.8 if self.is_shared else 0.98) * self.requests / self.seconds


@dataclass(frozen=True, slots=True)
class MappedField:
    """One of our profile fields, its name on the platform and how its value is written there.

    `format` is a key of the destination's formats. `is_documented` is False where the
    platform's own name is not public and the name is ours. `is_diffed` False: a change of it alone
    sends nothing; with a `step`, nor does a move smaller than that.
    """

    source: str
    target: str
    format: str
    is_documented: bool = True
    is_diffed: bool = True
    step: float | None = None


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
class Addressee:
    """One record by our id and by what the platform knows it by (the e-mail, our key)."""

    record_id: str
    remote_key: str = field(repr=False)


class Sender(Protocol):
    """The part of the HTTP client a destination needs: paced, retried, redacted."""

    def send(self, call: Call) -> Response: ...


@dataclass(frozen=True, slots=True)
class NamedAudience:
    """An audience whose members go to a destination: our name, its name there, its channel."""

    key: str
    name: str
    channel: str


@dataclass(frozen=True, slots=True)
class Tools:
    """What a destination needs of the world, already configured.

    `secret` reads a key; in a dry run it gives an empty one, so a key is only used in a call.
    `clock` gives the true time (epoch seconds), whatever a run takes as now; unset, no token is
    near its end. `session` is what the entities of one destination share while they are open, such
    as a token. `own_fields` are the profile fields of the settings, `audiences` those whose members
    go there.
    """

    http: Sender
    secret: Callable[[Mapping[str, str]], SecretStr]
    data_dir: Path
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = lambda: 0.0
    session: dict[str, str] = field(default_factory=dict, repr=False)
    windows: tuple[int, ...] = WINDOWS_DAYS
    own_fields: tuple[ProfileField, ...] = ()
    audiences: tuple[NamedAudience, ...] = ()


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


def _profile_field(name: str, info: ValidationInfo) -> str:
    own = (info.context or {}).get("own_fields", ())
    if not is_field_name(name) and name not in own:
        raise ValueError("not a profile field; `enrich fields` lists them")
    return name


SecretRef = Annotated[dict[str, str], AfterValidator(_one_secret_source)]
FieldName = Annotated[str, AfterValidator(_profile_field)]
TargetName = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class DestinationSettings(BaseModel):
    """The keys every destination has, beside `kind`, `enabled` and `stores`.

    A push stops when more than `stop_failed_share` failed, judged from `stop_after_records` on, and
    does not begin when the number of customers differs by more than `stop_row_change` from the
    last good push. Until a person confirmed, `first_run_records` is all a destination gets.
    """

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
    def max_records_per_day(self) -> int | None:
        """The most records sent in 24 hours, every one tried counted; None: no limit."""
        return None
