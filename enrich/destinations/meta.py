"""Meta: members of custom audiences for Facebook and Instagram, by hashes; nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

from pydantic import Field

from enrich.destinations.ads import AdMembers, AdSettings
from enrich.destinations.base import Record
from enrich.destinations.batches import batch_id_of
from enrich.destinations.http import HttpDestination
from enrich.destinations.lists import grouped
from enrich.destinations.sending import Refusal, same_outcome
from enrich.model import Outcome, RecordResult

API_VERSION = "v27.0"
FLAGGED = 471
DOCS = "https://developers.facebook.com/documentation/ads-commerce/marketing-api"


class MetaSettings(AdSettings):
    """The keys of a destination of kind `meta`; `api_key` is an access token."""

    version: str = Field(API_VERSION, pattern=r"^v\d+\.\d+$")
    send_value: bool = False


class Meta(AdMembers, HttpDestination):
    """Members of custom audiences; the audience is called there by its number."""

    kind = "meta"
    version = "meta-1"
    api_version = API_VERSION
    vendor_pages = (
        f"{DOCS}/audiences/guides/custom-audiences",
        f"{DOCS}/reference/custom-audience/users",
    )
    checked_on = date(2026, 11, 30)
    Settings = MetaSettings
    settings: MetaSettings
    example: ClassVar[Mapping[str, Any]] = {"api_key": {"env": "META_ACCESS_TOKEN"}}
    host = "https://graph.facebook.com"
    max_records = 10_000
    result_fidelity = "counts_only"
    refusal_keys = ("type", "message")
    written = ("send_value",)

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret()}"}

    def phone_there(self, phone: str) -> str:
        """Digits with the country's, without the plus."""
        return phone.lstrip("+0")

    def change(self, records: Sequence[Record]) -> list[RecordResult]:
        return [one for key, some in grouped(records).items() for one in self._send(*key, some)]

    def _send(self, number: str, is_member: bool, records: Sequence[Record]) -> list[RecordResult]:
        """Meta counts what it cannot read, and names none of them."""
        has_value = is_member and self.settings.send_value
        data = [
            [one.payload["email"] or "", one.payload["phone"] or "", one.payload.get("value") or 0]
            for one in records
        ]
        schema = ["EMAIL", "PHONE", "LOOKALIKE_VALUE"][: 3 if has_value else 2]
        payload = {"schema": schema, "data": [row[: len(schema)] for row in data]}
        answer = self.fetch(
            "POST" if is_member else "DELETE",
            f"/{self.settings.version}/{{audience}}/users",
            {"session": _session(records), "payload": payload},
            at={"audience": number},
        )
        if not int(answer.get("num_invalid_entries") or 0):
            return same_outcome(records, Outcome.QUEUED)
        raise Refusal("invalid_entries")

    def problems(self) -> list[str]:
        """Asks for every audience; nothing is written."""
        return [line for one in self.audiences for line in self._problems_of(one.name)]

    def _problems_of(self, number: str) -> list[str]:
        path, wanted = f"/{self.settings.version}/{{audience}}", {"fields": "operation_status"}
        found = self.fetch("GET", path, at={"audience": number}, params=wanted)
        code = (found.get("operation_status") or {}).get("code")
        is_flagged = code == FLAGGED
        return [f"Meta has locked the audience {number}: see its Audience Manager"] * is_flagged


def _session(records: Sequence[Record]) -> dict[str, Any]:
    """One request is one session; sent again it has the same number."""
    number = int(batch_id_of([(one.record_id, one.hash) for one in records])[:12], 16)
    counted = {"batch_seq": 1, "last_batch_flag": True, "estimated_num_total": len(records)}
    return {"session_id": number, **counted}
