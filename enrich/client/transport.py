"""The way out of this machine: direct, or by its proxies."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.request import proxy_bypass

import httpx

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def transport_by_proxy(proxies: Mapping[str, str]) -> httpx.BaseTransport:
    """The ordinary transport; the machine's proxies, by scheme, where it has any."""
    ways = {
        scheme: httpx.HTTPTransport(proxy=_with_scheme(proxies[scheme]))
        for scheme in ("http", "https")
        if scheme in proxies
    }
    return _Proxied(ways, httpx.HTTPTransport()) if ways else httpx.HTTPTransport()


def _with_scheme(address: str) -> str:
    return address if "://" in address else f"http://{address}"


class _Proxied(httpx.BaseTransport):
    def __init__(
        self, ways: Mapping[str, httpx.BaseTransport], direct: httpx.BaseTransport
    ) -> None:
        self._ways = ways
        self._direct = direct

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.host in LOOPBACK or proxy_bypass(request.url.host):
            return self._direct.handle_request(request)
        return self._ways.get(request.url.scheme, self._direct).handle_request(request)

    def close(self) -> None:
        for transport in (*self._ways.values(), self._direct):
            transport.close()
