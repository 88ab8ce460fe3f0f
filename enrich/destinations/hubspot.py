"""HubSpot: contacts by batch upsert, keyed by e-mail; every value a text, every property known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pydantic import Field

from enrich.destinations.base import RateLimit, Record, Row
from enrich.destinations.http import HttpDestination, HttpSettings, payloads_of
from enrich.destinations.mapping import CORE, named
from enrich.destinations.sending import Refusal, accepted_but, safe_code
from enrich.model import RecordResult

_NUMBER = ("number", "string")
# Every value is a text; HubSpot reads it by the type of the property.
TYPES = {
    "text": ("string", "enumeration"),
    "list": ("enumeration", "string"),
    "integer": _NUMBER,
    "amount": _NUMBER,
    "date": ("date", "string"),
    "boolean": ("bool", "enumeration", "string"),
}


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

    kind = "hubspot"
    version = "hubspot-1"
    Settings = HubspotSettings
    settings: HubspotSettings
    example = {"api_key": {"env": "HUBSPOT_ACCESS_TOKEN"}}
    mapping = named(CORE)
    host = "https://api.hubapi.com"
    empty = ""
    writes_texts = True
    max_records = 100
    rate_limit = RateLimit(100, 10, is_shared=True)
    fields_created_first = True
    idempotency_key = "email"
    null_meaning = "clears"
    removals = ("clear",)

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret()}"}

    def shape(self, row: Row, values: dict[str, Any]) -> Mapping[str, Any]:
        return {
            "id": row["email"],
            "idProperty": "email",
            "objectWriteTraceId": str(row["record_id"]),
            "properties": values,
        }

    def save(self, records: Sequence[Record]) -> list[RecordResult]:
        path = "/crm/v3/objects/contacts/batch/upsert"
        answer = self.fetch("POST", path, {"inputs": payloads_of(records)})
        refused = dict(pair for error in answer.get("errors") or [] for pair in _traced(error))
        if len(refused) < int(answer.get("numErrors") or 0):
            raise Refusal("partial")
        return accepted_but(records, refused)

    def problems(self) -> list[str]:
        path = "/crm/v3/properties/contacts"
        return self.missing_fields(path, "results", "name", "property", TYPES)


def _traced(error: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Which inputs an error is about, and its category."""
    context = error.get("context") or {}
    traces = context.get("objectWriteTraceId") or error.get("objectWriteTraceId") or []
    code = safe_code(error.get("category")) or "rejected"
    return [(str(one), code) for one in ([traces] if isinstance(traces, str) else traces)]
