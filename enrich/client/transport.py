"""HTTP transport: direct or through the proxies of the machine, one connection per call."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.request import proxy_bypass

import httpcore
import httpx

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
CALL_SECONDS = "call_seconds"  # the extension of a request that bounds its call as a whole


def transport_by_proxy(proxies: Mapping[str, str]) -> httpx.BaseTransport:
    """The ordinary transport; through the machine's proxies, by scheme, where it has any."""
    context = httpx.create_ssl_context()
    return ConnectionPool(lambda: _TimedConnection(proxies, context))


class ConnectionPool(httpx.BaseTransport):
    """A pool of transports, each used by one call at a time, last used first; thread-safe.

    Calls of several threads in one httpx pool cost a tenth more: whenever one comes or goes, the
    pool asks the system about every connection it has, under a lock.
    """

    def __init__(self, build: Callable[[], httpx.BaseTransport]) -> None:
        self._build = build
        self._built: list[httpx.BaseTransport] = []
        self._free: list[httpx.BaseTransport] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        connection = self._take()
        try:
            response = connection.handle_request(request)
        except BaseException:
            self._free.append(connection)
            raise
        assert isinstance(response.stream, httpx.SyncByteStream)
        response.stream = _Body(response.stream, lambda: self._free.append(connection))
        return response

    def close(self) -> None:
        for connection in self._built:
            connection.close()

    def _take(self) -> httpx.BaseTransport:
        try:
            return self._free.pop()
        except IndexError:
            connection = self._build()
            self._built.append(connection)
            return connection


class _Body(httpx.SyncByteStream):
    """A response body that returns its connection to the pool when closed."""

    def __init__(self, stream: httpx.SyncByteStream, give_back: Callable[[], None]) -> None:
        self._stream = stream
        self._give_back = give_back

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._stream)

    def close(self) -> None:
        self._stream.close()
        self._give_back()


class _TimedConnection(httpx.BaseTransport):
    """A connection whose call has a time limit as a whole, however slowly the answer arrives.

    The timeouts of httpx are those of one read: a byte a minute never meets them.
    """

    def __init__(self, proxies: Mapping[str, str], context: ssl.SSLContext) -> None:
        self._network = _Network()
        self._connection = _connection(proxies, context, self._network)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        seconds = request.extensions.get(CALL_SECONDS, float("inf"))
        self._network.ends_at = time.monotonic() + seconds
        return self._connection.handle_request(request)

    def close(self) -> None:
        self._connection.close()


@dataclass
class _Network(httpcore.NetworkBackend):
    """The sockets of one connection; no read or write goes on after `ends_at`."""

    ends_at: float = float("inf")
    _own: httpcore.NetworkBackend = field(default_factory=httpcore.SyncBackend)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._own.connect_tcp(host, port, timeout, local_address, socket_options)
        return _Stream(stream, self)

    def left(self, timeout: float | None, over: type[httpcore.TimeoutException]) -> float:
        """Seconds that one operation may take; raises `over` when the call's time is over."""
        left = self.ends_at - time.monotonic()
        if left <= 0:
            raise over("the call took too long as a whole")
        return left if timeout is None else min(left, timeout)


@dataclass
class _Stream(httpcore.NetworkStream):
    _own: httpcore.NetworkStream
    _network: _Network

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._own.read(max_bytes, self._network.left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._own.write(buffer, self._network.left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._own.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = self._network.left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._own.start_tls(ssl_context, server_hostname, left), self._network)

    def get_extra_info(self, info: str) -> Any:
        return self._own.get_extra_info(info)


def _connection(
    proxies: Mapping[str, str], context: ssl.SSLContext, network: httpcore.NetworkBackend
) -> httpx.BaseTransport:
    direct = _transport(context, network)
    ways = {
        scheme: _transport(context, network, proxy=_with_scheme(proxies[scheme]))
        for scheme in ("http", "https")
        if scheme in proxies
    }
    return _Proxied(ways, direct) if ways else direct


def _transport(
    context: ssl.SSLContext, network: httpcore.NetworkBackend, proxy: str | None = None
) -> httpx.BaseTransport:
    transport = httpx.HTTPTransport(verify=context, proxy=proxy)
    # httpx takes no network backend of ours; the pool beneath it does, before its first call.
    transport._pool._network_backend = network
    return transport


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
