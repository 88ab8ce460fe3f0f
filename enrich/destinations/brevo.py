"""Brevo: contacts by import, a process of its own there, with attributes that must exist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any, ClassVar, Literal

from pydantic import Field

from enrich.client import NotFound
from enrich.destinations.base import Addressee, RateLimit, Record, Row
from enrich.destinations.http import HttpDestination, HttpSettings, payloads_of
from enrich.destinations.lists import ListMembers, absent
from enrich.destinations.mapping import CORE, named
from enrich.destinations.sending import Refusal, queued_in, safe_code, same_outcome
from enrich.model import Outcome, RecordResult

ENVELOPE_BYTES = 2_000
NOBODY_CHANGED = "invalid_parameter"
CONTACT = "/v3/contacts/{email}"
LISTS, LISTS_PER_PAGE = "/v3/contacts/lists", 50
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


class BrevoAccount(HttpDestination):
    """What every kind of record at Brevo shares: one key."""

    Settings = BrevoSettings
    settings: BrevoSettings
    host = "https://api.brevo.com"
    rate_limit = RateLimit(10, 1)  # of what is under /v3/contacts

    def headers(self) -> dict[str, str]:
        return {"api-key": self.secret()}


class Brevo(BrevoAccount):
    kind = "brevo"
    version = "brevo-1"
    api_version = "v3"
    vendor_pages = (
        "https://developers.brevo.com/reference/import-contacts",
        "https://developers.brevo.com/docs/api-limits",
        "https://developers.brevo.com/docs/limit-headers",
        "https://developers.brevo.com/reference/add-contact-to-list",
        "https://developers.brevo.com/reference/remove-contact-from-list",
        "https://developers.brevo.com/reference/delete-contact",
    )
    checked_on = date(2026, 11, 30)
    example = {"api_key": {"env": "BREVO_API_KEY"}, "list_ids": [7]}
    mapping = named(CORE, str.upper)
    empty = ""
    job_path = "/v3/processes/{id}"
    transport = "job"
    max_records = 10_000
    max_bytes = 8_000_000 - ENVELOPE_BYTES
    max_open_jobs = 5
    poll_rate = RateLimit(100, 3_600, is_shared=True)  # of all else, whoever asks
    fields_created_first = True
    idempotency_key = "email"
    sends_empty = False
    moves_address = "update"
    gone_codes = frozenset({"document_not_found"})
    result_fidelity = "none"

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

    def delete(self, one: Addressee) -> RecordResult:
        by_email = {"identifierType": "email_id"}
        return self.done_to(one, "DELETE", CONTACT, at={"email": one.remote_key}, params=by_email)

    def _update(self, one: Addressee, attributes: Mapping[str, Any]) -> RecordResult:
        body, at = {"attributes": attributes}, {"email": one.remote_key}
        return self.done_to(one, "PUT", CONTACT, body, at=at)

    def problems(self) -> list[str]:
        """Brevo drops unknown attributes without a word."""
        found = self.fetch("GET", "/v3/contacts/attributes").get("attributes")
        return self.unfit_fields(found, "name", "attribute", TYPES)


class BrevoMembers(ListMembers, BrevoAccount):
    """Members of lists. Of somebody who is in the list already Brevo only says that it failed."""

    version = "brevo-audiences-1"
    max_records = 150

    def find_lists(self, names: Sequence[str]) -> Mapping[str, Sequence[str]]:
        there = [(str(one.get("name")), str(one["id"])) for one in self._all_lists]
        return {wanted: [key for name, key in there if name == wanted] for wanted in names}

    @cached_property
    def _all_lists(self) -> list[dict[str, Any]]:
        lists: list[dict[str, Any]] = []
        while True:
            page = {"limit": f"{LISTS_PER_PAGE}", "offset": f"{len(lists)}"}
            answer = self.fetch("GET", LISTS, params=page)
            lists += answer.get("lists") or []
            if len(lists) >= int(answer.get("count") or 0) or not answer.get("lists"):
                return lists

    def add(self, list_id: str, records: Sequence[Record]) -> list[RecordResult]:
        failed = self._change_members("add", list_id, records)
        return [
            self._looked_at(one, list_id)
            if one.payload["email"] in failed
            else RecordResult(one.record_id, Outcome.ACCEPTED)
            for one in records
        ]

    def take_out(self, list_id: str, records: Sequence[Record]) -> list[RecordResult]:
        """Who could not be taken out was not in it."""
        self._change_members("remove", list_id, records)
        return same_outcome(records, Outcome.ACCEPTED)

    def _change_members(self, verb: str, list_id: str, records: Sequence[Record]) -> frozenset[str]:
        """The addresses that Brevo did not change; it refuses a call that changes nobody."""
        emails = [str(record.payload["email"]) for record in records]
        path, at = f"{LISTS}/{{id}}/contacts/{verb}", {"id": list_id}
        try:
            answer = self.fetch("POST", path, {"emails": emails}, at=at)
        except Refusal as refusal:
            if refusal.code != NOBODY_CHANGED:
                raise
            return frozenset(emails)
        changed = answer.get("contacts") or {}
        return frozenset(str(one).lower() for one in changed.get("failure") or [])

    def _looked_at(self, record: Record, list_id: str) -> RecordResult:
        """In the list already, or without a contact yet: the import may still be at work."""
        try:
            contact = self.fetch("GET", CONTACT, at={"email": record.payload["email"]})
        except NotFound:
            return absent([record])[0]
        if list_id in map(str, contact.get("listIds") or []):
            return RecordResult(record.record_id, Outcome.ACCEPTED)
        return RecordResult(record.record_id, Outcome.REJECTED, "not_added")


Brevo.others = (BrevoMembers,)
