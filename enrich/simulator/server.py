"""The simulator on a real loopback socket: in a thread for tests, or until it is interrupted."""

from __future__ import annotations

import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from enrich.simulator.app import Receive, Scope, Send, Simulator
from enrich.simulator.platforms import PLATFORMS

Application = Callable[[Scope, Receive, Send], Awaitable[None]]
LOOPBACK = "127.0.0.1"


@contextmanager
def serve(app: Application, port: int = 0) -> Iterator[str]:
    """The base address, such as http://127.0.0.1:51234, of the running application.

    Port 0 takes any free one. The server ends with the block.
    """
    listener = _listen(port)
    server = _server(app)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    started = threading.Event()
    while not server.started and thread.is_alive():
        started.wait(0.01)
    try:
        yield _address(listener)
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


def run_forever(app: Simulator, port: int, say: Callable[[str], None]) -> None:
    """Serve until interrupted; `say` gets the lines for the user."""
    listener = _listen(port)
    for line in _shell_lines(app, _address(listener)):
        say(line)
    _server(app).run([listener])


def _shell_lines(app: Simulator, address: str) -> Iterator[str]:
    """Shell lines, three exports and three comments, that point `enrich init`'s settings here."""
    key = next(iter(app.keys.values()))
    yield f"export VTEX_APP_KEY={key.app_key} VTEX_APP_TOKEN={key.app_token}"
    yield f"export ENRICH_STORES__MAIN__ACCOUNT={app.main_account}"
    yield f"export ENRICH_STORES__MAIN__BASE_URL={address}/vtex"
    yield f'# a destination: base_url = "{address}/KIND", any key; KIND: {", ".join(PLATFORMS)}'
    yield f"# icomm: {address}/icomm with the key {app.icomm.api_key}; webhook: {address}/webhook"
    yield f"# calls received so far: {address}/_simulator/status; Ctrl-C stops the simulator"


def _listen(port: int) -> socket.socket:
    """Loopback only: invented as the people are, nobody else has business here."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Head and body go out in two writes; without this the second waits 40 ms for the first.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.bind((LOOPBACK, port))
    return listener


def _address(listener: socket.socket) -> str:
    return f"http://{LOOPBACK}:{listener.getsockname()[1]}"


def _server(app: Application) -> Any:
    import uvicorn  # which commands without the simulator do not need

    # Cut bodies are wanted here; uvicorn's complaints about them are not.
    config = uvicorn.Config(
        app,
        log_level="critical",
        access_log=False,
        lifespan="on",
        timeout_graceful_shutdown=2,
        date_header=False,  # a stand-in that needs one sends its own
        ws="none",
    )
    return uvicorn.Server(config)
