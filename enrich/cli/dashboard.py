"""The dashboard of a shop: one file that opens from disk."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from enrich import pipeline
from enrich.cli.options import StoreOption
from enrich.cli.shell import Shell

OutputOption = Annotated[
    Path | None, typer.Option("--output", help="Write it here (default: DATA/dashboard.html)")
]


def dashboard(shell: Shell, output: OutputOption = None, store: StoreOption = None) -> None:
    """Write the dashboard, data/dashboard.html: one file for a browser, no network needed."""
    path = pipeline.dashboard(shell.wiring, shell.stores(store), output)
    shell.answer(f"written: {path} ({path.stat().st_size / 1e6:.1f} MB)")
