"""Brevo: contacts by import, a process of its own there, with attributes that must exist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field

from enrich.client import NotFound, path_segment
from enrich.destinations.base import Addressee, Capabilities, Record, Row
from enrich.destinations.http import HttpDestination, HttpSettings, payloads_of
from enrich.destinations.mapping import CORE, JSON_FORMATS, Format, joined, named
from enrich.destinations.sending import (
    Answer,
    Refusal,
    answer_of,
    queued_in,
    safe_code,
    same_outcome,
)
from enrich.model import Outcome, RecordResult

ENVELOPE_BYTES = 2_000


class BrevoSettings(HttpSettings):
    """The keys of a destination of kind `brevo`."""

    NAME: ClassVar[str] = r"[A-Z][A-Z0-9_-]*"
    OFF_LIMITS: ClassVar[frozenset[str]] = frozenset(["EMAIL", "DOUBLE_OPT-IN", "OPT_IN"])

    list_ids: tuple[int, ...] = Field(min_length=1)
    list_separator: str = Field("|", min_length=1)
    clear_with: Literal["nothing", "empty"] = "nothing"


class Brevo(HttpDestination):
    """Contacts by import, a process of its own there, with attributes that must exist."""

    version = "brevo-1"
    Settings = BrevoSettings
    settings: BrevoSettings
    example = {"api_key": {"env": "BREVO_API_KEY"}, "list_ids": [7]}
    capabilities = Capabilities(
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
    mapping = named(CORE, str.upper)

    host = "https://api.brevo.com"
    empty = ""

    def headers(self) -> dict[str, str]:
        return {"api-key": self.secret()}

    def save(self, records: Sequence[Record]) -> Answer:
        body = {
            "jsonBody": payloads_of(records),
            "listIds": list(self.settings.list_ids),
            "updateExistingContacts": True,
            "emptyContactsAttributes": self.settings.clear_with == "empty",
        }
        response = self.ask("POST", "/v3/contacts/import", body)
        if isinstance(response, Refusal):
            return response
        return queued_in(records, safe_code(answer_of(response).get("processId")))

    def problems(self) -> list[str]:
        """Brevo drops unknown attributes without a word."""
        return self.missing_fields(
            "/v3/contacts/attributes", "attributes", "name", "attribute", TYPES
        )

    @property
    def formats(self) -> dict[str, Format]:
        return {**JSON_FORMATS, "list": joined(self.settings.list_separator)}

    def shape(self, row: Row, values: dict[str, Any]) -> Mapping[str, Any]:
        return {"email": row["email"], "attributes": values}

    def poll(self, job_id: str, records: Sequence[Addressee]) -> list[RecordResult] | None:
        """A process that is completed is all Brevo tells; its reports have no known shape."""
        try:
            answer = answer_of(
                self.ask(
                    "GET", f"/v3/processes/{path_segment(job_id)}", name="brevo /v3/processes/{id}"
                )
            )
        except NotFound:
            return same_outcome(records, Outcome.UNKNOWN, "job_gone")
        if answer.get("status") == "failed":
            return same_outcome(records, Outcome.RETRYABLE, "job_failed")
        return (
            same_outcome(records, Outcome.ACCEPTED) if answer.get("status") == "completed" else None
        )


TYPES = {
    "text": ("text",),
    "list": ("text",),
    "integer": ("float", "id"),
    "amount": ("float",),
    "date": ("date", "text"),
    "boolean": ("boolean",),
}
