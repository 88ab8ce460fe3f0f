"""What the platforms behind an HTTP API share: a class of each says what is particular to it."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from pydantic import Field, field_validator

from enrich.client import Call, Response
from enrich.destinations.base import (
    Addressee,
    Batch,
    Capabilities,
    DestinationSettings,
    FieldName,
    MappedField,
    Record,
    Row,
    SecretRef,
    Tools,
    is_safe_to_send_to,
)
from enrich.destinations.batches import payload_bytes
from enrich.destinations.entity import DestinationEntity
from enrich.destinations.mapping import own_names, settled, version_of
from enrich.destinations.sending import (
    Answer,
    Refusal,
    answer_of,
    ask,
    erase_one,
    field_problems,
    send_each,
    send_halving,
)
from enrich.model import RecordResult

MAX_REQUESTS_PER_BATCH = 100


class HttpSettings(DestinationSettings):
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


def is_possible(settings: type[HttpSettings], name: str) -> bool:
    """Whether a field of that name can be, and may be, written on the platform."""
    return re.fullmatch(settings.NAME, name) is not None and name not in settings.OFF_LIMITS


class HttpDestination(DestinationEntity):
    """One kind of record at a platform behind an HTTP API.

    A platform gives `version`, `host`, `headers`, `problems`, `save`, and what else differs.
    """

    delete: Callable[[Addressee], RecordResult] | None = None  # a method where erasure is known
    written: ClassVar[tuple[str, ...]] = ()

    def __init__(self, settings: Any, tools: Tools) -> None:
        super().__init__(settings, tools)
        self._secrets = {
            name: tools.secret(getattr(settings, name))
            for name in type(settings).SECRETS
            if getattr(settings, name) is not None
        }

    # -- what a platform says of itself --------------------------------------------------------

    @property
    @abstractmethod
    def host(self) -> str:
        """Where the platform is when the settings name no `base_url`."""

    def headers(self) -> Mapping[str, str]:
        """What signs a call."""
        return {}

    @abstractmethod
    def save(self, records: Sequence[Record]) -> Answer:
        """One outcome for every record, or that the batch was refused as a whole."""

    # -- the same for all ----------------------------------------------------------------------

    @property
    def platform(self) -> str:
        """What messages call the platform: its version without the number."""
        return self.version.rpartition("-")[0]

    def limits(self) -> Capabilities:
        limits = type(self).capabilities
        is_diffed = self.settings.diff_days_since
        clears = getattr(self.settings, "clear_with", "nothing") != "nothing"
        return replace(
            limits,
            diff_days_since=limits.diff_days_since if is_diffed is None else is_diffed,
            max_records=getattr(self.settings, "batch_size", limits.max_records),
            sends_empty=limits.sends_empty or clears,
        )

    def mapped(self) -> tuple[MappedField, ...]:
        """The mapping with the settings' names; a field it does not have is added by naming it."""
        settings = self.settings
        ours = {field.source for field in self.mapping}
        added = [source for source in settings.names if source not in ours]
        whole = (*self.mapping, *(own_names(added, windows=self.windows) if added else ()))
        kept = [field for field in whole if field.source not in settings.leave_out]
        is_diffed = self.capabilities.diff_days_since
        return settled(kept, settings.names, diff_days_since=is_diffed)

    @property
    def mapping_version(self) -> str:
        names = _WRITTEN & set(type(self.settings).model_fields)
        return version_of(self.version, repr(self.settings.model_dump(include=names)))

    def validate(self, row: Row) -> str | None:
        return no_address(row)

    def push(self, batch: Batch) -> list[RecordResult]:
        """A batch refused whole is halved down to the records at fault."""
        return send_halving(batch.records, self.save, MAX_REQUESTS_PER_BATCH)

    def erase(self, records: Sequence[Addressee]) -> list[RecordResult]:
        if self.delete is None:
            return super().erase(records)
        return [erase_one(one, self.delete) for one in records]

    def secret(self, name: str = "api_key") -> str:
        return self._secrets[name].get_secret_value()

    def call(self, method: str, path: str, body: Any = None, *, name: str, **rest: Any) -> Call:
        """A call to a path of this platform; `name` is the path without any value."""
        headers = {"Content-Type": "application/json", **self.headers()}
        return Call(
            method=method,
            url=(self.settings.base_url or self.host) + path,
            name=name,
            headers={**headers, **rest.pop("headers", {})},
            content=rest.pop("content", None) if body is None else payload_bytes(body),
            **rest,
        )

    def ask(
        self, method: str, path: str, body: Any = None, *, name: str = "", **rest: Any
    ) -> Response | Refusal:
        """The answer when it is a success, a Refusal for a 400 and its like; raises else.

        A 404 is NotFound: the caller knows whether the address or the record is meant.
        """
        name = name or f"{self.platform} {path}"
        return ask(self.http, self.call(method, path, body, name=name, **rest))

    def save_each(
        self, records: Sequence[Record], save: Callable[[Record], RecordResult]
    ) -> list[RecordResult]:
        """A call for each record, as many at once as the platform takes."""
        return send_each(records, save, self.capabilities.concurrency)

    def missing_fields(
        self, path: str, listed: str, key: str, what: str, types: Types, kind: str = "type"
    ) -> list[str]:
        """The mapped fields that the platform does not have, or has of a type that does not fit.

        `path` answers with a list under `listed`, whose items have their name under `key` and
        their type under `kind`; `types` is what is allowed by how a value is written.
        """
        found = answer_of(self.ask("GET", path)).get(listed)
        return field_problems(self.fields, found, key, what, types, kind)


Types = Mapping[str, Collection[str]]

# The settings that decide how a value is written: changing one sends everything again.
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


def payloads_of(records: Sequence[Record]) -> list[Any]:
    """The payloads of a batch, as its body takes them."""
    return [record.payload for record in records]
