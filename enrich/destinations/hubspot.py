"""HubSpot: contacts by batch upsert, keyed by e-mail; every value a text, every property known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pydantic import Field

from enrich.client import Response
from enrich.destinations.base import Adapter, Capabilities, RateLimit, Record, Row
from enrich.destinations.mapping import CORE, in_texts, named
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
    Refusal,
    accepted_but,
    answer_of,
    safe_code,
)

PATH = "/crm/v3/objects/contacts/batch/upsert"

CAPABILITIES = Capabilities(
    entities=("profile",),
    modes=("upsert",),
    record_key="email",
    transport="json_batch",
    result_fidelity="per_record",
    null_meaning="clears",
    max_records=100,
    rate_limit=RateLimit(100, 10, is_shared=True),
    idempotency_key="email",
    fields_created_first=True,
    removals=("clear",),
)

MAPPING = named(CORE, lambda source: source)


class HubspotSettings(RemoteSettings):
    """The keys of a destination of kind `hubspot`."""

    NAME: ClassVar[str] = r"[a-z][a-z0-9_]*"
    OFF_LIMITS: ClassVar[frozenset[str]] = frozenset(
        ["email", "hs_email_optout", "hs_legal_basis", "hs_marketable_status"]
    )

    list_separator: str = Field(";", min_length=1)
    batch_size: int = Field(100, ge=1, le=100)


def _shape(remote: Remote, row: Row, values: dict[str, Any]) -> Mapping[str, Any]:
    trace = str(row["record_id"])
    address = row["email"]
    return {"id": address, "idProperty": "email", "objectWriteTraceId": trace, "properties": values}


def _read(records: Sequence[Record], response: Response) -> Answer:
    answer = answer_of(response)
    refused = dict(pair for error in answer.get("errors") or [] for pair in _traced(error))
    if len(refused) < int(answer.get("numErrors") or 0):
        return Refusal("partial")
    return accepted_but(records, refused)


def _traced(error: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Which inputs an error is about, and its category."""
    context = error.get("context") or {}
    traces = context.get("objectWriteTraceId") or error.get("objectWriteTraceId") or []
    code = safe_code(error.get("category")) or "rejected"
    return [(str(one), code) for one in ([traces] if isinstance(traces, str) else traces)]


# Every value is a text; HubSpot reads it by the type of the property.
_NUMBER = ("number", "string")
TYPES = {
    "text": ("string", "enumeration"),
    "list": ("enumeration", "string"),
    "integer": _NUMBER,
    "amount": _NUMBER,
    "date": ("date", "string"),
    "boolean": ("bool", "enumeration", "string"),
}

WIRE = Wire(
    version="hubspot-1",
    host=lambda settings: "https://api.hubapi.com",
    headers=lambda remote: {"Authorization": f"Bearer {remote.secret()}"},
    shape=_shape,
    save=in_one_call(PATH, lambda remote, payloads: {"inputs": payloads}, _read),
    check=fields_there("/crm/v3/properties/contacts", "results", "name", "property", TYPES, "type"),
    formats=lambda settings: in_texts(settings.list_separator),
    empty=lambda settings: "",
)

ADAPTER = Adapter(
    settings=HubspotSettings,
    capabilities=CAPABILITIES,
    mapping=MAPPING,
    open=opener(WIRE, CAPABILITIES, MAPPING),
    example={"api_key": {"env": "HUBSPOT_ACCESS_TOKEN"}},
)
