"""RD Station Marketing: one contact per call, custom fields that begin with cf_."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar, Literal

from pydantic import Field

from enrich.client import NotFound
from enrich.destinations.base import (
    Addressee,
    MappedField,
    MovesAddress,
    RateLimit,
    Record,
    Row,
    SecretRef,
)
from enrich.destinations.http import HttpSettings
from enrich.destinations.lists import MemberRecords, absent
from enrich.destinations.mapping import CORE, named
from enrich.destinations.sending import answer_of, ask, safe_code
from enrich.destinations.tokens import TokenDestination
from enrich.model import Outcome, RecordResult

BY_EMAIL = "/platform/contacts/email:{email}"
TYPES = {
    "text": ("STRING",),
    "list": ("STRING",),
    "integer": ("INTEGER", "STRING"),
    "amount": ("STRING",),
    "date": ("STRING",),
    "boolean": ("BOOLEAN", "STRING"),
}


class RdStationSettings(HttpSettings):
    """The keys of a destination of kind `rdstation`; `api_key` is the refresh token."""

    SECRETS: ClassVar[tuple[str, ...]] = ("api_key", "client_secret")
    NAME: ClassVar[str] = r"[a-z][a-z0-9_]*"
    OFF_LIMITS: ClassVar[frozenset[str]] = frozenset(["email", "legal_bases", "tags", "uuid"])

    client_id: str = Field(min_length=1)
    client_secret: SecretRef
    list_separator: str = Field("|", min_length=1)
    clear_with: Literal["nothing", "empty"] = "nothing"


class RdStation(TokenDestination):
    kind = "rdstation"
    version = "rdstation-1"
    api_version = "none named"
    vendor_pages = (
        "https://developers.rdstation.com/reference/contatos",
        "https://developers.rdstation.com/reference/post_platform-contacts-identifier-value-tag",
        "https://developers.rdstation.com/reference/limite-de-requisicoes-da-api",
    )
    checked_on = date(2026, 11, 30)
    Settings = RdStationSettings
    settings: RdStationSettings
    example = {
        "api_key": {"env": "RDSTATION_REFRESH_TOKEN"},
        "client_id": "your-client-id",
        "client_secret": {"env": "RDSTATION_CLIENT_SECRET"},
    }
    mapping: ClassVar[tuple[MappedField, ...]] = named(CORE, lambda source: f"cf_{source}")
    host = "https://api.rd.services"
    login_keys = "client and refresh token"
    empty = ""
    writes_texts = True
    transport = "single"
    max_records = 50
    rate_limit = RateLimit(120, 60, is_shared=True)
    fields_created_first = True
    idempotency_key = "email"
    sends_empty = False
    moves_address: MovesAddress = "update"
    refusal_keys = ("error_type", "error_message")
    gone_codes = frozenset({"RESOURCE_NOT_FOUND"})

    def shape(self, row: Row, values: dict[str, Any]) -> Mapping[str, Any]:
        return {"address": row["email"], "fields": values}

    def save(self, records: Sequence[Record]) -> list[RecordResult]:
        return self.save_each(records, self._patch)

    def _patch(self, record: Record) -> RecordResult:
        """Our fields alone; `legal_bases` and tags are not ours to change."""
        at = {"email": record.payload["address"]}
        self.ask("PATCH", BY_EMAIL, record.payload["fields"], at=at)
        return RecordResult(record.record_id, Outcome.ACCEPTED)

    def move(self, old: Addressee, address: str) -> RecordResult:
        return self._update(old, {"email": address})

    def clear(self, one: Addressee) -> RecordResult:
        return self._update(one, self.emptied(one)[0])

    def _update(self, one: Addressee, values: Mapping[str, Any]) -> RecordResult:
        """The contact of an address changed by its uuid: by the address a new one could begin."""
        found = self.fetch("GET", BY_EMAIL, at={"email": one.remote_key}, gone=self.gone_codes)
        uuid = safe_code(found.get("uuid"))
        if uuid is None:
            return RecordResult(one.record_id, Outcome.UNKNOWN, "no_uuid")
        return self.done_to(one, "PATCH", "/platform/contacts/uuid:{id}", values, at={"id": uuid})

    def log_in(self) -> object:
        """A new access token for the refresh token."""
        body = {
            "client_id": self.settings.client_id,
            "client_secret": self.secret("client_secret"),
            "refresh_token": self.secret(),
        }
        # Documented for the first token as token_by=code; this one follows from it.
        params = {"token_by": "refresh_token"}
        call = self.call("POST", "/auth/token", body, params=params)
        return answer_of(ask(self.http, call)).get("access_token")

    def problems(self) -> list[str]:
        """Which custom fields of the mapping RD Station does not have."""
        found = self.fetch("GET", "/platform/contacts/fields").get("fields")
        return self.unfit_fields(found, "api_identifier", "custom field", TYPES, "data_type")


class RdStationMembers(MemberRecords, RdStation):
    """Tags: one is added by a call of its own; to take it away, the others are written again."""

    version = "rdstation-audiences-1"

    def change(self, records: Sequence[Record]) -> list[RecordResult]:
        return self.save_each(records, self._tag)

    def _tag(self, record: Record) -> RecordResult:
        at, name = {"email": record.payload["email"]}, str(record.payload["list"])
        try:
            if record.payload["is_member"]:
                self.ask("POST", f"{BY_EMAIL}/tag", {"tags": [name]}, at=at)
            else:
                self._untag(at, name)
        except NotFound:
            return absent([record])[0]
        return RecordResult(record.record_id, Outcome.ACCEPTED)

    def _untag(self, at: Mapping[str, Any], name: str) -> None:
        tags = self.fetch("GET", BY_EMAIL, at=at).get("tags") or []
        left = [tag for tag in tags if tag.lower() != name.lower()]
        if left != tags:
            self.ask("PATCH", BY_EMAIL, {"tags": left}, at=at)


RdStation.others = (RdStationMembers,)
