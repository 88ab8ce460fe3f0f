"""The command about newsletter consents."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from enrich import pipeline
from enrich.cli.console import reporter, show_table
from enrich.cli.options import StoreOption
from enrich.cli.shell import Shell
from enrich.cli.shows import show_pushes
from enrich.consent.run import Mode
from enrich.consent.summary import ConsentSummary, lines_of
from enrich.errors import BadSettings
from enrich.installed import page
from enrich.runs.publish import publish

DryRunOption = Annotated[
    bool,
    typer.Option("--dry-run", help="Read all consents, show what would be sent, stop"),
]
ConfirmOption = Annotated[
    bool, typer.Option("--confirm", help="You looked: make the first writes to VTEX and platforms")
]
FileOption = Annotated[
    list[Path] | None,
    typer.Option("--file", help="email, opted_in, changed_at, origin: CSV, NDJSON, Parquet"),
]


def consent(
    shell: Shell,
    dry_run: DryRunOption = False,
    confirm: ConfirmOption = False,
    file: FileOption = None,
    store: StoreOption = None,
) -> None:
    """Weigh newsletter consents of all sides; the newest word goes to VTEX and the platforms."""
    if not shell.settings.consent.enabled and not dry_run:
        raise BadSettings(
            "consent is switched off: look at `enrich consent --dry-run`, then set"
            f" enabled = true under [consent] ({page('consent.md')})"
        )
    files = tuple(file or ())
    names = (shell.only_store(store),) if files else shell.store_names(store)
    mode = Mode(dry_run, confirm)

    def one(name: str) -> None:
        with reporter(shell.err) as report:
            done = pipeline.consent(shell.wiring, warehouse, name, report, mode=mode, files=files)
        show_consent(shell, done)
        pipeline.raise_first([done.fault])

    with shell.wiring.warehouse("consent") as warehouse:
        try:
            shell.each(names, one)
        finally:
            publish(warehouse)


def show_consent(shell: Shell, done: ConsentSummary) -> None:
    """The counts, a masked sample of a dry run, what each platform received."""
    title = f"{done.store}: consents" + (", nothing was sent" if done.is_dry_run else "")
    rows = lines_of(done.as_json())
    show_table(shell.out, title, ("what", "count"), rows, name="consents", store=done.store)
    for note in done.notes:
        shell.answer(f"note: {note}")
    for sample in done.sample if done.is_dry_run else ():
        shell.answer(sample.line)
    if done.pushes:
        show_pushes(shell.out, done.pushes)
