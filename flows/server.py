"""Prefect's own server, closed. `enrich serve` starts it, with its password in the environment.

python -m enrich.flows.server --host 127.0.0.1 --port 4210

`prefect server start` answers to any Host header, also to that of a foreign page whose name was
made to lead to this address (DNS rebinding). This one does not.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import uvicorn
from fastapi.middleware.trustedhost import TrustedHostMiddleware
from prefect.server.api.server import create_app
from prefect.settings import get_current_settings

ITSELF = "prefect-in-memory"
"""By this name the server asks itself when it sends an alert. No page of a browser can have it:
names of one word are nobody's to register."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Answer until interrupted; without a password it does not begin."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", required=True, type=int)
    given = parser.parse_args(arguments)
    settings = get_current_settings().server
    if settings.api.auth_string is None or not settings.api.csrf_protection_enabled:
        sys.exit("error: no password is set; `enrich serve` starts this server with one")
    app = create_app(final=True)
    hosts = [given.host, "localhost", ITSELF]
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts)
    uvicorn.run(
        app,
        host=given.host,
        port=given.port,
        timeout_keep_alive=settings.api.keepalive_timeout,
        ws_ping_interval=settings.api.websocket_ping_interval,
        ws_ping_timeout=settings.api.websocket_ping_timeout,
        log_level=settings.logging_level.lower(),
    )


if __name__ == "__main__":
    main()
