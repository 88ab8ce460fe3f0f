"""Commands that keep the warehouse: forget a person, back up, restore."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from enrich.cli.console import show_table
from enrich.cli.shell import Shell
from enrich.errors import BadSettings, Stop
from enrich.jobs.forgetting import Certificate, forget_in_files, forget_in_warehouse
from enrich.jobs.publish import publish
from enrich.store import WAREHOUSE_NAME
from enrich.store.keeping import back_up, restore, rewrite_warehouse

WhoArgument = Annotated[str, typer.Argument(help="E-mail, document, customer id or customer_key")]


def forget(shell: Shell, who: WhoArgument) -> None:
    """Remove a person from everything, keep them away, and print a certificate."""
    if not who.strip():
        raise BadSettings("say whom: an e-mail, a document, a customer id or a customer_key")
    names = shell.store_names(None)
    with shell.wiring.warehouse("forget") as warehouse, shell.wiring.destinations() as destinations:
        shops = [shell.wiring.plain_shop(name) for name in names]
        removal = forget_in_warehouse(warehouse, shops, who, destinations, now=shell.now)
        publish(warehouse)
    rewrite_warehouse(_path(shell), started_at=shell.now)
    done = forget_in_files(removal, shell.settings.data_dir, now=shell.now)
    show_certificate(shell, done)
    if done.still_in:
        raise Stop(f"{len(done.still_in)} file(s) still hold the person; delete or replace them")


def show_certificate(shell: Shell, done: Certificate) -> None:
    """What was removed, asked and found; no personal value."""
    rows = [
        (s, what, count) for s, counts in done.removed.items() for what, count in counts.items()
    ]
    show_table(shell.out, "forgotten", ("store", "what", "removed"), rows)
    if done.platforms:
        show_table(shell.out, None, ("platform", "what"), done.platforms.items())
    for name in done.files_rewritten:
        shell.say(f"written again without the person: {name}")
    for name in done.still_in:
        shell.say(f"still holds the person: {name}")
    if not done.was_known:
        shell.say("nobody was known by this; an e-mail is kept away all the same")
    shell.say(f"certificate of {done.forgotten_at:%Y-%m-%d %H:%M} UTC: data folder, certificates/")


FileOption = Annotated[
    Path | None, typer.Option("--to", help="Default: backups/ in the data folder")
]


def backup(shell: Shell, to: FileOption = None) -> None:
    """Copy the whole warehouse; everything else can be made again from it."""
    copy = back_up(_path(shell), to, started_at=shell.now)
    shell.say(f"backed up: {copy} ({copy.stat().st_size:,} bytes)")


def restore_file(
    shell: Shell, source: Annotated[Path, typer.Argument(help="A file that `backup` made")]
) -> None:
    """Put a backup in the place of the warehouse; the one of before is kept beside it."""
    if not source.is_file():
        raise BadSettings(f"{source} does not exist")
    before = restore(_path(shell), source, started_at=shell.now)
    with shell.wiring.warehouse("restore") as warehouse:
        publish(warehouse)
    shell.say(f"restored from {source}" + (f"; before: {before}" if before else ""))


def _path(shell: Shell) -> Path:
    return shell.settings.data_dir / WAREHOUSE_NAME
