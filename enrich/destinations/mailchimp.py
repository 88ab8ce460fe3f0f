"""Mailchimp: merge fields of the members an audience already has; nobody is added or subscribed."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from enrich.client import NotFound
from enrich.destinations.base import Adapter, Capabilities, MappedField, Record, Row
from enrich.destinations.mapping import in_texts, named
from enrich.destinations.remote import Remote, RemoteSettings, Wire, one_by_one, opener
from enrich.destinations.sending import (
    LATER,
    answer_of,
    field_problems,
    save_one,
)
from enrich.model import Outcome, RecordResult

CAPABILITIES = Capabilities(
    entities=("profile",),
    modes=("update_only",),
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
MAPPING: tuple[MappedField, ...] = named(TAGS, TAGS.__getitem__)


class MailchimpSettings(RemoteSettings):
    """The keys of a destination of kind `mailchimp`."""

    NAME: ClassVar[str] = r"[A-Z][A-Z0-9_]{0,9}"
    OFF_LIMITS: ClassVar[frozenset[str]] = frozenset(["EMAIL"])

    data_center: str = Field(pattern=r"^[a-z]{2}[0-9]{1,3}$")
    list_id: str = Field(pattern=r"^[A-Za-z0-9]+$")
    list_separator: str = Field("|", min_length=1)


def _shape(remote: Remote, row: Row, values: dict[str, Any]) -> Mapping[str, Any]:
    return {"email_address": row["email"], "merge_fields": values}


def _patch(remote: Remote, record: Record) -> RecordResult:
    """Merge fields alone: a status that is not sent cannot change."""
    address = str(record.payload["email_address"]).encode()
    member = hashlib.md5(address, usedforsecurity=False).hexdigest()
    call = remote.call(
        "PATCH",
        f"/3.0/lists/{remote.settings.list_id}/members/{member}",
        {"merge_fields": record.payload["merge_fields"]},
        name="mailchimp PATCH member",
        params={"skip_merge_validation": "true"},
    )
    response = remote.http.send(call)
    if response.status_code == 403 and not response.content.strip():  # how it throttles
        return RecordResult(record.record_id, Outcome.RETRYABLE, "throttled", LATER)
    if response.status_code == 404:
        message = "not a member of the audience"
        return RecordResult(record.record_id, Outcome.INVALID, "not_a_member", message)
    return save_one(remote.http, call, record, response)


def _check(remote: Remote) -> list[str]:
    """Which merge fields of the mapping the audience does not have, or of another type."""
    path = f"/3.0/lists/{remote.settings.list_id}/merge-fields"
    try:
        answer = answer_of(
            remote.ask("GET", path, name="mailchimp merge-fields", params={"count": "1000"})
        )
    except NotFound:
        return ["the audience does not exist; check list_id"]
    found = answer.get("merge_fields")
    return field_problems(remote.fields, found, "tag", "merge field", TYPES, "type")


_NUMBER = ("number", "text")
TYPES = {
    "text": ("text", "dropdown", "radio"),
    "list": ("text",),
    "integer": _NUMBER,
    "amount": _NUMBER,
    "date": ("date", "text"),
    "boolean": ("text",),
}


def _headers(remote: Remote) -> dict[str, str]:
    pair = b64encode(f"enrich:{remote.secret()}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


WIRE = Wire(
    version="mailchimp-1",
    host=lambda settings: f"https://{settings.data_center}.api.mailchimp.com",
    headers=_headers,
    shape=_shape,
    save=one_by_one(_patch, CAPABILITIES.concurrency),
    check=_check,
    formats=lambda settings: in_texts(settings.list_separator),
    empty=lambda settings: "",
)

ADAPTER = Adapter(
    settings=MailchimpSettings,
    capabilities=CAPABILITIES,
    mapping=MAPPING,
    open=opener(WIRE, CAPABILITIES, MAPPING),
    example={
        "api_key": {"env": "MAILCHIMP_API_KEY"},
        "data_center": "us1",
        "list_id": "a1b2c3d4e5",
    },
)
