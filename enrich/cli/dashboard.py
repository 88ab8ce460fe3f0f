"""The dashboard of a shop: one file that opens from disk."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from enrich.cli.options import StoreOption
from enrich.cli.shell import Shell
from enrich.dashboard.file import DASHBOARD_NAME, make_dashboard

OutputOption = Annotated[
    Path | None, typer.Option("--output", help="Write it here (default: DATA/dashboard.html)")
]


def dashboard(shell: Shell, output: OutputOption = None, store: StoreOption = None) -> None:
    """Write the dashboard, data/dashboard.html: one file for a browser, no network needed."""
    rules = {name: shell.wiring.rules[name] for name in shell.stores(store)}
    with shell.wiring.read_copy() as copy:
        path = make_dashboard(
            copy,
            rules,
            output or shell.settings.data_dir / DASHBOARD_NAME,
            shell.now,
            shell.wiring.segments,
        )
    shell.say(f"written: {path} ({path.stat().st_size / 1e6:.1f} MB)")
