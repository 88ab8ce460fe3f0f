"""Segment: an identify call per customer, in batches; what it rejects later it never tells."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from enrich.client import Response
from enrich.destinations.base import Adapter, Capabilities, RateLimit, Record, Row
from enrich.destinations.mapping import COMPUTED, named
from enrich.destinations.remote import (
    Remote,
    RemoteSettings,
    Wire,
    in_one_call,
    no_address,
    opener,
)
from enrich.destinations.sending import Answer, accepted_but
from enrich.model import Outcome

BATCH = "/v1/batch"
ENVELOPE_BYTES = 100

CAPABILITIES = Capabilities(
    entities=("profile",),
    modes=("upsert",),
    record_key="email",
    transport="json_batch",
    result_fidelity="none",
    null_meaning="unknown",
    max_records=2_500,
    max_bytes=500_000 - ENVELOPE_BYTES,
    max_record_bytes=32_000,
    rate_limit=RateLimit(1_000, 1),
    idempotency_key="messageId, made from the content",
    sends_empty=False,
)

MAPPING = named(COMPUTED, lambda source: source)


class SegmentSettings(RemoteSettings):
    """The keys of a destination of kind `segment`; `api_key` is the write key."""

    OFF_LIMITS: ClassVar[frozenset[str]] = frozenset(["email"])

    identify_by: Literal["email", "customer_id"] = "email"
    clear_with: Literal["nothing", "null"] = "nothing"


def _refuses(remote: Remote, row: Row) -> str | None:
    if remote.settings.identify_by == "customer_id" and not row["customer_id"]:
        return "no customer_id"
    return no_address(row)


def _shape(remote: Remote, row: Row, values: dict[str, Any]) -> Mapping[str, Any]:
    """The messageId is made from who and what, so that Segment drops a repeated one."""
    content = f"{row['record_id']}:{row.get('hash', '')}"
    return {
        "type": "identify",
        "userId": row[remote.settings.identify_by],
        "traits": {"email": row["email"], **values},
        "messageId": "enrich-" + hashlib.sha256(content.encode()).hexdigest()[:40],
    }


def _read(records: Sequence[Record], response: Response) -> Answer:
    return accepted_but(records, {}, Outcome.QUEUED)


def _check(remote: Remote) -> list[str]:
    """Only the reach: Segment answers 200 to a wrong write key as well."""
    remote.ask("POST", BATCH, {"batch": []}, name=f"segment {BATCH}")
    return []


def _headers(remote: Remote) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{remote.secret()}:".encode()).decode()}


WIRE = Wire(
    version="segment-1",
    host=lambda settings: "https://api.segment.io",
    headers=_headers,
    shape=_shape,
    save=in_one_call(BATCH, lambda remote, payloads: {"batch": payloads}, _read),
    check=_check,
    refuses=_refuses,
)

ADAPTER = Adapter(
    settings=SegmentSettings,
    capabilities=CAPABILITIES,
    mapping=MAPPING,
    open=opener(WIRE, CAPABILITIES, MAPPING),
    example={"api_key": {"env": "SEGMENT_WRITE_KEY"}},
)
