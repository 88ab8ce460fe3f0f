"""VTEX Ads: a Parquet file of customers with their audiences, by hashes; nothing else."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

import httpx
import polars as pl

from enrich.client import Call
from enrich.destinations.ads import AdMembers, AdSettings
from enrich.destinations.base import Record, Row, SecretRef, is_safe_to_send_to
from enrich.destinations.http import HttpDestination
from enrich.destinations.sending import Refusal, ask, same_outcome
from enrich.errors import BadSettings, Stop
from enrich.model import Outcome, RecordResult

COLUMNS = ("CUSTOMER_ID", "EMAIL_HASHED", "PHONE_HASHED", "AUDIENCES")
BOUNDARY = "enrich-7f1d3c9a5b2e"


class VtexAdsSettings(AdSettings):
    """The keys of a destination of kind `vtexads`."""

    SECRETS: ClassVar[tuple[str, ...]] = ("api_key", "app_id")

    app_id: SecretRef


class VtexAds(AdMembers, HttpDestination):
    """A row for each customer with all audiences that the customer is in, none who left."""

    kind = "vtexads"
    version = "vtexads-1"
    api_version = "none named"
    vendor_pages = ("https://developers.vtex.com/docs/guides/integrating-audiences",)
    checked_on = date(2026, 11, 30)
    Settings = VtexAdsSettings
    settings: VtexAdsSettings
    example: ClassVar[Mapping[str, Any]] = {
        "api_key": {"env": "VTEX_ADS_KEY"},
        "app_id": {"env": "VTEX_ADS_APP_ID"},
    }
    host = "https://api-retail-media.newtail.com.br"
    idempotency_key = "CUSTOMER_ID"
    max_records = 1_000_000
    result_fidelity = "none"

    def adapt(self) -> None:
        super().adapt()
        if wrong := [one.name for one in self.audiences if ";" in one.name]:
            raise BadSettings(f"vtexads: no audience can be called {', '.join(wrong)}")

    def headers(self) -> dict[str, str]:
        return {"X-App-Id": self.secret("app_id"), "X-Api-Key": self.secret()}

    def shape(self, row: Row, values: dict[str, Any]) -> Mapping[str, Any]:
        """Known there by the shop's own id: a former address is no other row."""
        shaped = super().shape(row, values)
        person = str(row["customer_id"] or row["customer_key"])
        alone = [row["audience_name"]] if row["is_member"] else []
        names = row.get("audience_names", alone)
        return {**shaped, "former": [], "person": person, "audiences": ";".join(names)}

    def new_memo(self, row: Row, memo: Mapping[str, Any]) -> Mapping[str, Any]:
        person = str(row["customer_id"] or row["customer_key"])
        return {**super().new_memo(row, memo), "person": person}

    def change(self, records: Sequence[Record]) -> list[RecordResult]:
        """One file: who is forgotten keeps a row without audiences and without hashes."""
        rows = {str(one.payload["person"]): _row(one.payload) for one in records}
        table = pl.DataFrame(
            list(rows.values()), schema=dict.fromkeys(COLUMNS, pl.String), orient="row"
        )
        file = io.BytesIO()
        table.write_parquet(file, compression="snappy")
        place = self.fetch("POST", "/audience/upload-url")
        if file.tell() > int(place.get("max_bytes") or 0):
            raise Refusal("too_large")
        self._upload(place, file.getvalue())
        return same_outcome(records, Outcome.QUEUED)

    def _upload(self, place: Mapping[str, Any], content: bytes) -> None:
        """Without our key: the address is on another host and signed by itself."""
        url = str(place.get("url"))
        if not is_safe_to_send_to(url):
            raise Stop("vtexads: the address of the upload is not https")
        kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        files = {"file": ("audiences.parquet.snappy", content, "application/octet-stream")}
        form = httpx.Request("POST", url, data=place["fields"], files=files, headers=kind)
        ask(self.http, Call("POST", url, "vtexads upload", headers=kind, content=form.read()))

    def problems(self) -> list[str]:
        """Asks for an address to upload to, and uploads nothing."""
        self.ask("POST", "/audience/upload-url")
        return []


def _row(payload: Mapping[str, Any]) -> tuple[str | None, ...]:
    names = str(payload.get("audiences") or "")
    hashes = (payload["email"], payload["phone"]) if names else (None, None)
    return (str(payload["person"]), *hashes, names)
