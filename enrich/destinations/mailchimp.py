"""Mailchimp: merge fields of the members an audience already has; nobody is added or subscribed."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pydantic import Field

from enrich.client import NotFound
from enrich.destinations.base import Capabilities, Record, Row
from enrich.destinations.http import HttpDestination, HttpSettings
from enrich.destinations.mapping import Format, in_texts, named
from enrich.destinations.sending import (
    LATER,
    Answer,
    answer_of,
    field_problems,
    save_one,
)
from enrich.model import Outcome, RecordResult

# A merge tag has at most ten characters, and an audience at most some dozens of them.
TAGS = {
    "rfm_group": "RFMGROUP",
    "rfm_segment": "RFMSEGMENT",
    "rfm_30d": "RFM30",
    "rfm_360d": "RFM360",
    "first_purchase_date": "FIRSTBUY",
    "last_purchase_date": "LASTBUY",
    "days_since_last_purchase": "DAYSSINCE",
    "last_purchase_amount": "LASTAMOUNT",
    "orders_360d": "ORDERS360",
    "amount_360d": "AMOUNT360",
    "orders_lifetime": "ORDERSALL",
    "amount_lifetime": "AMOUNTALL",
    "last_purchase_brands": "LASTBRANDS",
}


class MailchimpSettings(HttpSettings):
    """The keys of a destination of kind `mailchimp`."""

    NAME: ClassVar[str] = r"[A-Z][A-Z0-9_]{0,9}"
    OFF_LIMITS: ClassVar[frozenset[str]] = frozenset(["EMAIL"])

    data_center: str = Field(pattern=r"^[a-z]{2}[0-9]{1,3}$")
    list_id: str = Field(pattern=r"^[A-Za-z0-9]+$")
    list_separator: str = Field("|", min_length=1)


class Mailchimp(HttpDestination):
    """Merge fields of the members an audience already has; nobody is added or subscribed."""

    version = "mailchimp-1"
    Settings = MailchimpSettings
    settings: MailchimpSettings
    example = {
        "api_key": {"env": "MAILCHIMP_API_KEY"},
        "data_center": "us1",
        "list_id": "a1b2c3d4e5",
    }
    capabilities = Capabilities(
        record_key="email",
        transport="single",
        result_fidelity="per_record",
        null_meaning="clears",
        max_records=50,
        concurrency=5,
        idempotency_key="md5 of the e-mail",
        fields_created_first=True,
        removals=("clear",),
    )
    mapping = named(TAGS, TAGS.__getitem__)

    empty = ""

    @property
    def host(self) -> str:
        return f"https://{self.settings.data_center}.api.mailchimp.com"

    @property
    def formats(self) -> Mapping[str, Format]:
        return in_texts(self.settings.list_separator)

    def save(self, records: Sequence[Record]) -> Answer:
        return self.save_each(records, self._patch)

    def shape(self, row: Row, values: dict[str, Any]) -> Mapping[str, Any]:
        return {"email_address": row["email"], "merge_fields": values}

    def _patch(self, record: Record) -> RecordResult:
        """Merge fields alone: a status that is not sent cannot change."""
        address = str(record.payload["email_address"]).encode()
        member = hashlib.md5(address, usedforsecurity=False).hexdigest()
        call = self.call(
            "PATCH",
            f"/3.0/lists/{self.settings.list_id}/members/{member}",
            {"merge_fields": record.payload["merge_fields"]},
            name="mailchimp PATCH member",
            params={"skip_merge_validation": "true"},
        )
        response = self.http.send(call)
        if response.status_code == 403 and not response.content.strip():  # how it throttles
            return RecordResult(record.record_id, Outcome.RETRYABLE, "throttled", LATER)
        if response.status_code == 404:
            message = "not a member of the audience"
            return RecordResult(record.record_id, Outcome.INVALID, "not_a_member", message)
        return save_one(self.http, call, record, response)

    def problems(self) -> list[str]:
        """Which merge fields of the mapping the audience does not have, or of another type."""
        path = f"/3.0/lists/{self.settings.list_id}/merge-fields"
        try:
            answer = answer_of(
                self.ask("GET", path, name="mailchimp merge-fields", params={"count": "1000"})
            )
        except NotFound:
            return ["the audience does not exist; check list_id"]
        found = answer.get("merge_fields")
        return field_problems(self.fields, found, "tag", "merge field", TYPES, "type")

    def headers(self) -> dict[str, str]:
        pair = b64encode(f"enrich:{self.secret()}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}


_NUMBER = ("number", "text")


TYPES = {
    "text": ("text", "dropdown", "radio"),
    "list": ("text",),
    "integer": _NUMBER,
    "amount": _NUMBER,
    "date": ("date", "text"),
    "boolean": ("text",),
}
