"""HTTP transport: direct or through the proxies of the machine, each call with a time limit."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.request import proxy_bypass

import httpcore
import httpx

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
CALL_SECONDS = "call_seconds"  # the extension of a request that bounds its call as a whole


class Transport(httpx.BaseTransport):
    """httpx's transport, and one for each proxy of the machine, by scheme; thread-safe.

    A call has a time limit as a whole, however slowly the answer arrives: the timeouts of httpx are
    those of one read, and a byte a minute never meets them. The thread that asks also reads the
    answer, so each thread has its own limit.
    """

    def __init__(self, proxies: Mapping[str, str]) -> None:
        self._network = _Network()
        self._direct = self._transport()
        self._ways = {
            scheme: self._transport(_with_scheme(proxies[scheme]))
            for scheme in ("http", "https")
            if scheme in proxies
        }

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        seconds = request.extensions.get(CALL_SECONDS, float("inf"))
        self._network.call.ends_at = time.monotonic() + seconds
        return self._way(request.url).handle_request(request)

    def close(self) -> None:
        for transport in (self._direct, *self._ways.values()):
            transport.close()

    def _way(self, url: httpx.URL) -> httpx.BaseTransport:
        if not self._ways or url.host in LOOPBACK or proxy_bypass(url.host):
            return self._direct
        return self._ways.get(url.scheme, self._direct)

    def _transport(self, proxy: str | None = None) -> httpx.HTTPTransport:
        transport = httpx.HTTPTransport(verify=_trust(), proxy=proxy)
        # httpx takes no network backend of ours; the pool beneath it does, before its first call.
        transport._pool._network_backend = self._network
        return transport


@cache
def _trust() -> ssl.SSLContext:
    """One for all: to make one reads every certificate of the bundle, for 30 ms."""
    return httpx.create_ssl_context()


class _Call(threading.local):
    """When the call of this thread has to be over."""

    ends_at: float = float("inf")

    def left(self, timeout: float | None, over: type[httpcore.TimeoutException]) -> float:
        """Seconds that one operation may take; raises `over` when the call's time is over."""
        left = self.ends_at - time.monotonic()
        if left <= 0:
            raise over("the call took too long as a whole")
        return left if timeout is None else min(left, timeout)


@dataclass
class _Network(httpcore.NetworkBackend):
    """The sockets of all calls."""

    call: _Call = field(default_factory=_Call)
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
        return _Stream(stream, self.call)


@dataclass
class _Stream(httpcore.NetworkStream):
    """A socket; no read or write goes on when the call of its thread has to be over."""

    _own: httpcore.NetworkStream
    _call: _Call

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._own.read(max_bytes, self._call.left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._own.write(buffer, self._call.left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._own.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = self._call.left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._own.start_tls(ssl_context, server_hostname, left), self._call)

    def get_extra_info(self, info: str) -> Any:
        return self._own.get_extra_info(info)


def _with_scheme(address: str) -> str:
    return address if "://" in address else f"http://{address}"
