"""What the platforms behind an HTTP API share: a class of each says what is particular to it."""

from __future__ import annotations

import re
from abc import abstractmethod
from base64 import b64encode
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar
from uuid import uuid4

import polars as pl
from pydantic import Field, field_validator

from enrich.client import Call, NotFound, Response, path_segment, raise_for_refusal
from enrich.destinations.base import (
    Addressee,
    Batch,
    DestinationSettings,
    FieldName,
    MappedField,
    MovesAddress,
    Record,
    RecordKey,
    Row,
    SecretRef,
    Tools,
    is_safe_to_send_to,
)
from enrich.destinations.batches import payload_bytes
from enrich.destinations.entity import DestinationEntity
from enrich.destinations.kinds import PROFILES
from enrich.destinations.mapping import (
    JSON_FORMATS,
    Format,
    in_texts,
    joined,
    own_names,
    render_rows,
    settled,
    version_of,
    without_computed,
)
from enrich.destinations.plan import clearing_plan
from enrich.destinations.sending import (
    GONE,
    KEYS,
    WITHOUT_DETAIL,
    Refusal,
    answer_of,
    ask,
    erase_one,
    objects_in,
    refusal_of,
    rejected,
    same_outcome,
    send_each,
    send_halving,
)
from enrich.model import Outcome, RecordResult

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

    record_key: RecordKey = "email"
    moves_address: MovesAddress = "clear"
    delete: Callable[[Addressee], RecordResult] | None = None  # a method where erasure is known
    wrong_record: ClassVar[frozenset[int]] = WITHOUT_DETAIL  # statuses that blame the one record
    refusal_keys: ClassVar[tuple[str, ...]] = KEYS  # of its code and its reasons in an answer
    gone_codes: ClassVar[frozenset[str]] = frozenset()  # of a 404 about a contact, no list or path
    writes_texts: ClassVar[bool] = False  # every value is sent as a text
    job_path: ClassVar[str] = ""  # of a job's state, with {id}
    written: ClassVar[tuple[str, ...]] = ()  # settings that decide what is written, and where

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
    def save(self, records: Sequence[Record]) -> list[RecordResult]:
        """One outcome for every record; raises Refusal when it is not known which are at fault."""

    def end_of_job(
        self, job_id: str, job: Mapping[str, Any], records: Sequence[Addressee]
    ) -> list[RecordResult] | None:
        """One outcome for every record of a job by its state; None while it is not over."""
        return None

    # -- the same for all ----------------------------------------------------------------------

    @property
    def platform(self) -> str:
        """What messages call the platform: how its versions begin."""
        return self.version.partition("-")[0]

    @property
    def empty(self) -> Any:
        return "" if getattr(self.settings, "clear_with", "") == "empty" else None

    def adapt(self) -> None:
        super().adapt()
        if getattr(self.settings, "clear_with", "nothing") != "nothing":
            self.sends_empty = True
        if self.name == PROFILES:
            self.max_records = getattr(self.settings, "batch_size", self.max_records)

    def mapped(self) -> tuple[MappedField, ...]:
        """The mapping with the settings' names; a field it does not have is added by naming it."""
        settings = self.settings
        ours = {field.source for field in self.mapping}
        added = [source for source in settings.names if source not in ours]
        whole = (*self.mapping, *(own_names(added, known=self.profile_fields) if added else ()))
        kept = [field for field in whole if field.source not in settings.leave_out]
        return settled(kept, settings.names, diff_days_since=self.diff_days_since)

    @property
    def mapping_version(self) -> str:
        names = {*_WRITTEN, *self.written} & set(type(self.settings).model_fields)
        return version_of(self.version, repr(self.settings.model_dump(include=names)))

    @property
    def formats(self) -> Mapping[str, Format]:
        separator = getattr(self.settings, "list_separator", None)
        if separator is None:
            return JSON_FORMATS
        if self.writes_texts:
            return in_texts(separator)
        return {**JSON_FORMATS, "list": joined(separator)}

    def validate(self, row: Row) -> str | None:
        """Only the address must be there; it was judged when the plan was made."""
        return None if row["email"] else "no real e-mail"

    def push(self, batch: Batch) -> list[RecordResult]:
        """A batch refused whole is halved down to the records at fault."""
        return send_halving(batch.records, self.save, MAX_REQUESTS_PER_BATCH)

    def poll(self, job_id: str, records: Sequence[Addressee]) -> list[RecordResult] | None:
        if not self.job_path:
            return None
        try:
            job = self.fetch("GET", self.job_path, at={"id": job_id})
        except NotFound:
            return same_outcome(records, Outcome.UNKNOWN, "job_gone")
        return self.end_of_job(job_id, job, records)

    def erase(self, records: Sequence[Addressee]) -> list[RecordResult]:
        if self.delete is None:
            return super().erase(records)
        return [erase_one(one, self.delete) for one in records]

    def leave(self, old: Addressee, address: str) -> RecordResult:
        """The old contact deleted where the settings want that of the gone, else emptied."""
        is_deleted = "delete" in (self.moves_address, self.settings.removals)
        if not is_deleted or self.delete is None:
            return self.clear(old)
        done = erase_one(old, self.delete)
        return replace(done, code=GONE) if done.outcome is Outcome.ACCEPTED else done

    def clear(self, one: Addressee) -> RecordResult:
        """Every computed field of a contact emptied, whatever the settings do with a single one."""
        values, row = self.emptied(one)
        record = Record(one.record_id, str(row["hash"]), self.shape(row, values))
        return send_halving([record], self.save, 1)[0]

    def emptied(self, one: Addressee) -> tuple[dict[str, Any], Row]:
        """The fields of a contact as they are emptied, and the row that it is about."""
        mark = uuid4().hex  # the address may have been left before: Segment drops what it had
        gone = {"record_id": [one.record_id], "remote_key": [one.remote_key], "hash": [mark]}
        frame = clearing_plan(pl.DataFrame(gone), "email", self.profile_fields).to_send
        (values,) = render_rows(
            frame, self.fields, self.formats, sends_empty=True, empty=self.empty
        )
        return dict.fromkeys(values, self.empty), without_computed(frame).row(0, named=True)

    def secret(self, name: str = "api_key") -> str:
        return self._secrets[name].get_secret_value()

    def basic_auth(self, user: str, password: str) -> dict[str, str]:
        """The header of HTTP's own user and password."""
        return {"Authorization": f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"}

    def call(
        self, method: str, path: str, body: Any = None, *, name: str = "", **rest: Any
    ) -> Call:
        """A call to a path of this platform.

        `at` has the values for the path's `{names}`. Messages show the path without them, or `name`
        of a path that holds a value by itself.
        """
        headers = {"Content-Type": "application/json", **self.headers()}
        where = path
        for key, value in rest.pop("at", {}).items():
            where = where.replace(f"{{{key}}}", path_segment(str(value)))
        return Call(
            method=method,
            url=(self.settings.base_url or self.host) + where,
            name=name or f"{self.platform} {method} {path}",
            headers={**headers, **rest.pop("headers", {})},
            content=rest.pop("content", None) if body is None else payload_bytes(body),
            **rest,
        )

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        gone: Collection[str] = (),
        **rest: Any,
    ) -> Response:
        """The answer when it is a success; raises as `sending.ask`.

        A 404 is NotFound: the caller knows whether the address or the record is meant.
        """
        return ask(self.http, self.call(method, path, body, **rest), self.refusal_keys, gone)

    def fetch(self, method: str, path: str, body: Any = None, **rest: Any) -> dict[str, Any]:
        """The JSON object of the answer, as `ask`; empty when it is something else."""
        return answer_of(self.ask(method, path, body, **rest))

    def refusal_of(self, response: Response) -> Refusal:
        """Why an answer refuses, by the platform's own code and words."""
        return refusal_of(response, self.refusal_keys)

    def save_each(
        self, records: Sequence[Record], save: Callable[[Record], RecordResult]
    ) -> list[RecordResult]:
        """A call for each record, as many at once as the platform takes."""
        return send_each(records, save, self.concurrency)

    def save_one(self, record: Record, call: Call) -> RecordResult:
        """The outcome of a call that writes one record."""
        return self.saved(record, call, self.http.send(call))

    def saved(self, record: Record, call: Call, response: Response) -> RecordResult:
        """The outcome of an answer about one record; 304 says that nothing differs."""
        if response.status_code in self.wrong_record:
            return rejected(record, self.refusal_of(response))
        raise_for_refusal(call, response)
        same = "http_304" if response.status_code == 304 else None
        return RecordResult(record.record_id, Outcome.ACCEPTED, same)

    def done_to(
        self, one: Addressee, method: str, path: str, body: Any = None, **rest: Any
    ) -> RecordResult:
        """The outcome of a call that changes or erases one person; raises as `ask`."""
        self.ask(method, path, body, gone=self.gone_codes, **rest)
        return RecordResult(one.record_id, Outcome.ACCEPTED)

    def unfit_fields(
        self, found: object, key: str, what: str, types: Types, kind: str = "type"
    ) -> list[str]:
        """The mapped fields that the platform does not have, or has of a type that does not fit.

        The items of the list that was found have their name under `key` and their type under
        `kind`; `types` is what is allowed by how a value is written. A type that the list does not
        show is not judged.
        """
        there = {str(item.get(key)): item.get(kind) for item in objects_in(found)}
        problems = (_field_problem(field, there, what, types) for field in self.fields)
        return [problem for problem in problems if problem]


Types = Mapping[str, Collection[str]]


def _field_problem(
    field: MappedField, there: Mapping[str, Any], what: str, types: Types
) -> str | None:
    if field.target not in there:
        return f"{what} {field.target} does not exist"
    actual, allowed = there[field.target], types.get(field.format, ())
    if actual is None or not allowed or str(actual) in allowed:
        return None
    return (
        f"{what} {field.target} is of type {actual}, but {field.source} is written as"
        f" {field.format}: make it {' or '.join(sorted(allowed))}"
    )


# The settings that decide how a value is written: changing one sends everything again.
_WRITTEN = {
    "list_separator",
    "decimal_separator",
    "clear_with",
    "entity",
    "list_ids",
    "identify_by",
}


def payloads_of(records: Sequence[Record]) -> list[Any]:
    """The payloads of a batch, as its body takes them."""
    return [record.payload for record in records]
