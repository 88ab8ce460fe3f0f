"""The command about newsletter consents."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from enrich.cli.console import reporter, show_table
from enrich.cli.options import StoreOption
from enrich.cli.shell import Shell
from enrich.cli.shows import show_pushes
from enrich.errors import BadSettings
from enrich.jobs.consent import Mode, run_consent
from enrich.jobs.consent_summary import ConsentSummary, lines_of
from enrich.jobs.publish import publish
from enrich.jobs.reporting import Reporter
from enrich.jobs.shops import Shop
from enrich.store import Warehouse

DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Take in what others say, show what would be told, stop")
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
            " enabled = true under [consent] (docs/consent.md)"
        )
    files = tuple(file or ())
    names = (shell.only_store(store),) if files else shell.store_names(store)
    with shell.wiring.warehouse("consent") as warehouse:
        try:
            shell.each(
                names, lambda name: _one(shell, warehouse, name, Mode(dry_run, confirm), files)
            )
        finally:
            publish(warehouse)


def _one(
    shell: Shell, warehouse: Warehouse, name: str, mode: Mode, files: tuple[Path, ...]
) -> None:
    with reporter(shell.out) as report, shell.wiring.shop(name, report.say) as shop:
        done = weigh(shell, warehouse, shop, report, mode, files)
    show_consent(shell, done)
    if done.fault is not None:
        raise done.fault


def weigh(
    shell: Shell,
    warehouse: Warehouse,
    shop: Shop,
    report: Reporter,
    mode: Mode = Mode(),
    files: tuple[Path, ...] = (),
) -> ConsentSummary:
    """What one run about the consents of a store did; its fault stands in the summary."""
    wiring = shell.wiring
    with (
        wiring.consent_sources(report.say) as sources,
        wiring.destinations(say=report.say) as destinations,
    ):
        return run_consent(
            warehouse,
            shop,
            wiring.consent_plan(),
            sources,
            destinations,
            now=shell.now,
            mode=mode,
            files=files,
            report=report,
        )


def show_consent(shell: Shell, done: ConsentSummary) -> None:
    """The counts, a masked sample of a dry run, what each platform was told."""
    title = f"{done.store}: consents" + (", nobody was told" if done.is_dry_run else "")
    show_table(shell.out, title, ("what", "count"), lines_of(done.as_json()))
    for note in done.notes:
        shell.say(f"note: {note}")
    for sample in done.sample if done.is_dry_run else ():
        shell.say(sample.line)
    if done.pushes:
        show_pushes(shell.out, done.pushes)
