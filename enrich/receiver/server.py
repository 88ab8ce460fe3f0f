"""The receiver on a socket, until it is told to stop."""

from __future__ import annotations

import socket
from collections.abc import Callable

import uvicorn

from enrich.errors import BadSettings
from enrich.receiver.app import Receiver
from enrich.receiver.callers import KINDS

IDLE_SECONDS = 5
STOP_SECONDS = 10
MOST_HEADER_BYTES = 16 * 1024
CONNECTIONS_PER_CALL = 4


def run_receiver(app: Receiver, host: str, port: int, say: Callable[[str], None]) -> None:
    """Serve until interrupted; a call that is under way is ended first.

    Raises BadSettings when the port is taken. `say` gets the addresses, without any secret.
    """
    listener = _listen(host, port)
    shown_host, shown_port = listener.getsockname()[:2]
    say(f"listening on http://{shown_host}:{shown_port}; Ctrl-C ends it")
    for door in app.doors.values():
        for event in KINDS[door.kind].events:
            say(f"  {door.name:<24} /{door.name}/{event}/SECRET")
    uvicorn.Server(_config(app)).run([listener])


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise BadSettings(
            f"cannot listen on port {port} of {host} ({error.strerror}); choose another with --port"
        ) from None
    return listener


def _config(app: Receiver) -> uvicorn.Config:
    """No access log: its lines would hold secrets and addresses. Warnings hold neither."""
    return uvicorn.Config(
        app,
        http="h11",  # the only one with a bound on the size of the headers
        h11_max_incomplete_event_size=MOST_HEADER_BYTES,
        ws="none",
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=CONNECTIONS_PER_CALL * app.most_at_once,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
