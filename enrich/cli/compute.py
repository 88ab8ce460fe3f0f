"""Commands that compute and send: profiles, push, the whole run, the schedules."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from enrich.cli.console import reporter
from enrich.cli.options import StoreOption, parse_day
from enrich.cli.shell import Shell
from enrich.cli.shows import show_profiles, show_pushes, show_sync
from enrich.errors import BadSettings
from enrich.jobs.profiles import make_profiles
from enrich.jobs.publish import publish
from enrich.jobs.push import PushSummary
from enrich.jobs.pushing import push_store
from enrich.jobs.serving import DEFAULT_PORT, Address, serve_forever
from enrich.jobs.sync import sync_store
from enrich.store import Warehouse

AsOfOption = Annotated[
    str | None,
    typer.Option("--as-of", help="Compute for this day (default: the last complete one)"),
]
OutputOption = Annotated[
    Path | None, typer.Option("--output", help="Also write the profiles here: .parquet or .csv")
]
DestinationOption = Annotated[
    str | None, typer.Option("--destination", help="Only this one, even if it is not enabled")
]
ConfirmOption = Annotated[
    bool,
    typer.Option("--confirm", help="You looked: make the first push, or push after a jump of rows"),
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show what would be sent")]


def profiles(
    shell: Shell, as_of: AsOfOption = None, output: OutputOption = None, store: StoreOption = None
) -> None:
    """Compute every customer's profile; those of a past day only go to --output."""
    day = parse_day(as_of)
    names = shell.store_names(store)
    if output is not None and len(names) > 1:
        raise BadSettings(f"--output takes one store; say --store, one of {', '.join(names)}")

    def one(name: str) -> None:
        with reporter(shell.out) as report:
            shop = shell.wiring.plain_shop(name)
            done = make_profiles(
                warehouse, shop, now=shell.now, as_of=day, output=output, report=report
            )
        show_profiles(shell.out, done)

    with shell.wiring.warehouse("profiles") as warehouse:
        shell.each(names, one)
        publish(warehouse)


def push(
    shell: Shell,
    destination: DestinationOption = None,
    dry_run: DryRunOption = False,
    confirm: ConfirmOption = False,
    store: StoreOption = None,
) -> None:
    """Send what changed since each platform last accepted."""
    with shell.wiring.warehouse("push") as warehouse:
        pushes = push_all(shell, warehouse, shell.store_names(store), destination, dry_run, confirm)
        if not dry_run:
            publish(warehouse)
    show_pushes(shell.out, pushes)
    raise_first_fault(pushes)


def push_all(
    shell: Shell,
    warehouse: Warehouse,
    names: tuple[str, ...],
    destination: str | None = None,
    dry_run: bool = False,
    confirmed: bool = False,
) -> list[PushSummary]:
    """What became of each store at each destination; one platform's fault stays its own."""
    with (
        reporter(shell.out) as report,
        shell.wiring.outlets(destination, report.say) as outlets,
    ):
        return [
            push_store(
                warehouse,
                outlet,
                name,
                now=shell.now,
                dry_run=dry_run,
                confirmed=confirmed,
                report=report,
            )
            for outlet in outlets
            for name in names
            if name in outlet.stores
        ]


def raise_first_fault(pushes: list[PushSummary]) -> None:
    """Raises the first fault of the pushes, after all of them were tried."""
    for done in pushes:
        if done.fault is not None:
            raise done.fault


def run(shell: Shell, store: StoreOption = None) -> None:
    """Sync, profiles and push, once, for every store."""
    names = shell.store_names(store)
    with shell.wiring.outlets():
        pass  # wrong settings of a platform are said now, not after an hour of pulling

    def one(name: str) -> None:
        with reporter(shell.out) as report, shell.wiring.shop(name, report.say) as shop:
            synced = None
            if shop.client is not None:
                synced = sync_store(warehouse, shop, now=shell.now, report=report)
            computed = make_profiles(warehouse, shop, now=shell.now, report=report)
        if synced is not None:
            show_sync(shell.out, synced)
        show_profiles(shell.out, computed)
        pushes = push_all(shell, warehouse, (name,))
        show_pushes(shell.out, pushes)
        if synced is not None and synced.fault is not None:
            raise synced.fault
        raise_first_fault(pushes)

    with shell.wiring.warehouse("run") as warehouse:
        try:
            shell.each(names, one)
        finally:
            shell.wiring.tidy(warehouse)
            publish(warehouse)


PortOption = Annotated[int, typer.Option("--port", help="Port of the Prefect UI")]
ApiUrlOption = Annotated[
    str | None, typer.Option("--api-url", help="Use this Prefect server instead of starting one")
]


def serve(shell: Shell, port: PortOption = DEFAULT_PORT, api_url: ApiUrlOption = None) -> None:
    """Run both schedules and the Prefect UI until interrupted."""
    arguments = ["--data", str(shell.settings.data_dir)]
    if shell.config is not None:
        arguments += ["--config", str(shell.config)]
    with reporter(shell.out) as report:
        serve_forever(
            arguments,
            environ=shell.entry.environ,
            data_dir=shell.settings.data_dir,
            address=Address(port),
            api_url=api_url,
            report=report,
        )
