"""The way to one VTEX account: its address, its two keys, and a route turned into an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr
from pydantic_core import to_json

from enrich.client import (
    LOOPBACK,
    TRIES_WHEN_THROTTLED,
    Call,
    Http,
    Response,
    parse_json,
    path_segment,
    raise_for_refusal,
)
from enrich.errors import BadSettings
from enrich.sources.vtex.records.entity import Route


class VtexClient:
    """Asks one account, with the pace and the patience of its Http; safe to share between threads.

    `sales_channels` limits the orders to these ids (empty: all). Nothing of the keys shows in its
    repr or in an error.
    """

    def __init__(
        self,
        base_url: str,
        app_key: SecretStr,
        app_token: SecretStr,
        http: Http,
        *,
        sales_channels: tuple[str, ...] = (),
    ) -> None:
        self._base_url = _checked(base_url)
        self._http = http
        self.sales_channels = sales_channels
        self._headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "X-VTEX-API-AppKey": app_key.get_secret_value(),
            "X-VTEX-API-AppToken": app_token.get_secret_value(),
        }

    def send(
        self,
        route: Route,
        *,
        method: str = "GET",
        path: Mapping[str, str] | None = None,
        params: Mapping[str, str | Sequence[str]] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        tries: int = TRIES_WHEN_THROTTLED,
        is_repeatable: bool = True,
    ) -> Response:
        """The answer whatever its status, where a refusal has a meaning of its own."""
        filled = route.path
        for name, value in (path or {}).items():
            filled = filled.replace(f"{{{name}}}", path_segment(value))
        call = replace(
            _call(route),
            method=method,
            url=self._base_url + filled,
            params=params,
            headers={**self._headers, **(headers or {})},
            content=None if body is None else to_json(body),
            tries=tries,
            is_repeatable=is_repeatable,
        )
        return self._http.send(call)

    def fetch(self, route: Route, **options: Any) -> Response:
        """The 2xx JSON answer; raises as `Http.fetch`, naming the permission to tick on 403."""
        response = self.send(route, **options)
        self.refuse(route, response)
        return response

    def fetch_json(self, route: Route, **options: Any) -> Any:
        """The parsed JSON of `fetch`."""
        return parse_json(self.fetch(route, **options).content, f"VTEX {route.name}")

    def refuse(self, route: Route, response: Response) -> None:
        """Raises what `fetch` would have raised for an answer of `send`; nothing for a good one."""
        raise_for_refusal(_call(route), response)


def _call(route: Route) -> Call:
    return Call("GET", "", name=f"VTEX {route.name}", resource=route.permission_to_tick)


def _checked(base_url: str) -> str:
    """The address without its last slash; plain http only where nobody can listen."""
    parts = urlsplit(base_url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise BadSettings("base_url must be https (http is for a simulator on this machine only)")
    return base_url.rstrip("/")
