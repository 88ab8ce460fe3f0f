"""A Synerise workspace: its keys, the login and its token, the permissions of the key."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from enrich.client import Response, parse_json
from enrich.destinations.base import FieldName, Record, SecretRef, TargetName
from enrich.destinations.http import HttpDestination, HttpSettings, payloads_of
from enrich.destinations.records import ProductKey
from enrich.destinations.sending import Answer, Refusal, accepted_but, answer_of, post, safe_code
from enrich.destinations.synerise.names import is_reserved
from enrich.errors import Refused
from enrich.model import Outcome

MULTI_STATUS = 207
MAX_BYTES = 1_000_000 - 2  # of a body, the brackets of the list counted


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


class SyneriseAccount(HttpDestination):
    """What every kind of record at Synerise shares: one login, one way to send a batch."""

    Settings = SyneriseSettings
    settings: SyneriseSettings

    @property
    def host(self) -> str:
        return HOSTS[self.settings.cloud]

    def send_batch(self, path: str, records: Sequence[Record], name: str = "") -> Answer:
        """All queued (202); of a 207 the refused ones, where they can be told from the others."""
        name = f"synerise {name or path}"
        response = self.logged_in("POST", path, payloads_of(records), name)
        if isinstance(response, Refusal):
            return response
        if response.status_code != MULTI_STATUS:
            return accepted_but(records, {}, Outcome.QUEUED)
        refused = matched(records, parse_json(response.content))
        return (
            Refusal("partial")
            if refused is None
            else accepted_but(records, refused, Outcome.QUEUED)
        )

    def missing_permissions(self, names: Sequence[str]) -> list[str]:
        """A line for each permission that the key does not have; nothing is written."""
        path, name = "/uauth/api-key/permission-check", "synerise permission-check"
        granted = answer_of(self.logged_in("POST", path, list(names), name)).get("permissions")
        granted = granted if isinstance(granted, dict) else {}
        return [f"the key lacks {one}" for one in names if granted.get(one) is not True]

    def logged_in(
        self, method: str, path: str, body: Any, name: str, **rest: Any
    ) -> Response | Refusal:
        """The answer; a token that ran out is replaced once. `rest` is what else a call has."""
        if self.settings.auth == "basic":
            return self.ask(method, path, body, name=name, **rest)
        if "token" not in self.session:
            self._log_in()
        try:
            return self.ask(method, path, body, name=name, **rest)
        except Refused as fault:
            if type(fault) is not Refused:  # a missing permission is no old token
                raise
            self._log_in()
            return self.ask(method, path, body, name=name, **rest)

    def _log_in(self) -> None:
        self.session.pop("token", None)
        call = self.call(
            "POST",
            "/uauth/v2/auth/login/profile",
            {"apiKey": self.secret()},
            name="synerise login",
        )
        token = answer_of(post(self.http, call)).get("token")
        if not isinstance(token, str):
            raise Refused("synerise login: no token came back; check api_key and cloud")
        self.session["token"] = token

    def headers(self) -> dict[str, str]:
        headers = {"Accept": "application/json", "Api-Version": "4.4"}
        if self.settings.auth == "basic":
            pair = [self.secret("guid"), self.secret()]
            pair = pair[::-1] if self.settings.swap_basic else pair
            headers["Authorization"] = "Basic " + b64encode(":".join(pair).encode()).decode()
        elif "token" in self.session:
            headers["Authorization"] = f"Bearer {self.session['token']}"
        return headers


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
    field = str(error.get("field", "")).removeprefix("attributes.").removeprefix("value.")
    values = {**payload.get("attributes", {}), **payload.get("value", {}), **payload}
    return field in values and str(values[field]) == str(error.get("rejectedValue"))
