"""HubSpot: contacts by batch upsert, keyed by e-mail; every value a text, every property known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import quote

from pydantic import Field

from enrich.destinations.base import Addressee, RateLimit, Record, Row
from enrich.destinations.http import HttpDestination, HttpSettings, payloads_of
from enrich.destinations.mapping import CORE, named
from enrich.destinations.sending import Refusal, accepted_but, refusal_in
from enrich.model import RecordResult

CONTACTS = "/crm/v3/objects/contacts"
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
    moves_address = "update"
    refusal_keys = ("category", "message")

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
        path = f"{CONTACTS}/batch/upsert"
        answer = self.fetch("POST", path, {"inputs": payloads_of(records)})
        refused = dict(pair for error in answer.get("errors") or [] for pair in self._traced(error))
        if len(refused) < int(answer.get("numErrors") or 0):
            raise Refusal("partial")
        return accepted_but(records, refused)

    def _traced(self, error: Mapping[str, Any]) -> list[tuple[str, Refusal]]:
        """Which inputs an error is about, and why."""
        context = error.get("context") or {}
        traces = context.get("objectWriteTraceId") or error.get("objectWriteTraceId") or []
        why = refusal_in(error, self.refusal_keys)
        return [(str(one), why) for one in ([traces] if isinstance(traces, str) else traces)]

    def move(self, old: Addressee, address: str) -> RecordResult:
        return self._update(old, {"email": address})

    def clear(self, one: Addressee) -> RecordResult:
        return self._update(one, self.emptied(one)[0])

    def _update(self, one: Addressee, properties: Mapping[str, Any]) -> RecordResult:
        path = f"{CONTACTS}/{quote(one.remote_key, safe='')}?idProperty=email"
        name = "hubspot PATCH contact"
        return self.removed(one, "PATCH", path, {"properties": properties}, name=name)

    def problems(self) -> list[str]:
        path = "/crm/v3/properties/contacts"
        return self.missing_fields(path, "results", "name", "property", TYPES)
