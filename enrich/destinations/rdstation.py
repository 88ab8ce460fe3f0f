"""RD Station Marketing: one contact per call, custom fields that begin with cf_."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal
from urllib.parse import quote

from pydantic import Field

from enrich.client import Response
from enrich.destinations.base import Adapter, Capabilities, RateLimit, Record, Row, SecretRef
from enrich.destinations.mapping import CORE, in_texts, named
from enrich.destinations.remote import Remote, RemoteSettings, Wire, one_by_one, opener
from enrich.destinations.sending import answer_of, answered, field_problems, save_one
from enrich.errors import Refused
from enrich.model import RecordResult

CAPABILITIES = Capabilities(
    entities=("profile",),
    modes=("upsert",),
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

MAPPING = named(CORE, lambda source: f"cf_{source}")


class RdStationSettings(RemoteSettings):
    """The keys of a destination of kind `rdstation`; `api_key` is the refresh token."""

    SECRETS: ClassVar[tuple[str, ...]] = ("api_key", "client_secret")
    NAME: ClassVar[str] = r"[a-z][a-z0-9_]*"
    OFF_LIMITS: ClassVar[frozenset[str]] = frozenset(["email", "legal_bases", "tags", "uuid"])

    client_id: str = Field(min_length=1)
    client_secret: SecretRef
    list_separator: str = Field("|", min_length=1)
    clear_with: Literal["nothing", "empty"] = "nothing"


def _shape(remote: Remote, row: Row, values: dict[str, Any]) -> Mapping[str, Any]:
    return {"address": row["email"], "fields": values}


def _patch(remote: Remote, record: Record) -> RecordResult:
    """Our fields alone; `legal_bases` and tags are not ours to change."""
    address = quote(str(record.payload["address"]), safe="")
    path = f"/platform/contacts/email:{address}"
    name = "rdstation PATCH contact"
    call = _signed(remote, "PATCH", path, name, record.payload["fields"])
    response = remote.http.send(call)
    if response.status_code == 401:
        remote.memory.pop("token", None)
        call = _signed(remote, "PATCH", path, name, record.payload["fields"])
        response = remote.http.send(call)
    return save_one(remote.http, call, record, response)


def _signed(remote: Remote, method: str, path: str, name: str, body: Any = None) -> Any:
    if "token" not in remote.memory:
        _renew(remote)
    headers = {"Authorization": f"Bearer {remote.memory['token']}"}
    return remote.call(method, path, body, name=name, headers=headers)


def _renew(remote: Remote) -> None:
    """A new access token for the refresh token."""
    body = {
        "client_id": remote.settings.client_id,
        "client_secret": remote.secret("client_secret"),
        "refresh_token": remote.secret(),
    }
    # Documented for the first token as token_by=code; this one follows from it.
    params = {"token_by": "refresh_token"}
    name = "rdstation /auth/token"
    response = remote.ask("POST", "/auth/token", body, name=name, params=params)
    token = answer_of(response).get("access_token")
    if not isinstance(token, str):
        raise Refused("rdstation /auth/token: no token came back; check client and refresh token")
    remote.memory["token"] = token


def _check(remote: Remote) -> list[str]:
    """Which custom fields of the mapping RD Station does not have."""
    call = _signed(remote, "GET", "/platform/contacts/fields", "rdstation contact fields")
    response: Response = answered(call, remote.http.send(call))
    found = answer_of(response).get("fields")
    return field_problems(
        remote.fields, found, "api_identifier", "custom field", TYPES, "data_type"
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


WIRE = Wire(
    version="rdstation-1",
    host=lambda settings: "https://api.rd.services",
    headers=lambda remote: {},
    shape=_shape,
    save=one_by_one(_patch, CAPABILITIES.concurrency),
    check=_check,
    formats=lambda settings: in_texts(settings.list_separator),
    empty=lambda settings: "",
)

ADAPTER = Adapter(
    settings=RdStationSettings,
    capabilities=CAPABILITIES,
    mapping=MAPPING,
    open=opener(WIRE, CAPABILITIES, MAPPING),
    example={
        "api_key": {"env": "RDSTATION_REFRESH_TOKEN"},
        "client_id": "your-client-id",
        "client_secret": {"env": "RDSTATION_CLIENT_SECRET"},
    },
)
