"""The way out of this machine: direct, or by its proxies; a connection for each call on its way."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Mapping
from urllib.request import proxy_bypass

import httpx

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def transport_by_proxy(proxies: Mapping[str, str]) -> httpx.BaseTransport:
    """The ordinary transport; through the machine's proxies, by scheme, where it has any."""
    context = httpx.create_ssl_context()
    return Lanes(lambda: _lane(proxies, context))


class Lanes(httpx.BaseTransport):
    """Transports of one call at a time, the one used last taken first; safe between threads.

    Calls of several threads in one httpx pool cost a tenth more: whenever one comes or goes, the
    pool asks the system about every connection it has, under a lock.
    """

    def __init__(self, build: Callable[[], httpx.BaseTransport]) -> None:
        self._build = build
        self._built: list[httpx.BaseTransport] = []
        self._free: list[httpx.BaseTransport] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        lane = self._take()
        try:
            response = lane.handle_request(request)
        except BaseException:
            self._free.append(lane)
            raise
        assert isinstance(response.stream, httpx.SyncByteStream)
        response.stream = _Body(response.stream, lambda: self._free.append(lane))
        return response

    def close(self) -> None:
        for lane in self._built:
            lane.close()

    def _take(self) -> httpx.BaseTransport:
        try:
            return self._free.pop()
        except IndexError:
            lane = self._build()
            self._built.append(lane)
            return lane


class _Body(httpx.SyncByteStream):
    """A body at whose end its lane is free again."""

    def __init__(self, stream: httpx.SyncByteStream, give_back: Callable[[], None]) -> None:
        self._stream = stream
        self._give_back = give_back

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._stream)

    def close(self) -> None:
        self._stream.close()
        self._give_back()


def _lane(proxies: Mapping[str, str], context: ssl.SSLContext) -> httpx.BaseTransport:
    direct = httpx.HTTPTransport(verify=context)
    ways = {
        scheme: httpx.HTTPTransport(verify=context, proxy=_with_scheme(proxies[scheme]))
        for scheme in ("http", "https")
        if scheme in proxies
    }
    return _Proxied(ways, direct) if ways else direct


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
