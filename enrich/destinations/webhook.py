"""Webhook: batches of records posted as JSON to an address of the user's, signed if they wish."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import polars as pl
from pydantic import Field, SecretStr, field_validator, model_validator

from enrich.client import Call
from enrich.destinations.base import (
    Adapter,
    Addressee,
    Batch,
    Capabilities,
    DestinationSettings,
    FieldName,
    MappedField,
    Payload,
    Policy,
    Record,
    Row,
    SecretRef,
    Sender,
    Tools,
    is_safe_to_send_to,
)
from enrich.destinations.batches import batch_id_of, payload_bytes, requests_needed
from enrich.destinations.kinds import Kind
from enrich.destinations.mapping import (
    JSON_FORMATS,
    own_names,
    render_fields,
    render_rows,
    version_of,
)
from enrich.destinations.records import (
    ProductKey,
    Renderer,
    own_entities,
    own_fields,
    own_renderer,
)
from enrich.destinations.sending import Answer, Refusal, by_hand, post, send_halving
from enrich.destinations.webhook_answers import read_answer
from enrich.errors import EnrichError
from enrich.model import RecordResult

MAX_REQUESTS_PER_BATCH = 100
# Room for the template around the records.
ENVELOPE_BYTES = 4_096

CAPABILITIES = Capabilities(
    entities=("profile",),
    modes=("upsert",),
    record_key="customer_key",
    transport="json_batch",
    result_fidelity="per_record",
    null_meaning="clears",
    max_records=500,
    max_bytes=1_000_000,
    idempotency_key="Idempotency-Key header",
    removals=("clear",),
)

RECORDS = replace(CAPABILITIES, record_key="record_id", removals=())

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


@dataclass(frozen=True)
class Webhook:
    """One address that takes records."""

    settings: WebhookSettings
    capabilities: Capabilities
    fields: tuple[MappedField, ...]
    http: Sender
    secret_headers: Mapping[str, SecretStr]
    signing_secret: SecretStr | None
    renderer: Renderer | None = None

    @property
    def policy(self) -> Policy:
        return self.settings.policy

    @property
    def mapping_version(self) -> str:
        return version_of("webhook-1")

    def check(self) -> list[str]:
        """An OPTIONS call, which changes nothing: any answer but 401 and 403 is reach."""
        url = self.settings.url
        call = Call(
            method="OPTIONS", url=url, name="webhook OPTIONS", headers=self._headers(), tries=2
        )
        try:
            status = self.http.send(call).status_code
        except EnrichError as error:
            return [str(error)]
        return [f"the receiver refused the credentials ({status})"] if status in (401, 403) else []

    def validate(self, row: Row) -> str | None:
        """The receiver takes every profile that has its key, and every other record."""
        if self.renderer is not None or row[self.settings.key] is not None:
            return None
        return f"no {self.settings.key}"

    def render(self, row: Row, *, is_known: bool) -> Payload:
        """`{id, fields}`: numbers as numbers, dates as ISO texts, lists as lists."""
        if self.renderer is not None:
            return {"id": row["record_id"], "fields": self.renderer(row)}
        values = render_fields(row, self.fields, JSON_FORMATS, is_known=is_known, empty=None)
        return {"id": row["record_id"], "fields": values}

    def render_all(self, frame: pl.DataFrame) -> list[Payload]:
        if self.renderer is not None:
            return [self.render(row, is_known=False) for row in frame.iter_rows(named=True)]
        values = render_rows(frame, self.fields, JSON_FORMATS, sends_empty=True, empty=None)
        return [
            {"id": record_id, "fields": own}
            for record_id, own in zip(frame["record_id"], values, strict=True)
        ]

    def push(self, batch: Batch) -> list[RecordResult]:
        """One POST; a batch refused whole is halved down to the records at fault."""

        def attempt(records: Sequence[Record]) -> Answer:
            response = post(self.http, self._call(batch, records))
            return response if isinstance(response, Refusal) else read_answer(records, response)

        return send_halving(batch.records, attempt, MAX_REQUESTS_PER_BATCH)

    def poll(self, job_id: str, records: Sequence[Addressee]) -> None:
        """The receiver answers at once; there is no job."""

    def erase(self, records: Sequence[Addressee]) -> list[RecordResult]:
        """A receiver takes records; who erases there is agreed with its owner."""
        return by_hand(records)

    def requests_for(self, record_count: int, byte_count: int) -> int:
        return requests_needed(self.capabilities, record_count, byte_count)

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
        if self.signing_secret is not None:
            headers["X-Enrich-Signature"] = sign(body, self.signing_secret)
        return Call("POST", self.settings.url, "webhook POST", headers=headers, content=body)

    def _headers(self) -> dict[str, str]:
        secret = {name: value.get_secret_value() for name, value in self.secret_headers.items()}
        return {"Content-Type": "application/json", **self.settings.headers, **secret}


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


def _open(settings: WebhookSettings, tools: Tools) -> Webhook:
    is_diffed = bool(settings.diff_days_since)
    limits = replace(CAPABILITIES, record_key=settings.key, diff_days_since=is_diffed)
    fields = own_names(
        settings.fields, settings.names, windows=tools.windows, diff_days_since=is_diffed
    )
    return _at(settings, tools, limits, fields)


def _open_kind(kind: Kind) -> Callable[[WebhookSettings, Tools], Webhook]:
    """How to open one kind of record there, each as a whole; people by the same key."""

    def open_webhook(settings: WebhookSettings, tools: Tools) -> Webhook:
        needs_email = settings.key == "email" and "email" in kind.schema
        limits = replace(RECORDS, record_key="email" if needs_email else "record_id")
        return _at(settings, tools, limits, own_fields(kind), own_renderer(kind))

    return open_webhook


def _at(
    settings: WebhookSettings,
    tools: Tools,
    limits: Capabilities,
    fields: tuple[MappedField, ...],
    renderer: Renderer | None = None,
) -> Webhook:
    return Webhook(
        settings=settings,
        capabilities=replace(
            limits,
            max_records=settings.batch_size,
            max_bytes=settings.max_bytes - ENVELOPE_BYTES,
        ),
        fields=fields,
        http=tools.http,
        secret_headers={name: tools.secret(ref) for name, ref in settings.secret_headers.items()},
        signing_secret=tools.secret(settings.signing_secret) if settings.signing_secret else None,
        renderer=renderer,
    )


ADAPTER = Adapter(
    settings=WebhookSettings,
    capabilities=CAPABILITIES,
    mapping=own_names(),
    open=_open,
    example={
        "url": "https://hooks.example.com/customers",
        "secret_headers": {"Authorization": {"env": "WEBHOOK_AUTHORIZATION"}},
        "signing_secret": {"env": "WEBHOOK_SIGNING_SECRET"},
    },
    others=own_entities(RECORDS, _open_kind),
)
