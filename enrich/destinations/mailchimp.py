"""Mailchimp: merge fields of the members an audience already has; nobody is added or subscribed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pydantic import Field

from enrich.client import Call, NotFound
from enrich.destinations.base import Addressee, Record, Row
from enrich.destinations.http import HttpDestination, HttpSettings
from enrich.destinations.mapping import named
from enrich.destinations.sending import GONE, LATER
from enrich.model import Outcome, RecordResult

NOT_A_MEMBER = "not_a_member"
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
_NUMBER = ("number", "text")
TYPES = {
    "text": ("text", "dropdown", "radio"),
    "list": ("text",),
    "integer": _NUMBER,
    "amount": _NUMBER,
    "date": ("date", "text"),
    "boolean": ("text",),
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

    kind = "mailchimp"
    version = "mailchimp-1"
    Settings = MailchimpSettings
    settings: MailchimpSettings
    example = {
        "api_key": {"env": "MAILCHIMP_API_KEY"},
        "data_center": "us1",
        "list_id": "a1b2c3d4e5",
    }
    mapping = named(TAGS, TAGS.__getitem__)
    empty = ""
    writes_texts = True
    transport = "single"
    max_records = 50
    concurrency = 5
    fields_created_first = True
    idempotency_key = "md5 of the e-mail"
    null_meaning = "clears"
    removals = ("clear",)
    moves_address = "update"
    refusal_keys = ("", "message", "detail")  # no code; the message is of one field

    @property
    def host(self) -> str:
        return f"https://{self.settings.data_center}.api.mailchimp.com"

    def headers(self) -> dict[str, str]:
        return self.basic_auth("enrich", self.secret())

    def shape(self, row: Row, values: dict[str, Any]) -> Mapping[str, Any]:
        return {"email_address": row["email"], "merge_fields": values}

    def save(self, records: Sequence[Record]) -> list[RecordResult]:
        return self.save_each(records, self._patch)

    def _patch(self, record: Record) -> RecordResult:
        """Merge fields alone: a status that is not sent cannot change."""
        fields = {"merge_fields": record.payload["merge_fields"]}
        call = self._call(str(record.payload["email_address"]), fields)
        return self._sent(record, call)

    def _sent(self, record: Record, call: Call) -> RecordResult:
        response = self.http.send(call)
        if response.status_code == 403 and not response.content.strip():  # how it throttles
            return RecordResult(record.record_id, Outcome.RETRYABLE, "throttled", LATER)
        if response.status_code == 404:
            message = "not a member of the audience"
            return RecordResult(record.record_id, Outcome.INVALID, NOT_A_MEMBER, message)
        return self.saved(record, call, response)

    def _call(self, address: str, changes: Mapping[str, Any]) -> Call:
        member = hashlib.md5(address.encode(), usedforsecurity=False).hexdigest()
        return self.call(
            "PATCH",
            f"/3.0/lists/{self.settings.list_id}/members/{member}",
            changes,
            name="mailchimp PATCH member",
            params={"skip_merge_validation": "true"},
        )

    def move(self, old: Addressee, address: str) -> RecordResult:
        """The member keeps the status: only the address is sent."""
        return self._change(old, {"email_address": address})

    def clear(self, one: Addressee) -> RecordResult:
        return self._change(one, {"merge_fields": self.emptied(one)[0]})

    def _change(self, one: Addressee, changes: Mapping[str, Any]) -> RecordResult:
        """Who is not a member of the audience is gone from it."""
        done = self._sent(Record(one.record_id, "", {}), self._call(one.remote_key, changes))
        is_gone = done.code == NOT_A_MEMBER
        return RecordResult(one.record_id, Outcome.ACCEPTED, GONE) if is_gone else done

    def problems(self) -> list[str]:
        """Which merge fields of the mapping the audience does not have, or of another type."""
        path = f"/3.0/lists/{self.settings.list_id}/merge-fields"
        try:
            return self.missing_fields(
                path,
                "merge_fields",
                "tag",
                "merge field",
                TYPES,
                name="mailchimp merge-fields",
                params={"count": "1000"},
            )
        except NotFound:
            return ["the audience does not exist; check list_id"]
