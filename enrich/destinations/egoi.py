"""E-goi: extra fields of the contacts a list already has; nobody is added, no status is touched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from typing import Any, ClassVar, Literal

from pydantic import Field

from enrich.client import NotFound, parse_json
from enrich.destinations.base import Addressee, Record, Row
from enrich.destinations.http import HttpDestination, HttpSettings
from enrich.destinations.mapping import CORE, named
from enrich.destinations.sending import GONE, objects_in
from enrich.errors import Stop
from enrich.model import Outcome, RecordResult

CONTACTS, FIELDS = "/lists/{list}/contacts", "/lists/{list}/fields"
CONTACT = f"{CONTACTS}/{{contact}}"
REQUESTS_PER_RECORD = 2  # find, write
LEFT = "removed"  # the status of whoever opted out
TYPES = {
    "text": ("text",),
    "list": ("text",),
    "integer": ("number", "text"),
    "amount": ("number", "text"),
    "date": ("date", "text"),
    "boolean": ("text",),
}


class EgoiSettings(HttpSettings):
    """The keys of a destination of kind `egoi`."""

    OFF_LIMITS: ClassVar[frozenset[str]] = frozenset(["email", "status", "consent", "email_status"])

    list_id: int = Field(ge=1)
    list_separator: str = Field("|", min_length=1)
    clear_with: Literal["nothing", "empty"] = "nothing"


class Egoi(HttpDestination):
    """The import of many contacts is not used: its schema gives whoever is in it a status."""

    kind = "egoi"
    version = "egoi-1"
    api_version = "V3"
    vendor_pages = (
        "https://developers.e-goi.com/api/v3/",
        "https://github.com/E-goi/sdk-java/blob/master/api/openapi.yaml",
        "https://helpdesk.e-goi.com/474785-Adding-contacts",
        "https://helpdesk.e-goi.com/911592-Permanently-removing-a-contact-as-per-GDPR",
    )
    checked_on = date(2026, 11, 30)
    Settings = EgoiSettings
    settings: EgoiSettings
    example = {"api_key": {"env": "EGOI_API_KEY"}, "list_id": 1}
    mapping = named(CORE)
    host = "https://api.egoiapp.com"
    written = ("list_id",)
    empty = ""
    writes_texts = True
    transport = "single"
    max_records = 50
    concurrency = 4
    fields_created_first = True
    idempotency_key = "contact id, found by the e-mail"
    sends_empty = False
    removals = ("clear", "delete")
    moves_address = "update"
    refusal_keys = ("", "detail")  # no code

    def headers(self) -> dict[str, str]:
        return {"Apikey": self.secret()}

    def shape(self, row: Row, values: dict[str, Any]) -> Mapping[str, Any]:
        return {"address": row["email"], "fields": values}

    def requests_for(self, record_count: int, byte_count: int) -> int:
        return REQUESTS_PER_RECORD * record_count

    def save(self, records: Sequence[Record]) -> list[RecordResult]:
        ready = [
            replace(one, payload={**one.payload, "extra": self._extra(one.payload["fields"])})
            for one in records
        ]
        return self.save_each(ready, self._patch)

    def _patch(self, record: Record) -> RecordResult:
        """Our fields alone: a status that is not sent cannot change."""
        contact = self._find(str(record.payload["address"]))
        if contact is None:
            message = "not in the list"
            return RecordResult(record.record_id, Outcome.INVALID, "not_in_list", message)
        if contact.get("status") == LEFT:
            message = "left the list"  # and cannot be edited any more
            return RecordResult(record.record_id, Outcome.INVALID, "left_the_list", message)
        changes = {"extra": record.payload["extra"]}
        return self.save_one(record, self.call("PATCH", CONTACT, changes, at=self._at(contact)))

    def move(self, old: Addressee, address: str) -> RecordResult:
        return self._update(old, {"base": {"email": address}})

    def clear(self, one: Addressee) -> RecordResult:
        return self._update(one, {"extra": self._extra(self.emptied(one)[0])})

    def _update(self, one: Addressee, changes: Mapping[str, Any]) -> RecordResult:
        contact = self._find(one.remote_key)
        if contact is None:
            return RecordResult(one.record_id, Outcome.ACCEPTED, GONE)
        return self.done_to(one, "PATCH", CONTACT, changes, at=self._at(contact))

    def delete(self, one: Addressee) -> RecordResult:
        """Forgotten: E-goi empties all that it holds of the contact within 30 days."""
        contact = self._find(one.remote_key)
        if contact is None:
            self._extra_fields()  # NotFound when it is the list that is not there
            return RecordResult(one.record_id, Outcome.ACCEPTED, GONE)
        body = {"contacts": [contact["contact_id"]]}
        return self.done_to(one, "POST", f"{CONTACTS}/actions/forget", body, at=self._at())

    def _find(self, address: str) -> Mapping[str, Any] | None:
        """What E-goi itself knows of the list's contact with this address: id, status and more."""
        try:
            found = self.fetch("GET", CONTACTS, at=self._at(), params={"email": address})
        except NotFound:
            return None
        people = [item.get("base") or {} for item in objects_in(found.get("items"))]
        there = (one for one in people if one.get("contact_id"))
        same = (one for one in there if str(one.get("email")).lower() == address.lower())
        return next(same, None)

    def _at(self, contact: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return {"list": self.settings.list_id, "contact": (contact or {}).get("contact_id")}

    def _extra(self, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The values as E-goi takes them, by the number of the field."""
        return [{"field_id": self._numbers[name], "value": value} for name, value in values.items()]

    @cached_property
    def _numbers(self) -> dict[str, int]:
        """The number of each field by its name; Stop when the list lacks one of ours."""
        there = {str(one.get("name")): one.get("field_id") for one in self._extra_fields()}
        missing = sorted({field.target for field in self.fields} - set(there))
        if missing:
            raise Stop(f"egoi: the list has no field {', '.join(missing)}; create it there")
        return {field.target: int(str(there[field.target])) for field in self.fields}

    def _extra_fields(self) -> list[dict[str, Any]]:
        """The fields that the shop created in the list; the others are E-goi's own."""
        response = self.ask("GET", FIELDS, at=self._at(), params={"limit": "1000"})
        fields = objects_in(parse_json(response.content))
        return [one for one in fields if one.get("type") == "extra"]

    def problems(self) -> list[str]:
        """Which fields of the mapping the list does not have, or of another format."""
        try:
            found = self._extra_fields()
        except NotFound:
            return ["the list does not exist; check list_id"]
        return self.unfit_fields(found, "name", "extra field", TYPES, "format")
