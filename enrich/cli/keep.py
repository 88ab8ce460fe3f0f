"""Commands that keep the warehouse as a file: back up, restore."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from enrich.cli.console import confirm
from enrich.cli.forget import show_cases
from enrich.cli.options import YesOption
from enrich.cli.shell import Shell
from enrich.errors import BadSettings
from enrich.forget.cases import forget
from enrich.runs.publish import publish
from enrich.warehouse import WAREHOUSE_NAME
from enrich.warehouse.keeping import back_up, restore

FileOption = Annotated[
    Path | None, typer.Option("--to", help="Default: backups/ in the data folder")
]
ReplaceOption = Annotated[
    bool, typer.Option("--replace", help="Take the place of the backup that is there already")
]


def backup(shell: Shell, to: FileOption = None, replace: ReplaceOption = False) -> None:
    """Copy the whole warehouse; everything else can be made again from it."""
    copy = back_up(_path(shell), to, started_at=shell.now, replaces=replace)
    shell.answer(f"backed up: {copy} ({copy.stat().st_size:,} bytes)")


def restore_file(
    shell: Shell,
    source: Annotated[Path, typer.Argument(help="A file that `backup` made")],
    yes: YesOption = False,
) -> None:
    """Put a backup in the place of the warehouse, without who was forgotten since it was made."""
    if not source.is_file():
        raise BadSettings(f"{source} does not exist")
    if _path(shell).exists():
        confirm(
            shell.entry.err,
            f"Put {source} in the place of {_path(shell)}, kept beside it?",
            yes=yes,
        )
    before = restore(_path(shell), source, started_at=shell.now)
    shell.answer(f"restored from {source}" + (f"; before: {before}" if before else ""))
    cases = forget(shell.wiring.places)
    with shell.wiring.warehouse("restore") as warehouse:
        publish(warehouse)
    show_cases(shell, cases)


def _path(shell: Shell) -> Path:
    return shell.settings.data_dir / WAREHOUSE_NAME
