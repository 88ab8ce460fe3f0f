"""Webhook: batches of profiles posted as JSON to an address of the user's, signed if they wish."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import httpx
import polars as pl
from pydantic import Field, SecretStr, field_validator, model_validator

from enrich.client import BadBody, Call, parse_json
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
from enrich.destinations.mapping import (
    JSON_FORMATS,
    own_names,
    render_fields,
    render_rows,
    version_of,
)
from enrich.destinations.sending import Answer, Refusal, by_hand, post, safe_code, send_halving
from enrich.errors import EnrichError
from enrich.model import Outcome, RecordResult

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

DEFAULT_TEMPLATE: Mapping[str, Any] = {
    "batch_id": "$batch_id",
    "store": "$store",
    "entity": "$entity",
    "as_of": "$as_of",
    "records": "$records",
}
PLACEHOLDERS = frozenset({"$batch_id", "$store", "$entity", "$as_of", "$records"})

OUTCOMES = {
    "accepted": Outcome.ACCEPTED,
    "rejected": Outcome.REJECTED,
    "retry": Outcome.RETRYABLE,
}


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
    """One address that takes profiles."""

    settings: WebhookSettings
    capabilities: Capabilities
    fields: tuple[MappedField, ...]
    http: Sender
    secret_headers: Mapping[str, SecretStr]
    signing_secret: SecretStr | None

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
        """The receiver takes every profile that has its key."""
        return None if row[self.settings.key] is not None else f"no {self.settings.key}"

    def render(self, row: Row, *, is_known: bool) -> Payload:
        """`{id, fields}`: numbers as numbers, dates as ISO texts, lists as lists."""
        values = render_fields(row, self.fields, JSON_FORMATS, is_known=is_known, empty=None)
        return {"id": row["record_id"], "fields": values}

    def render_all(self, frame: pl.DataFrame) -> list[Payload]:
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


def read_answer(records: Sequence[Record], response: httpx.Response) -> list[RecordResult]:
    """One outcome per record of a 2xx answer.

    `{"results": [{"id", "status", "code"}]}` is believed record by record, and a record missing
    in it is unknown. `{"rejected": [{"id", "code"}]}` names only the refused. Any other body means
    that all were accepted.
    """
    try:
        answer = parse_json(response.content) if response.content.strip() else None
    except BadBody:
        answer = None
    listed = answer.get("results") if isinstance(answer, dict) else None
    refused = answer.get("rejected") if isinstance(answer, dict) else None
    if isinstance(listed, list):
        by_id = _by_id(listed)
        return [_of_listed(record, by_id.get(record.record_id)) for record in records]
    by_id = _by_id(refused if isinstance(refused, list) else [])
    return [
        _rejected(record, by_id[record.record_id])
        if record.record_id in by_id
        else RecordResult(record.record_id, Outcome.ACCEPTED)
        for record in records
    ]


def _by_id(items: Sequence[object]) -> dict[str, Mapping[str, Any]]:
    return {str(item["id"]): item for item in items if isinstance(item, dict) and "id" in item}


def _of_listed(record: Record, item: Mapping[str, Any] | None) -> RecordResult:
    outcome = OUTCOMES.get(str(item.get("status"))) if item else None
    if item is None or outcome is None:
        return RecordResult(
            record.record_id, Outcome.UNKNOWN, "no_status", "the answer does not say"
        )
    if outcome is Outcome.REJECTED:
        return _rejected(record, item)
    return RecordResult(record.record_id, outcome, safe_code(item.get("code")))


def _rejected(record: Record, item: Mapping[str, Any]) -> RecordResult:
    code = safe_code(item.get("code")) or "rejected"
    return RecordResult(record.record_id, Outcome.REJECTED, code, "refused by the receiver")


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
    return Webhook(
        settings=settings,
        capabilities=replace(
            CAPABILITIES,
            record_key=settings.key,
            max_records=settings.batch_size,
            max_bytes=settings.max_bytes - ENVELOPE_BYTES,
            diff_days_since=is_diffed,
        ),
        fields=own_names(settings.fields, settings.names, diff_days_since=is_diffed),
        http=tools.http,
        secret_headers={name: tools.secret(ref) for name, ref in settings.secret_headers.items()},
        signing_secret=tools.secret(settings.signing_secret) if settings.signing_secret else None,
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
)
