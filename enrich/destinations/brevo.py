"""Brevo: contacts by import, a process of its own there, with attributes that must exist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar, Literal
from urllib.parse import quote

from pydantic import Field

from enrich.destinations.base import Addressee, RateLimit, Record, Row
from enrich.destinations.http import HttpDestination, HttpSettings, payloads_of
from enrich.destinations.mapping import CORE, named
from enrich.destinations.sending import queued_in, safe_code, same_outcome
from enrich.model import Outcome, RecordResult

ENVELOPE_BYTES = 2_000
TYPES = {
    "text": ("text",),
    "list": ("text",),
    "integer": ("float", "id"),
    "amount": ("float",),
    "date": ("date", "text"),
    "boolean": ("boolean",),
}


class BrevoSettings(HttpSettings):
    """The keys of a destination of kind `brevo`."""

    NAME: ClassVar[str] = r"[A-Z][A-Z0-9_-]*"
    OFF_LIMITS: ClassVar[frozenset[str]] = frozenset(["EMAIL", "DOUBLE_OPT-IN", "OPT_IN"])

    list_ids: tuple[int, ...] = Field(min_length=1)
    list_separator: str = Field("|", min_length=1)
    clear_with: Literal["nothing", "empty"] = "empty"


class Brevo(HttpDestination):
    """Contacts by import, a process of its own there, with attributes that must exist."""

    kind = "brevo"
    version = "brevo-1"
    api_version = "v3"
    vendor_pages = (
        "https://developers.brevo.com/reference/import-contacts",
        "https://developers.brevo.com/docs/api-limits",
        "https://developers.brevo.com/docs/limit-headers",
    )
    checked_on = date(2026, 11, 30)
    Settings = BrevoSettings
    settings: BrevoSettings
    example = {"api_key": {"env": "BREVO_API_KEY"}, "list_ids": [7]}
    mapping = named(CORE, str.upper)
    host = "https://api.brevo.com"
    empty = ""
    job_path = "/v3/processes/{id}"
    transport = "job"
    max_records = 10_000
    max_bytes = 8_000_000 - ENVELOPE_BYTES
    max_open_jobs = 5
    rate_limit = RateLimit(10, 1)  # of what is under /v3/contacts
    poll_rate = RateLimit(100, 3_600, is_shared=True)  # of all else, whoever asks
    fields_created_first = True
    idempotency_key = "email"
    sends_empty = False
    moves_address = "update"
    result_fidelity = "none"

    def headers(self) -> dict[str, str]:
        return {"api-key": self.secret()}

    def shape(self, row: Row, values: dict[str, Any]) -> Mapping[str, Any]:
        return {"email": row["email"], "attributes": values}

    def save(self, records: Sequence[Record]) -> list[RecordResult]:
        body = {
            "jsonBody": payloads_of(records),
            "listIds": list(self.settings.list_ids),
            "updateExistingContacts": True,
            "emptyContactsAttributes": self.settings.clear_with == "empty",
        }
        answer = self.fetch("POST", "/v3/contacts/import", body)
        return queued_in(records, safe_code(answer.get("processId")))

    def end_of_job(
        self, job_id: str, job: Mapping[str, Any], records: Sequence[Addressee]
    ) -> list[RecordResult] | None:
        """A process that is completed is all Brevo reports; its reports have no known shape."""
        if job.get("status") == "failed":
            return same_outcome(records, Outcome.RETRYABLE, "job_failed")
        is_completed = job.get("status") == "completed"
        return same_outcome(records, Outcome.ACCEPTED) if is_completed else None

    def move(self, old: Addressee, address: str) -> RecordResult:
        return self._update(old, {"EMAIL": address})

    def clear(self, one: Addressee) -> RecordResult:
        return self._update(one, self.emptied(one)[0])

    def _update(self, one: Addressee, attributes: Mapping[str, Any]) -> RecordResult:
        path = f"/v3/contacts/{quote(one.remote_key, safe='')}"
        name = "brevo PUT contact"
        return self.removed(one, "PUT", path, {"attributes": attributes}, name=name)

    def problems(self) -> list[str]:
        """Brevo drops unknown attributes without a word."""
        path = "/v3/contacts/attributes"
        return self.missing_fields(path, "attributes", "name", "attribute", TYPES)
