"""HubSpot: contacts by batch upsert, keyed by e-mail; every value a text, every property known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from enrich.destinations.base import Adapter, Capabilities, RateLimit, Record, Row
from enrich.destinations.mapping import CORE, in_texts, named
from enrich.destinations.remote import Remote, RemoteSettings, Wire, opener
from enrich.destinations.sending import (
    Answer,
    Refusal,
    accepted_but,
    answer_of,
    missing_fields,
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

    list_separator: str = Field(";", min_length=1)
    batch_size: int = Field(100, ge=1, le=100)


def _shape(remote: Remote, row: Row, values: dict[str, Any]) -> Mapping[str, Any]:
    trace = str(row["record_id"])
    address = row["email"]
    return {"id": address, "idProperty": "email", "objectWriteTraceId": trace, "properties": values}


def _save(remote: Remote, records: Sequence[Record]) -> Answer:
    body = {"inputs": [record.payload for record in records]}
    response = remote.ask("POST", PATH, body, name=f"hubspot {PATH}")
    if isinstance(response, Refusal):
        return response
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


def _check(remote: Remote) -> list[str]:
    """Which properties of the mapping HubSpot does not have."""
    path = "/crm/v3/properties/contacts"
    answer = answer_of(remote.ask("GET", path, name=f"hubspot {path}"))
    return missing_fields(remote.fields, answer.get("results"), "name", "property")


WIRE = Wire(
    version="hubspot-1",
    host=lambda settings: "https://api.hubapi.com",
    headers=lambda remote: {"Authorization": f"Bearer {remote.secret()}"},
    shape=_shape,
    save=_save,
    check=_check,
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
