"""Webhook: batches of records posted as JSON to an address of the user's, signed if they wish."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field, SecretStr, field_validator, model_validator

from enrich.client import BadBody, Call, Response, parse_json
from enrich.destinations.base import (
    Batch,
    DestinationSettings,
    FieldName,
    Payload,
    Record,
    RecordKey,
    Removable,
    Row,
    SecretRef,
    Tools,
    is_safe_to_send_to,
)
from enrich.destinations.batches import batch_id_of, payload_bytes
from enrich.destinations.entity import DestinationEntity
from enrich.destinations.kinds import (
    AUDIENCES,
    CARTS,
    KINDS,
    NEXT_BEST_PRODUCTS,
    PRODUCTS,
    PURCHASES,
)
from enrich.destinations.mapping import version_of
from enrich.destinations.member_templates import Template, template
from enrich.destinations.records import ProductKey, RecordEntity, own_records
from enrich.destinations.sending import (
    ask,
    objects_in,
    refusal_in,
    rejected,
    safe_code,
    send_halving,
)
from enrich.model import Outcome, RecordResult

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
OUTCOMES = {
    "accepted": Outcome.ACCEPTED,
    "rejected": Outcome.REJECTED,
    "retry": Outcome.RETRYABLE,
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
    members_as: str | None = None

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

    kind = "webhook"
    version = "webhook-1"
    Settings = WebhookSettings
    settings: WebhookSettings
    example = {
        "url": "https://hooks.example.com/customers",
        "secret_headers": {"Authorization": {"env": "WEBHOOK_AUTHORIZATION"}},
        "signing_secret": {"env": "WEBHOOK_SIGNING_SECRET"},
    }
    record_key: RecordKey = "customer_key"
    max_records = 500
    max_bytes = 1_000_000
    idempotency_key = "Idempotency-Key header"
    null_meaning = "clears"
    removals: Removable = ("clear",)

    def __init__(self, settings: WebhookSettings, tools: Tools) -> None:
        super().__init__(settings, tools)
        references = settings.secret_headers.items()
        self._secret_headers = {name: tools.secret(one) for name, one in references}
        secret = settings.signing_secret
        self._signing_secret = tools.secret(secret) if secret else None

    def adapt(self) -> None:
        super().adapt()
        self.record_key = self.settings.key
        self.max_records = self.settings.batch_size
        self.max_bytes = self.settings.max_bytes - ENVELOPE_BYTES

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

        def attempt(records: Sequence[Record]) -> list[RecordResult]:
            return read_answer(records, ask(self.http, self._call(batch, records)))

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
    record_key: RecordKey = "record_id"
    removals = ()
    template: Template | None = None

    @property
    def mapping_version(self) -> str:
        named = (self.template.name,) if self.template else ()
        return version_of(self.version, *named)

    def new_memo(self, row: Row, memo: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The phone, by which the tool has to find who left."""
        return None if self.template is None else {"email": row["email"], "phone": row["phone"]}

    def shape(self, row: Row, values: dict[str, Any]) -> Payload:
        """A member as the tool takes it, with the audience and whether it is one still."""
        if self.template is None:
            return super().shape(row, values)
        whole = {name: values.get(name) for name in ("audience_name", "is_member")}
        return {"id": row["record_id"], **self.template.of_row(values), **whole}

    def adapt(self) -> None:
        super().adapt()
        if self.name == AUDIENCES and self.settings.members_as:
            self.template = template(self.settings.members_as, "webhook")
            for audience in self.audiences:
                self.template.require(audience.channel)
        needs_email = self.settings.key == "email" and "email" in KINDS[self.name].schema
        self.record_key = "email" if needs_email else "record_id"
        self.ends_by_id = self.template is None


Webhook.others = own_records(_Records, PRODUCTS, PURCHASES, CARTS, NEXT_BEST_PRODUCTS, AUDIENCES)


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


def read_answer(records: Sequence[Record], response: Response) -> list[RecordResult]:
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
    by_id = _by_id(refused)
    return [
        rejected(record, refusal_in(by_id[record.record_id]))
        if record.record_id in by_id
        else RecordResult(record.record_id, Outcome.ACCEPTED)
        for record in records
    ]


def _by_id(items: object) -> dict[str, Mapping[str, Any]]:
    return {str(item["id"]): item for item in objects_in(items) if "id" in item}


def _of_listed(record: Record, item: Mapping[str, Any] | None) -> RecordResult:
    outcome = OUTCOMES.get(str(item.get("status"))) if item else None
    if item is None or outcome is None:
        return RecordResult(
            record.record_id, Outcome.UNKNOWN, "no_status", "the answer does not say"
        )
    if outcome is Outcome.REJECTED:
        return rejected(record, refusal_in(item))
    return RecordResult(record.record_id, outcome, safe_code(item.get("code")))
