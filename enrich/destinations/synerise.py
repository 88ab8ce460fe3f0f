"""Synerise: profiles in batches of at most 1,000 and 1 MB, with their rules for names and values.

A batch is taken into a queue (202), or in part (207); what is refused is named by its value, not
by its place, so it is matched back where the value is unique and halved down where it is not.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal
from urllib.parse import quote

import httpx
from pydantic import Field, field_validator, model_validator

from enrich.client import parse_json
from enrich.destinations.base import (
    Adapter,
    Addressee,
    Capabilities,
    FieldName,
    Record,
    Row,
    SecretRef,
    TargetName,
)
from enrich.destinations.mapping import COMPUTED, JSON_FORMATS, named
from enrich.destinations.remote import Remote, RemoteSettings, Wire, opener
from enrich.destinations.sending import (
    Answer,
    Refusal,
    accepted_but,
    answer_of,
    post,
    safe_code,
)
from enrich.errors import Refused
from enrich.model import Outcome, RecordResult

CAPABILITIES = Capabilities(
    entities=("profile", "erase"),
    modes=("upsert",),
    record_key="email",
    transport="json_batch",
    result_fidelity="rejected_only",
    null_meaning="clears",
    max_records=1_000,
    max_bytes=1_000_000 - 2,
    idempotency_key="email",
    removals=("clear", "delete"),
)

# Fields of a profile of their own; every other name is a free attribute.
NATIVE = frozenset(
    [
        "firstName",
        "lastName",
        "company",
        "address",
        "city",
        "zipCode",
        "province",
        "countryCode",
        "birthDate",
        "sex",
        "phone",
        "customId",
    ]
)
# Silently ignored inside `attributes`.
RESERVED = frozenset(
    [
        "email",
        "clientId",
        "phone",
        "customId",
        "uuid",
        "firstName",
        "lastName",
        "displayName",
        "company",
        "address",
        "city",
        "province",
        "zipCode",
        "countryCode",
        "birthDate",
        "sex",
        "avatarUrl",
        "anonymous",
        "agreements",
        "tags",
        "businessProfileId",
        "time",
        "ip",
        "source",
        "newsletter_agreement",
        "custom_identify",
        "firstname",
        "lastname",
        "created",
        "updated",
        "last_activity_date",
        "birthdate",
        "external_avatar_url",
        "displayname",
        "receive_smses",
        "receive_push_messages",
        "receive_webpush_messages",
        "receive_btooth_messages",
        "receive_rfid_messages",
        "receive_wifi_messages",
        "confirmation_hash",
        "ownerId",
        "anonymous_type",
        "country_id",
        "club_card_id",
        "type",
        "confirmed",
        "facebookId",
        "status",
    ]
)
UNWANTED = re.compile("[\r\n\u2028\u2029\u00ad\u0000\ufe00-\ufe0f]")
OUTSIDE_THE_PLANE = re.compile("[\U00010000-\U0010ffff]")
PHONE = re.compile(r"(^\+[0-9 \-/]{6,19}$)|(^[0-9 \-/]{6,20}$)")
EMAIL = re.compile(
    r'^(([^<>\[\]\\.,;:\s@"]+(\.[^<>\[\]\\.,;:\s@"]+)*)|(".+"))'
    r"@((\[[0-9]{1,3}(\.[0-9]{1,3}){3}\])|(([a-zA-Z\-0-9]+\.)+[a-zA-Z]{2,}))$"
)
SEXES = {"female": "FEMALE", "male": "MALE"}
PERMISSIONS = ("API_CLIENT_CREATE", "API_BATCH_CLIENT_CREATE")

MAPPING = named(COMPUTED, lambda source: source)


class SyneriseSettings(RemoteSettings):
    """The keys of a destination of kind `synerise`."""

    SECRETS: ClassVar[tuple[str, ...]] = ("api_key", "guid")

    auth: Literal["jwt", "basic"] = "jwt"
    guid: SecretRef | None = None
    swap_basic: bool = False
    cloud: Literal["azure-eu", "azure-us", "google"] = "azure-eu"
    send_custom_id: bool = True
    batch_size: int = Field(1_000, ge=1, le=1_000)

    @model_validator(mode="after")
    def _whole(self) -> SyneriseSettings:
        if self.auth == "basic" and self.guid is None:
            raise ValueError('auth = "basic" needs the guid of the workspace')
        return self

    @field_validator("names")
    @classmethod
    def _not_reserved(cls, names: dict[FieldName, TargetName]) -> dict[FieldName, TargetName]:
        taken = [name for name in names.values() if is_reserved(name)]
        if taken:
            raise ValueError(f"Synerise ignores the reserved names {sorted(taken)} in silence")
        return names


HOSTS = {
    "azure-eu": "https://api.synerise.com",
    "azure-us": "https://api.azu.synerise.com",
    "google": "https://api.geb.synerise.com",
}


def is_reserved(name: str) -> bool:
    """Whether a name would be dropped without a word; the native fields are no attributes."""
    return name not in NATIVE and (name in RESERVED or name.startswith("geo_loc_"))


def clean(value: Any, *, is_identifier: bool = False) -> Any:
    """The value without the characters Synerise refuses; lists and objects too."""
    if isinstance(value, str):
        text = UNWANTED.sub("", value)
        return OUTSIDE_THE_PLANE.sub("", text) if is_identifier else text
    if isinstance(value, list):
        return [clean(item) for item in value]
    if isinstance(value, dict):
        return {clean(name): clean(item) for name, item in value.items()}
    return value


def _shape(remote: Remote, row: Row, values: dict[str, Any]) -> dict[str, Any]:
    """The address, their own fields, and our values as attributes; a bad phone stays at home."""
    native = {name: value for name, value in values.items() if name in NATIVE}
    if not PHONE.match(str(native.get("phone", "+0000000"))):
        del native["phone"]
    if "sex" in native:
        native["sex"] = SEXES.get(str(native["sex"]).lower(), "NOT_SPECIFIED")
    profile: dict[str, Any] = {"email": clean(row["email"], is_identifier=True)}
    if remote.settings.send_custom_id and row["customer_id"]:
        profile["customId"] = clean(row["customer_id"], is_identifier=True)
    attributes = {name: value for name, value in values.items() if name not in NATIVE}
    return {**profile, **clean(native), "attributes": clean(attributes)}


def _refuses(remote: Remote, row: Row) -> str | None:
    if not row["email"]:
        return "no real e-mail"
    return None if EMAIL.match(row["email"]) else "not an e-mail address by Synerise's rule"


def _save(remote: Remote, records: Sequence[Record]) -> Answer:
    body = [record.payload for record in records]
    response = _logged_in(remote, "POST", "/v4/clients/batch", body, "synerise /v4/clients/batch")
    if isinstance(response, Refusal):
        return response
    if response.status_code != httpx.codes.MULTI_STATUS:
        return accepted_but(records, {}, Outcome.QUEUED)
    refused = matched(records, parse_json(response.content))
    return Refusal("partial") if refused is None else accepted_but(records, refused, Outcome.QUEUED)


def matched(records: Sequence[Record], errors: Any) -> dict[str, str] | None:
    """Record id -> code of the refused; None when one cannot be told from the others."""
    if not isinstance(errors, list) or not errors:
        return None
    refused = {}
    for error in errors:
        if not isinstance(error, dict):
            return None
        found = [one for one in records if _has(one.payload, error)]
        if len(found) != 1:
            return None
        refused[found[0].record_id] = safe_code(error.get("code")) or "rejected"
    return refused


def _has(payload: Mapping[str, Any], error: Mapping[str, Any]) -> bool:
    field = str(error.get("field", "")).removeprefix("attributes.")
    values = {**payload.get("attributes", {}), **payload}
    return field in values and str(values[field]) == str(error.get("rejectedValue"))


def _erase(remote: Remote, one: Addressee) -> RecordResult:
    """Deletion goes by their own id, which is asked for by the address first."""
    email = quote(one.remote_key, safe="")
    found = _logged_in(
        remote,
        "GET",
        f"/v4/clients/by-email/{email}",
        None,
        "synerise /v4/clients/by-email/{email}",
    )
    client_id = safe_code(answer_of(found).get("clientId"))
    if client_id is None:
        return RecordResult(one.record_id, Outcome.UNKNOWN, "no_client_id")
    gone = _logged_in(
        remote, "DELETE", f"/v4/clients/{client_id}", None, "synerise DELETE /v4/clients/{id}"
    )
    outcome = Outcome.REJECTED if isinstance(gone, Refusal) else Outcome.ACCEPTED
    return RecordResult(one.record_id, outcome)


def _check(remote: Remote) -> list[str]:
    """Asks which permissions the key has; nothing is written."""
    answer = answer_of(
        _logged_in(
            remote,
            "POST",
            "/uauth/api-key/permission-check",
            list(PERMISSIONS),
            "synerise permission-check",
        )
    )
    granted = answer.get("permissions")
    granted = granted if isinstance(granted, dict) else {}
    return [f"the key lacks {name}" for name in PERMISSIONS if granted.get(name) is not True]


def _logged_in(
    remote: Remote, method: str, path: str, body: Any, name: str
) -> httpx.Response | Refusal:
    """The answer; a token that ran out is replaced once."""
    if remote.settings.auth == "basic":
        return remote.ask(method, path, body, name=name)
    if "token" not in remote.memory:
        _log_in(remote)
    try:
        return remote.ask(method, path, body, name=name)
    except Refused as fault:
        if type(fault) is not Refused:  # a missing permission is no old token
            raise
        _log_in(remote)
        return remote.ask(method, path, body, name=name)


def _log_in(remote: Remote) -> None:
    remote.memory.pop("token", None)
    call = remote.call(
        "POST",
        "/uauth/v2/auth/login/profile",
        {"apiKey": remote.secret()},
        name="synerise login",
    )
    token = answer_of(post(remote.http, call)).get("token")
    if not isinstance(token, str):
        raise Refused("synerise login: no token came back; check api_key and cloud")
    remote.memory["token"] = token


def _headers(remote: Remote) -> dict[str, str]:
    headers = {"Accept": "application/json", "Api-Version": "4.4"}
    if remote.settings.auth == "basic":
        pair = [remote.secret("guid"), remote.secret()]
        pair = pair[::-1] if remote.settings.swap_basic else pair
        headers["Authorization"] = "Basic " + b64encode(":".join(pair).encode()).decode()
    elif "token" in remote.memory:
        headers["Authorization"] = f"Bearer {remote.memory['token']}"
    return headers


WIRE = Wire(
    version="synerise-1",
    host=lambda settings: HOSTS[settings.cloud],
    headers=_headers,
    shape=_shape,
    save=_save,
    check=_check,
    refuses=_refuses,
    formats=lambda settings: JSON_FORMATS,
    erase=_erase,
)

ADAPTER = Adapter(
    settings=SyneriseSettings,
    capabilities=CAPABILITIES,
    mapping=MAPPING,
    open=opener(WIRE, CAPABILITIES, MAPPING),
    example={"api_key": {"env": "SYNERISE_API_KEY"}},
)
