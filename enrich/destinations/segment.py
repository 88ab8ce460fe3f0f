"""Segment: an identify call per customer, in batches; what it rejects later it never reports."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Any, ClassVar, Literal

from enrich.destinations.base import RateLimit, Record, Row
from enrich.destinations.http import HttpDestination, HttpSettings, payloads_of
from enrich.destinations.mapping import COMPUTED, named, version_of
from enrich.destinations.sending import Refusal, accepted_but
from enrich.model import Outcome, RecordResult

BATCH = "/v1/batch"
ENVELOPE_BYTES = 100
HOSTS = {"us": "https://api.segment.io", "eu": "https://events.eu1.segmentapis.com"}


class SegmentSettings(HttpSettings):
    """The keys of a destination of kind `segment`; `api_key` is the write key."""

    OFF_LIMITS: ClassVar[frozenset[str]] = frozenset(["email"])

    region: Literal["us", "eu"] = "us"
    identify_by: Literal["email", "customer_id"] = "email"
    clear_with: Literal["nothing", "null"] = "nothing"


class Segment(HttpDestination):
    kind = "segment"
    version = "segment-1"
    api_version = "v1"
    vendor_pages = (
        "https://www.twilio.com/docs/segment/connections/sources/catalog/libraries/server/http-api",
        "https://www.twilio.com/docs/segment/guides/regional-segment",
    )
    checked_on = date(2026, 11, 30)
    Settings = SegmentSettings
    settings: SegmentSettings
    example = {"api_key": {"env": "SEGMENT_WRITE_KEY"}}
    mapping = named(COMPUTED)
    max_records = 2_500
    max_bytes = 500_000 - ENVELOPE_BYTES
    max_record_bytes = 32_000
    rate_limit = RateLimit(1_000, 1)
    idempotency_key = "messageId, made from the content"
    sends_empty = False
    result_fidelity = "none"

    @property
    def host(self) -> str:
        return HOSTS[self.settings.region]

    @property
    def mapping_version(self) -> str:
        """What went to the other region was kept nowhere: it is sent again."""
        version = super().mapping_version
        return version if self.settings.region == "us" else version_of(version, "eu")

    def adapt(self) -> None:
        super().adapt()
        if self.settings.identify_by == "customer_id":
            self.moves_address = "field"

    def headers(self) -> dict[str, str]:
        return self.basic_auth(self.secret(), "")

    def validate(self, row: Row) -> str | None:
        if self.settings.identify_by == "customer_id" and not row["customer_id"]:
            return "no customer_id"
        return super().validate(row)

    def shape(self, row: Row, values: dict[str, Any]) -> Mapping[str, Any]:
        """The messageId is made from who and what, so that Segment drops a repeated one."""
        before = row.get("accepted_at")  # what was so once is another message when it is so again
        content = f"{row['record_id']}:{row.get('hash', '')}:{row['email']}:{before}"
        return {
            "type": "identify",
            "userId": row[self.settings.identify_by],
            "traits": {"email": row["email"], **values},
            "messageId": "enrich-" + hashlib.sha256(content.encode()).hexdigest()[:40],
        }

    def save(self, records: Sequence[Record]) -> list[RecordResult]:
        self.ask("POST", BATCH, {"batch": payloads_of(records)})
        return accepted_but(records, {}, Outcome.QUEUED)

    def notes(self) -> list[str]:
        """What no answer of Segment ever says."""
        region = self.settings.region
        return [
            "Segment answers 200 to a wrong write key and in the wrong region too, and then keeps"
            f" nothing: region is {region}, so the workspace has to be one of the {region.upper()};"
            " look into the source's debugger after the first push"
        ]

    def problems(self) -> list[str]:
        """Only the reach: Segment answers 200 to a wrong write key as well."""
        with suppress(Refusal):
            self.ask("POST", BATCH, {"batch": []})
        return []
