"""Brevo: contacts by import, a process of its own there, with attributes that must exist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field

from enrich.client import NotFound, Response, path_segment
from enrich.destinations.base import Adapter, Addressee, Capabilities, Record, Row
from enrich.destinations.mapping import CORE, JSON_FORMATS, Format, joined, named
from enrich.destinations.remote import (
    Remote,
    RemoteSettings,
    Wire,
    fields_there,
    in_one_call,
    opener,
)
from enrich.destinations.sending import (
    Answer,
    all_of,
    answer_of,
    queued_in,
    safe_code,
)
from enrich.model import Outcome, RecordResult

ENVELOPE_BYTES = 2_000

CAPABILITIES = Capabilities(
    entities=("profile",),
    modes=("upsert",),
    record_key="email",
    transport="job",
    result_fidelity="none",
    null_meaning="unknown",
    max_records=10_000,
    max_bytes=8_000_000 - ENVELOPE_BYTES,
    idempotency_key="email",
    fields_created_first=True,
    sends_empty=False,
    max_open_jobs=5,
)

MAPPING = named(CORE, str.upper)


class BrevoSettings(RemoteSettings):
    """The keys of a destination of kind `brevo`."""

    NAME: ClassVar[str] = r"[A-Z][A-Z0-9_-]*"
    OFF_LIMITS: ClassVar[frozenset[str]] = frozenset(["EMAIL", "DOUBLE_OPT-IN", "OPT_IN"])

    list_ids: tuple[int, ...] = Field(min_length=1)
    list_separator: str = Field("|", min_length=1)
    clear_with: Literal["nothing", "empty"] = "nothing"


def _formats(settings: BrevoSettings) -> dict[str, Format]:
    return {**JSON_FORMATS, "list": joined(settings.list_separator)}


def _shape(remote: Remote, row: Row, values: dict[str, Any]) -> Mapping[str, Any]:
    return {"email": row["email"], "attributes": values}


def _body(remote: Remote, payloads: list[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "jsonBody": payloads,
        "listIds": list(remote.settings.list_ids),
        "updateExistingContacts": True,
        "emptyContactsAttributes": remote.settings.clear_with == "empty",
    }


def _read(records: Sequence[Record], response: Response) -> Answer:
    return queued_in(records, safe_code(answer_of(response).get("processId")))


def _poll(remote: Remote, job_id: str, records: Sequence[Addressee]) -> list[RecordResult] | None:
    """A process that is completed is all Brevo tells; its reports have no known shape."""
    try:
        answer = answer_of(
            remote.ask(
                "GET", f"/v3/processes/{path_segment(job_id)}", name="brevo /v3/processes/{id}"
            )
        )
    except NotFound:
        return all_of(records, Outcome.UNKNOWN, "job_gone")
    if answer.get("status") == "failed":
        return all_of(records, Outcome.RETRYABLE, "job_failed")
    return all_of(records, Outcome.ACCEPTED, None) if answer.get("status") == "completed" else None


TYPES = {
    "text": ("text",),
    "list": ("text",),
    "integer": ("float", "id"),
    "amount": ("float",),
    "date": ("date", "text"),
    "boolean": ("boolean",),
}

WIRE = Wire(
    version="brevo-1",
    host=lambda settings: "https://api.brevo.com",
    headers=lambda remote: {"api-key": remote.secret()},
    shape=_shape,
    save=in_one_call("/v3/contacts/import", _body, _read),
    check=fields_there(  # it drops unknown ones without a word
        "/v3/contacts/attributes", "attributes", "name", "attribute", TYPES, "type"
    ),
    formats=_formats,
    empty=lambda settings: "",
    poll=_poll,
)

ADAPTER = Adapter(
    settings=BrevoSettings,
    capabilities=CAPABILITIES,
    mapping=MAPPING,
    open=opener(WIRE, CAPABILITIES, MAPPING),
    example={"api_key": {"env": "BREVO_API_KEY"}, "list_ids": [7]},
)
