"""Webhook: batches of records posted as JSON to an address of the user's, signed if they wish."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from pydantic import Field, SecretStr, field_validator, model_validator

from enrich.client import Call
from enrich.destinations.base import (
    Batch,
    Capabilities,
    DestinationSettings,
    FieldName,
    MappedField,
    Payload,
    Record,
    Row,
    SecretRef,
    Tools,
    is_safe_to_send_to,
)
from enrich.destinations.batches import batch_id_of, payload_bytes
from enrich.destinations.entity import DestinationEntity
from enrich.destinations.kinds import CARTS, KINDS, PRODUCTS, PURCHASES
from enrich.destinations.mapping import own_names, version_of
from enrich.destinations.records import ProductKey, RecordEntity, own_fields
from enrich.destinations.sending import Answer, Refusal, post, send_halving
from enrich.destinations.webhook_answers import read_answer
from enrich.model import RecordResult

MAX_REQUESTS_PER_BATCH = 100
# Room for the template around the records.
ENVELOPE_BYTES = 4_096

DEFAULT_TEMPLATE: Mapping[str, Any] = {
    "batch_id": "$batch_id",
    "store": "$store",
    "entity": "$entity",
    "as_of": "$as_of",
    "records": "$records",
}
PLACEHOLDERS = frozenset({"$batch_id", "$store", "$entity", "$as_of", "$records"})


class WebhookSettings(DestinationSettings):
    """The keys of a destination of kind `webhook`."""

    url: str = Field(pattern=r"^https?://[^\s#]+$")
    key: Literal["customer_key", "email"] = "customer_key"
    fields: tuple[FieldName, ...] = ()
    batch_size: int = Field(500, ge=1, le=100_000)
    max_bytes: int = Field(1_000_000, ge=2 * ENVELOPE_BYTES)
    template: dict[str, Any] = Field(default_factory=lambda: dict(DEFAULT_TEMPLATE))
    headers: dict[str, str] = Field(default_factory=dict)
    secret_headers: dict[str, SecretRef] = Field(default_factory=dict)
    signing_secret: SecretRef | None = None
    allow_http: bool = False
    product_key: ProductKey = "sku"
    cart_days: int = Field(30, ge=1)

    @model_validator(mode="after")
    def _not_in_clear(self) -> WebhookSettings:
        if not (self.allow_http or is_safe_to_send_to(self.url)):
            raise ValueError(
                "url: http sends personal data in clear; use https or allow_http = true"
            )
        return self

    @field_validator("template")
    @classmethod
    def _carries_records(cls, template: dict[str, Any]) -> dict[str, Any]:
        if "$records" not in list(_strings(template)):
            raise ValueError('one value must be "$records"')
        unknown = {text for text in _strings(template) if text.startswith("$")} - PLACEHOLDERS
        if unknown:
            raise ValueError(f"unknown placeholders {sorted(unknown)}")
        return template

    @field_validator("headers")
    @classmethod
    def _no_secret_header(cls, headers: dict[str, str]) -> dict[str, str]:
        if any(name.lower() in ("authorization", "cookie") for name in headers):
            raise ValueError("a secret does not stand in the file; use secret_headers")
        return headers


class Webhook(DestinationEntity):
    """One address that takes records."""

    version = "webhook-1"
    Settings = WebhookSettings
    settings: WebhookSettings
    example = {
        "url": "https://hooks.example.com/customers",
        "secret_headers": {"Authorization": {"env": "WEBHOOK_AUTHORIZATION"}},
        "signing_secret": {"env": "WEBHOOK_SIGNING_SECRET"},
    }
    capabilities = Capabilities(
        record_key="customer_key",
        transport="json_batch",
        result_fidelity="per_record",
        null_meaning="clears",
        max_records=500,
        max_bytes=1_000_000,
        idempotency_key="Idempotency-Key header",
        removals=("clear",),
    )
    mapping = own_names()

    def __init__(self, settings: WebhookSettings, tools: Tools) -> None:
        super().__init__(settings, tools)
        references = settings.secret_headers.items()
        self._secret_headers = {name: tools.secret(one) for name, one in references}
        secret = settings.signing_secret
        self._signing_secret = tools.secret(secret) if secret else None

    def limits(self) -> Capabilities:
        return replace(
            type(self).capabilities,
            record_key=self.settings.key,
            diff_days_since=bool(self.settings.diff_days_since),
            max_records=self.settings.batch_size,
            max_bytes=self.settings.max_bytes - ENVELOPE_BYTES,
        )

    def mapped(self) -> tuple[MappedField, ...]:
        is_diffed = self.capabilities.diff_days_since
        settings = self.settings
        return own_names(
            settings.fields, settings.names, windows=self.windows, diff_days_since=is_diffed
        )

    @property
    def mapping_version(self) -> str:
        return version_of(self.version)

    def problems(self) -> list[str]:
        """An OPTIONS call, which changes nothing: any answer but 401 and 403 is reach."""
        url, headers = self.settings.url, self._headers()
        call = Call(method="OPTIONS", url=url, name="webhook OPTIONS", headers=headers, tries=2)
        status = self.http.send(call).status_code
        return [f"the receiver refused the credentials ({status})"] if status in (401, 403) else []

    def validate(self, row: Row) -> str | None:
        """The receiver takes every profile that has its key."""
        return None if row[self.settings.key] is not None else f"no {self.settings.key}"

    def shape(self, row: Row, values: dict[str, Any]) -> Payload:
        """`{id, fields}`: numbers as numbers, dates as ISO texts, lists as lists."""
        return {"id": row["record_id"], "fields": values}

    def push(self, batch: Batch) -> list[RecordResult]:
        """One POST; a batch refused whole is halved down to the records at fault."""

        def attempt(records: Sequence[Record]) -> Answer:
            response = post(self.http, self._call(batch, records))
            return response if isinstance(response, Refusal) else read_answer(records, response)

        return send_halving(batch.records, attempt, MAX_REQUESTS_PER_BATCH)

    def _call(self, batch: Batch, records: Sequence[Record]) -> Call:
        batch_id = batch_id_of([(record.record_id, record.hash) for record in records])
        values = {
            "$batch_id": batch_id,
            "$store": batch.store,
            "$entity": batch.entity,
            "$as_of": batch.as_of.isoformat(),
            "$records": [record.payload for record in records],
        }
        body = payload_bytes(_filled(self.settings.template, values))
        headers = {**self._headers(), "Idempotency-Key": batch_id}
        if self._signing_secret is not None:
            headers["X-Enrich-Signature"] = sign(body, self._signing_secret)
        return Call("POST", self.settings.url, "webhook POST", headers=headers, content=body)

    def _headers(self) -> dict[str, str]:
        secret = {name: value.get_secret_value() for name, value in self._secret_headers.items()}
        return {"Content-Type": "application/json", **self.settings.headers, **secret}


class _Records(RecordEntity, Webhook):
    """Other records, each as a whole; people by the same key as profiles."""

    example = {}
    capabilities = replace(Webhook.capabilities, record_key="record_id", removals=())

    def limits(self) -> Capabilities:
        needs_email = self.settings.key == "email" and "email" in KINDS[self.name].schema
        return replace(super().limits(), record_key="email" if needs_email else "record_id")

    def mapped(self) -> tuple[MappedField, ...]:
        return self.mapping


class WebhookProducts(_Records):
    name = PRODUCTS
    mapping = own_fields(PRODUCTS)


class WebhookPurchases(_Records):
    name = PURCHASES
    mapping = own_fields(PURCHASES)


class WebhookCarts(_Records):
    name = CARTS
    mapping = own_fields(CARTS)


Webhook.others = (WebhookProducts, WebhookPurchases, WebhookCarts)


def sign(body: bytes, secret: SecretStr) -> str:
    """`sha256=` and the hex HMAC-SHA256 of the body, as the receiver computes it to compare."""
    digest = hmac.new(secret.get_secret_value().encode(), body, hashlib.sha256).hexdigest()
    return f"sha256={digest}"


def _filled(template: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(template, dict):
        return {name: _filled(part, values) for name, part in template.items()}
    if isinstance(template, list):
        return [_filled(part, values) for part in template]
    return values.get(template, template) if isinstance(template, str) else template


def _strings(template: Any) -> list[str]:
    if isinstance(template, dict):
        return [text for part in template.values() for text in _strings(part)]
    if isinstance(template, list):
        return [text for part in template for text in _strings(part)]
    return [template] if isinstance(template, str) else []
