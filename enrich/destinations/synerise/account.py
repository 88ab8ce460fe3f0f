"""A Synerise workspace: its keys, the login and its token, the permissions of the key."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from enrich.client import Response
from enrich.destinations.base import FieldName, SecretRef, TargetName
from enrich.destinations.records import ProductKey
from enrich.destinations.remote import Remote, RemoteSettings
from enrich.destinations.sending import Refusal, answer_of, post
from enrich.destinations.synerise.names import is_reserved
from enrich.errors import Refused

MAX_BYTES = 1_000_000 - 2  # of a body, the brackets of the list counted


class SyneriseSettings(RemoteSettings):
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


def missing_permissions(remote: Remote, names: Sequence[str]) -> list[str]:
    """A line for each permission that the key does not have; nothing is written."""
    path, name = "/uauth/api-key/permission-check", "synerise permission-check"
    granted = answer_of(logged_in(remote, "POST", path, list(names), name)).get("permissions")
    granted = granted if isinstance(granted, dict) else {}
    return [f"the key lacks {one}" for one in names if granted.get(one) is not True]


def logged_in(
    remote: Remote, method: str, path: str, body: Any, name: str, **rest: Any
) -> Response | Refusal:
    """The answer; a token that ran out is replaced once. `rest` is what else a call has."""
    if remote.settings.auth == "basic":
        return remote.ask(method, path, body, name=name, **rest)
    if "token" not in remote.memory:
        _log_in(remote)
    try:
        return remote.ask(method, path, body, name=name, **rest)
    except Refused as fault:
        if type(fault) is not Refused:  # a missing permission is no old token
            raise
        _log_in(remote)
        return remote.ask(method, path, body, name=name, **rest)


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


def headers(remote: Remote) -> dict[str, str]:
    headers = {"Accept": "application/json", "Api-Version": "4.4"}
    if remote.settings.auth == "basic":
        pair = [remote.secret("guid"), remote.secret()]
        pair = pair[::-1] if remote.settings.swap_basic else pair
        headers["Authorization"] = "Basic " + b64encode(":".join(pair).encode()).decode()
    elif "token" in remote.memory:
        headers["Authorization"] = f"Bearer {remote.memory['token']}"
    return headers


def host(settings: SyneriseSettings) -> str:
    return HOSTS[settings.cloud]
