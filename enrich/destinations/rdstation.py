"""RD Station Marketing: one contact per call, custom fields that begin with cf_."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal
from urllib.parse import quote

from pydantic import Field

from enrich.client import Response
from enrich.destinations.base import Capabilities, RateLimit, Record, Row, SecretRef
from enrich.destinations.http import HttpDestination, HttpSettings
from enrich.destinations.mapping import CORE, Format, in_texts, named
from enrich.destinations.sending import Answer, answer_of, answered, field_problems, save_one
from enrich.errors import Refused
from enrich.model import RecordResult


class RdStationSettings(HttpSettings):
    """The keys of a destination of kind `rdstation`; `api_key` is the refresh token."""

    SECRETS: ClassVar[tuple[str, ...]] = ("api_key", "client_secret")
    NAME: ClassVar[str] = r"[a-z][a-z0-9_]*"
    OFF_LIMITS: ClassVar[frozenset[str]] = frozenset(["email", "legal_bases", "tags", "uuid"])

    client_id: str = Field(min_length=1)
    client_secret: SecretRef
    list_separator: str = Field("|", min_length=1)
    clear_with: Literal["nothing", "empty"] = "nothing"


class RdStation(HttpDestination):
    """One contact per call, custom fields that begin with cf_."""

    version = "rdstation-1"
    Settings = RdStationSettings
    settings: RdStationSettings
    example = {
        "api_key": {"env": "RDSTATION_REFRESH_TOKEN"},
        "client_id": "your-client-id",
        "client_secret": {"env": "RDSTATION_CLIENT_SECRET"},
    }
    capabilities = Capabilities(
        record_key="email",
        transport="single",
        result_fidelity="per_record",
        null_meaning="unknown",
        max_records=50,
        rate_limit=RateLimit(120, 60, is_shared=True),
        idempotency_key="email",
        fields_created_first=True,
        sends_empty=False,
    )
    mapping = named(CORE, lambda source: f"cf_{source}")

    host = "https://api.rd.services"
    empty = ""

    @property
    def formats(self) -> Mapping[str, Format]:
        return in_texts(self.settings.list_separator)

    def save(self, records: Sequence[Record]) -> Answer:
        return self.save_each(records, self._patch)

    def shape(self, row: Row, values: dict[str, Any]) -> Mapping[str, Any]:
        return {"address": row["email"], "fields": values}

    def _patch(self, record: Record) -> RecordResult:
        """Our fields alone; `legal_bases` and tags are not ours to change."""
        address = quote(str(record.payload["address"]), safe="")
        path = f"/platform/contacts/email:{address}"
        name = "rdstation PATCH contact"
        call = self._signed("PATCH", path, name, record.payload["fields"])
        response = self.http.send(call)
        if response.status_code == 401:
            self.session.pop("token", None)
            call = self._signed("PATCH", path, name, record.payload["fields"])
            response = self.http.send(call)
        return save_one(self.http, call, record, response)

    def _signed(self, method: str, path: str, name: str, body: Any = None) -> Any:
        if "token" not in self.session:
            self._renew()
        headers = {"Authorization": f"Bearer {self.session['token']}"}
        return self.call(method, path, body, name=name, headers=headers)

    def _renew(self) -> None:
        """A new access token for the refresh token."""
        body = {
            "client_id": self.settings.client_id,
            "client_secret": self.secret("client_secret"),
            "refresh_token": self.secret(),
        }
        # Documented for the first token as token_by=code; this one follows from it.
        params = {"token_by": "refresh_token"}
        name = "rdstation /auth/token"
        response = self.ask("POST", "/auth/token", body, name=name, params=params)
        token = answer_of(response).get("access_token")
        if not isinstance(token, str):
            raise Refused(
                "rdstation /auth/token: no token came back; check client and refresh token"
            )
        self.session["token"] = token

    def problems(self) -> list[str]:
        """Which custom fields of the mapping RD Station does not have."""
        call = self._signed("GET", "/platform/contacts/fields", "rdstation contact fields")
        response: Response = answered(call, self.http.send(call))
        found = answer_of(response).get("fields")
        return field_problems(
            self.fields, found, "api_identifier", "custom field", TYPES, "data_type"
        )


_NUMBER = ("INTEGER", "STRING")


TYPES = {
    "text": ("STRING",),
    "list": ("STRING",),
    "integer": _NUMBER,
    "amount": ("STRING",),
    "date": ("STRING",),
    "boolean": ("BOOLEAN", "STRING"),
}
