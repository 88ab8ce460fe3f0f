"""What the platforms behind an HTTP API share: a `Wire` says what is particular to one of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import polars as pl
from pydantic import Field, SecretStr, field_validator

from enrich.client import Call, Response
from enrich.destinations.base import (
    Addressee,
    Batch,
    Capabilities,
    Destination,
    DestinationSettings,
    FieldName,
    MappedField,
    Payload,
    Policy,
    Record,
    Row,
    SecretRef,
    Sender,
    Tools,
    is_safe_to_send_to,
)
from enrich.destinations.batches import payload_bytes, requests_needed, without_computed
from enrich.destinations.mapping import (
    JSON_FORMATS,
    Format,
    own_names,
    render_fields,
    render_rows,
    settled,
    version_of,
)
from enrich.destinations.sending import (
    Answer,
    Refusal,
    answer_of,
    ask,
    by_hand,
    erase_one,
    field_problems,
    send_each,
    send_halving,
)
from enrich.errors import EnrichError
from enrich.model import RecordResult

MAX_REQUESTS_PER_BATCH = 100


class RemoteSettings(DestinationSettings):
    """The keys of every platform behind an HTTP API.

    `NAME` is what a field's name there looks like; `OFF_LIMITS` are names that are not ours to
    write: keys, consent, what the platform keeps for itself.
    """

    SECRETS: ClassVar[tuple[str, ...]] = ("api_key",)
    NAME: ClassVar[str] = r".+"
    OFF_LIMITS: ClassVar[frozenset[str]] = frozenset()

    api_key: SecretRef
    base_url: str = Field("", pattern=r"^(https?://[^?#]+)?$")
    leave_out: tuple[FieldName, ...] = ()

    @field_validator("base_url")
    @classmethod
    def _not_in_clear(cls, url: str) -> str:
        if url and not is_safe_to_send_to(url):
            raise ValueError("http sends the key and personal data in clear; use https")
        return url.rstrip("/")

    @field_validator("names")
    @classmethod
    def _possible_there(cls, names: dict[str, str]) -> dict[str, str]:
        wrong = sorted(name for name in names.values() if not is_possible(cls, name))
        if wrong:
            raise ValueError(f"not a name that can be written there: {', '.join(wrong)}")
        return names


def is_possible(settings: type[RemoteSettings], name: str) -> bool:
    """Whether a field of that name can be, and may be, written on the platform."""
    return re.fullmatch(settings.NAME, name) is not None and name not in settings.OFF_LIMITS


@dataclass(frozen=True)
class Wire:
    """How one platform is spoken to.

    `shape` makes the payload of a row from its mapped values; `save` sends records; `check` tells
    what is wrong, without writing; `refuses` why a row cannot go. `host` is where it is when the
    settings name no `base_url`. `empty` is how a value that no longer holds is written.
    """

    version: str
    host: Callable[[Any], str]
    headers: Callable[[Remote], Mapping[str, str]]
    shape: Callable[[Remote, Row, dict[str, Any]], Payload]
    save: Callable[[Remote, Sequence[Record]], Answer]
    check: Callable[[Remote], list[str]]
    refuses: Callable[[Remote, Row], str | None] = lambda remote, row: no_address(row)
    formats: Callable[[Any], Mapping[str, Format]] = lambda settings: JSON_FORMATS
    empty: Callable[[Any], Any] = lambda settings: None
    poll: Callable[[Remote, str, Sequence[Addressee]], list[RecordResult] | None] | None = None
    erase: Callable[[Remote, Addressee], RecordResult] | None = None
    requests_for: Callable[[Remote, int, int], int] | None = None

    @property
    def name(self) -> str:
        """What messages call the platform: its version without the number."""
        return self.version.rpartition("-")[0]


@dataclass(frozen=True)
class Remote:
    """One configured platform. `memory` holds what a session needs, such as a token."""

    settings: Any
    capabilities: Capabilities
    fields: tuple[MappedField, ...]
    wire: Wire = field(repr=False)
    http: Sender = field(repr=False)
    secrets: Mapping[str, SecretStr]
    data_dir: Path
    memory: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def policy(self) -> Policy:
        policy: Policy = self.settings.policy
        return policy

    @property
    def mapping_version(self) -> str:
        written = (repr(self.settings.model_dump(include=_WRITTEN & self._setting_names())),)
        return version_of(self.wire.version, *written)

    def check(self) -> list[str]:
        try:
            return self.wire.check(self)
        except EnrichError as error:
            return [str(error)]

    def validate(self, row: Row) -> str | None:
        return self.wire.refuses(self, row)

    def render(self, row: Row, *, is_known: bool) -> Payload:
        values = render_fields(
            row,
            self.fields,
            self.wire.formats(self.settings),
            is_known=is_known and self.capabilities.sends_empty,
            empty=self.wire.empty(self.settings),
        )
        return self.wire.shape(self, row, values)

    def render_all(self, frame: pl.DataFrame) -> list[Payload]:
        values = render_rows(
            frame,
            self.fields,
            self.wire.formats(self.settings),
            sends_empty=self.capabilities.sends_empty,
            empty=self.wire.empty(self.settings),
        )
        rows = without_computed(frame).iter_rows(named=True)
        return [self.wire.shape(self, row, own) for row, own in zip(rows, values, strict=True)]

    def push(self, batch: Batch) -> list[RecordResult]:
        """A batch refused whole is halved down to the records at fault."""
        return send_halving(
            batch.records, lambda records: self.wire.save(self, records), MAX_REQUESTS_PER_BATCH
        )

    def poll(self, job_id: str, records: Sequence[Addressee]) -> list[RecordResult] | None:
        return None if self.wire.poll is None else self.wire.poll(self, job_id, records)

    def erase(self, records: Sequence[Addressee]) -> list[RecordResult]:
        erase = self.wire.erase
        if erase is None:
            return by_hand(records)
        return [erase_one(one, lambda person: erase(self, person)) for one in records]

    def requests_for(self, record_count: int, byte_count: int) -> int:
        if self.wire.requests_for is not None:
            return self.wire.requests_for(self, record_count, byte_count)
        return requests_needed(self.capabilities, record_count, byte_count)

    def secret(self, name: str = "api_key") -> str:
        return self.secrets[name].get_secret_value()

    def call(self, method: str, path: str, body: Any = None, *, name: str, **rest: Any) -> Call:
        """A call to a path of this platform; `name` is the path without any value."""
        headers = {"Content-Type": "application/json", **self.wire.headers(self)}
        return Call(
            method=method,
            url=(self.settings.base_url or self.wire.host(self.settings)) + path,
            name=name,
            headers={**headers, **rest.pop("headers", {})},
            content=rest.pop("content", None) if body is None else payload_bytes(body),
            **rest,
        )

    def ask(
        self, method: str, path: str, body: Any = None, *, name: str, **rest: Any
    ) -> Response | Refusal:
        """The answer when it is a success, a Refusal for a 400 and its like; raises else.

        A 404 is NotFound: the caller knows whether the address or the record is meant.
        """
        return ask(self.http, self.call(method, path, body, name=name, **rest))

    def _setting_names(self) -> set[str]:
        return set(type(self.settings).model_fields)


def in_one_call(
    path: str,
    body: Callable[[Remote, list[Payload]], Any],
    read: Callable[[Sequence[Record], Response], Answer],
    **headers: str,
) -> Callable[[Remote, Sequence[Record]], Answer]:
    """How to save a batch with one POST: `body` wraps the payloads, `read` tells the outcomes."""

    def save(remote: Remote, records: Sequence[Record]) -> Answer:
        whole = body(remote, [record.payload for record in records])
        name = f"{remote.wire.name} {path}"
        response = remote.ask("POST", path, whole, name=name, headers=headers)
        return response if isinstance(response, Refusal) else read(records, response)

    return save


def one_by_one(
    save_one: Callable[[Remote, Record], RecordResult], concurrency: int
) -> Callable[[Remote, Sequence[Record]], Answer]:
    """How to save a batch with a call for each record, a few at once."""
    return lambda remote, records: send_each(
        records, lambda record: save_one(remote, record), concurrency
    )


def fields_there(
    path: str, listed: str, key: str, what: str, types: Mapping[str, Collection[str]], kind: str
) -> Callable[[Remote], list[str]]:
    """How to check that the mapped fields exist and have a type that fits.

    `path` answers with a list under `listed`, whose items have their name under `key` and their
    type under `kind`; `types` is what is allowed by how a value is written.
    """

    def check(remote: Remote) -> list[str]:
        answer = answer_of(remote.ask("GET", path, name=f"{remote.wire.name} {path}"))
        return field_problems(remote.fields, answer.get(listed), key, what, types, kind)

    return check


# The settings that decide how a value is written: changing one sends everything anew.
_WRITTEN = {
    "list_separator",
    "decimal_separator",
    "clear_with",
    "entity",
    "list_ids",
    "identify_by",
}


def no_address(row: Row) -> str | None:
    """Only the address must be there; it was judged when the plan was made."""
    return None if row["email"] else "no real e-mail"


def opener(
    wire: Wire, limits: Capabilities, mapping: Sequence[MappedField]
) -> Callable[[Any, Tools], Destination]:
    """How to open a platform of this wire, with what the settings change of its mapping."""

    def open_remote(settings: Any, tools: Tools) -> Remote:
        is_diffed = limits.diff_days_since
        if settings.diff_days_since is not None:
            is_diffed = settings.diff_days_since
        batch_size = getattr(settings, "batch_size", limits.max_records)
        can = replace(limits, diff_days_since=is_diffed, max_records=batch_size)
        if getattr(settings, "clear_with", None) not in (None, "nothing"):
            can = replace(can, sends_empty=True)
        secrets = {
            name: tools.secret(getattr(settings, name))
            for name in type(settings).SECRETS
            if getattr(settings, name) is not None
        }
        return Remote(
            settings=settings,
            capabilities=can,
            fields=mapped(settings, mapping, windows=tools.windows, diff_days_since=is_diffed),
            wire=wire,
            http=tools.http,
            secrets=secrets,
            data_dir=tools.data_dir,
            memory=tools.session,
        )

    return open_remote


def mapped(
    settings: RemoteSettings,
    mapping: Sequence[MappedField],
    *,
    windows: tuple[int, ...],
    diff_days_since: bool,
) -> tuple[MappedField, ...]:
    """The mapping with the settings' names; a field it does not have is added by naming it."""
    ours = {field.source for field in mapping}
    added = [source for source in settings.names if source not in ours]
    whole = (*mapping, *(own_names(added, windows=windows) if added else ()))
    kept = [field for field in whole if field.source not in settings.leave_out]
    return settled(kept, settings.names, diff_days_since=diff_days_since)
