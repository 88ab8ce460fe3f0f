"""A Synerise workspace: its keys, the login and its token, the permissions of the key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from enrich.client import parse_json
from enrich.destinations.base import FieldName, Record, SecretRef, TargetName
from enrich.destinations.http import HttpSettings, payloads_of
from enrich.destinations.records import ProductKey
from enrich.destinations.sending import Refusal, accepted_but, answer_of, ask, refusal_in
from enrich.destinations.synerise.names import is_reserved
from enrich.destinations.tokens import TokenDestination
from enrich.model import Outcome, RecordResult

MULTI_STATUS = 207


class SyneriseSettings(HttpSettings):
    """The keys of a destination of kind `synerise`."""

    SECRETS: ClassVar[tuple[str, ...]] = ("api_key", "guid")

    auth: Literal["jwt", "basic"] = "jwt"
    guid: SecretRef | None = None
    swap_basic: bool = False
    cloud: Literal["azure-eu", "azure-us", "google"] = "azure-eu"
    send_custom_id: bool = True
    batch_size: int = Field(1_000, ge=1, le=1_000)
    product_key: ProductKey = "sku"
    catalog: str | None = Field(None, min_length=1)
    create_catalog: bool = False
    cancel_events: bool = True
    cart_action: str = Field("cart.abandoned", pattern=r"^[a-zA-Z0-9.\-_]{1,32}$")
    cart_days: int = Field(30, ge=1)

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


class SyneriseAccount(TokenDestination):
    """What every kind of record at Synerise shares: one login, one way to send a batch."""

    api_version = "4.4"
    vendor_pages = (
        "https://hub.synerise.com/developers/api/clients/profiles",
        "https://hub.synerise.com/api-reference/profile-management.yaml",
    )
    checked_on = date(2026, 11, 22)
    Settings = SyneriseSettings
    settings: SyneriseSettings
    login_keys = "api_key and cloud"
    max_records = 1_000
    max_bytes = 1_000_000 - 2  # of a body, the brackets of the list counted
    result_fidelity = "rejected_only"

    @property
    def host(self) -> str:
        return HOSTS[self.settings.cloud]

    @property
    def needs_token(self) -> bool:
        return self.settings.auth == "jwt"

    def log_in(self) -> object:
        call = self.call("POST", "/uauth/v2/auth/login/profile", {"apiKey": self.secret()})
        return answer_of(ask(self.http, call)).get("token")

    def headers(self) -> dict[str, str]:
        headers = {"Accept": "application/json", "Api-Version": "4.4", **super().headers()}
        if self.needs_token:
            return headers
        pair = [self.secret("guid"), self.secret()]
        return {**headers, **self.basic_auth(*(pair[::-1] if self.settings.swap_basic else pair))}

    def send_batch(self, path: str, records: Sequence[Record], **rest: Any) -> list[RecordResult]:
        """All queued (202); of a 207 the refused ones, where they can be distinguished."""
        response = self.ask("POST", path, payloads_of(records), **rest)
        is_whole = response.status_code != MULTI_STATUS
        refused = {} if is_whole else matched(records, parse_json(response.content))
        return accepted_but(records, refused, Outcome.QUEUED)

    def missing_permissions(self, names: Sequence[str]) -> list[str]:
        """A line for each permission that the key does not have; nothing is written."""
        answer = self.fetch("POST", "/uauth/api-key/permission-check", list(names))
        granted = answer.get("permissions")
        granted = granted if isinstance(granted, dict) else {}
        return [f"the key lacks {one}" for one in names if granted.get(one) is not True]


def matched(records: Sequence[Record], errors: Any) -> dict[str, Refusal]:
    """Why, by record id; raises Refusal when one cannot be distinguished from others."""
    refused = {}
    for error in errors if isinstance(errors, list) else []:
        found = [one for one in records if isinstance(error, dict) and _has(one.payload, error)]
        if len(found) != 1:
            raise Refusal("partial")
        refused[found[0].record_id] = refusal_in(error)
    if not refused:
        raise Refusal("partial")
    return refused


def _has(payload: Mapping[str, Any], error: Mapping[str, Any]) -> bool:
    field = str(error.get("field", "")).removeprefix("attributes.").removeprefix("value.")
    values = {**payload.get("attributes", {}), **payload.get("value", {}), **payload}
    return field in values and str(values[field]) == str(error.get("rejectedValue"))
