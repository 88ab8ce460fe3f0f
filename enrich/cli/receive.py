"""The command that lets VTEX and the platforms speak."""

from __future__ import annotations

from typing import Annotated

import typer

from enrich.cli.shell import Shell
from enrich.errors import BadSettings
from enrich.installed import page
from enrich.receiver import build_receiver

HostOption = Annotated[
    str | None, typer.Option("--host", help="Where to listen (default: receive.host)")
]
PortOption = Annotated[
    int | None, typer.Option("--port", min=0, max=65535, help="Port (default: receive.port)")
]


def receive(shell: Shell, host: HostOption = None, port: PortOption = None) -> None:
    """Take calls of VTEX and the platforms until interrupted; the next sync takes them in."""
    from enrich.receiver.server import run_receiver  # with its web server

    settings = shell.settings.receive
    callers = shell.wiring.registered_callers()
    if not callers:
        raise BadSettings(f"nobody may call: add [receive.callers.NAME] ({page('receiving.md')})")
    app = build_receiver(
        callers,
        clock=lambda: shell.now,
        say=shell.say,
        max_body_bytes=settings.max_body_kb * 1024,
        max_concurrent=settings.max_concurrent,
    )
    run_receiver(
        app,
        settings.host if host is None else host,
        settings.port if port is None else port,
        shell.say,
        max_connections=settings.max_connections,
        max_connections_per_address=settings.max_connections_per_address,
    )
