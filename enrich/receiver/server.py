"""The receiver on a socket, until it is stopped."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from functools import partial
from typing import Any

import uvicorn

from enrich.errors import BadSettings
from enrich.receiver.app import Receiver
from enrich.receiver.callers import KINDS
from enrich.receiver.connections import BoundedProtocol, Connections

IDLE_SECONDS = 5
STOP_SECONDS = 10
MAX_HEADER_BYTES = 16 * 1024
BACKLOG = 128  # accepted in one go, before any of them is counted
SPARE_FILES = 4 * BACKLOG
QUIET_SECONDS = 60.0


def run_receiver(
    app: Receiver,
    host: str,
    port: int,
    say: Callable[[str], None],
    *,
    max_connections: int,
    max_connections_per_address: int,
) -> None:
    """Serve until interrupted; a call that is under way is ended first.

    Raises BadSettings when the port is taken. `say` gets the addresses, without any secret.
    """
    connections = Connections(
        _room_for(max_connections), max_connections_per_address, app.count_connection
    )
    listener = _listen(host, port)
    shown_host, shown_port = listener.getsockname()[:2]
    say(f"listening on http://{shown_host}:{shown_port}; Ctrl-C ends it")
    for caller in app.callers.values():
        for event in KINDS[caller.kind].events:
            say(f"  {caller.name:<24} /{caller.name}/{event}/SECRET")
    for name in ("asyncio", "uvicorn.error"):
        logging.getLogger(name).addFilter(_Once())
    uvicorn.Server(_config(app, connections)).run([listener])


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)  # the address is shown before the server takes its first call
    except OSError as error:
        listener.close()
        raise BadSettings(
            f"cannot listen on port {port} of {host} ({error.strerror}); choose another with --port"
        ) from None
    return listener


def _room_for(wanted: int) -> int:
    """As many connections as wanted, or as the system's limit of open files leaves room for."""
    try:
        import resource
    except ImportError:  # no such limit on this system
        return wanted
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted + SPARE_FILES:
        soft = wanted + SPARE_FILES
        soft = soft if hard == resource.RLIM_INFINITY else min(soft, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        return max(1, min(wanted, soft - SPARE_FILES))
    return wanted


class _Once(logging.Filter):
    """Lets one line of a kind through a minute: what the libraries say of a flood, they say of
    each of its calls."""

    def __init__(self) -> None:
        super().__init__()
        self._shown_at: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        kind = str(record.msg).partition("\n")[0]
        is_shown = record.created - self._shown_at.get(kind, float("-inf")) >= QUIET_SECONDS
        if is_shown:
            self._shown_at[kind] = record.created
        return is_shown


def _config(app: Receiver, connections: Connections) -> uvicorn.Config:
    """No access log: its lines would hold secrets and addresses. Errors hold neither."""
    protocol: Any = partial(BoundedProtocol, connections)
    return uvicorn.Config(
        app,
        http=protocol,  # on h11: the only one with a bound on the size of the headers
        h11_max_incomplete_event_size=MAX_HEADER_BYTES,
        ws="none",
        lifespan="on",
        log_level="error",
        access_log=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
