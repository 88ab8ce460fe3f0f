"""HubSpot: contacts by batch upsert, keyed by e-mail; every value a text, every property known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pydantic import Field

from enrich.destinations.base import Capabilities, RateLimit, Record, Row
from enrich.destinations.http import HttpDestination, HttpSettings, payloads_of
from enrich.destinations.mapping import CORE, Format, in_texts, named
from enrich.destinations.sending import (
    Answer,
    Refusal,
    accepted_but,
    answer_of,
    safe_code,
)

PATH = "/crm/v3/objects/contacts/batch/upsert"


class HubspotSettings(HttpSettings):
    """The keys of a destination of kind `hubspot`."""

    NAME: ClassVar[str] = r"[a-z][a-z0-9_]*"
    OFF_LIMITS: ClassVar[frozenset[str]] = frozenset(
        ["email", "hs_email_optout", "hs_legal_basis", "hs_marketable_status"]
    )

    list_separator: str = Field(";", min_length=1)
    batch_size: int = Field(100, ge=1, le=100)


class Hubspot(HttpDestination):
    """Contacts by batch upsert, keyed by e-mail; every value a text, every property known."""

    version = "hubspot-1"
    Settings = HubspotSettings
    settings: HubspotSettings
    example = {"api_key": {"env": "HUBSPOT_ACCESS_TOKEN"}}
    capabilities = Capabilities(
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
    mapping = named(CORE, lambda source: source)

    host = "https://api.hubapi.com"
    empty = ""

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret()}"}

    @property
    def formats(self) -> Mapping[str, Format]:
        return in_texts(self.settings.list_separator)

    def save(self, records: Sequence[Record]) -> Answer:
        response = self.ask("POST", PATH, {"inputs": payloads_of(records)})
        if isinstance(response, Refusal):
            return response
        answer = answer_of(response)
        refused = dict(pair for error in answer.get("errors") or [] for pair in _traced(error))
        if len(refused) < int(answer.get("numErrors") or 0):
            return Refusal("partial")
        return accepted_but(records, refused)

    def problems(self) -> list[str]:
        return self.missing_fields(
            "/crm/v3/properties/contacts", "results", "name", "property", TYPES
        )

    def shape(self, row: Row, values: dict[str, Any]) -> Mapping[str, Any]:
        trace = str(row["record_id"])
        address = row["email"]
        return {
            "id": address,
            "idProperty": "email",
            "objectWriteTraceId": trace,
            "properties": values,
        }


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
