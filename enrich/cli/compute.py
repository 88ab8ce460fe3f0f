"""Commands that compute and run: profiles, the whole run, the schedules."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from enrich.cli.consent import show_consent, weigh
from enrich.cli.console import reporter
from enrich.cli.forget import go_on_forgetting
from enrich.cli.options import CsvForOption, StoreOption, parse_day
from enrich.cli.pushes import push_all, raise_first_fault
from enrich.cli.shell import Shell
from enrich.cli.shows import show_profiles, show_pushes, show_sync
from enrich.errors import BadSettings, Stop
from enrich.jobs.installation import api_password
from enrich.jobs.profiles import make_profiles
from enrich.jobs.publish import publish
from enrich.jobs.serving import DEFAULT_PORT, Address, serve_forever
from enrich.jobs.sync import sync_store
from enrich.spreadsheet import csv_options

AsOfOption = Annotated[
    str | None,
    typer.Option("--as-of", help="Compute for this day (default: the last complete one)"),
]
OutputOption = Annotated[
    Path | None, typer.Option("--output", help="Also write the profiles here: .parquet or .csv")
]


def profiles(
    shell: Shell,
    as_of: AsOfOption = None,
    output: OutputOption = None,
    csv_for: CsvForOption = None,
    store: StoreOption = None,
) -> None:
    """Compute every customer's profile; those of a past day only go to --output."""
    day = parse_day(as_of)
    names = shell.store_names(store)
    csv_options(csv_for)  # a wrong one is refused before the work
    if output is not None and len(names) > 1:
        raise BadSettings(f"--output takes one store; say --store, one of {', '.join(names)}")

    def one(name: str) -> None:
        with reporter(shell.out) as report:
            shop = shell.wiring.plain_shop(name)
            done = make_profiles(
                warehouse,
                shop,
                now=shell.now,
                as_of=day,
                output=output,
                csv_for=csv_for,
                report=report,
            )
        show_profiles(shell.out, done)
        if done.customer_count == 0:
            raise Stop(
                f"{name} has no customers yet: first `enrich sync` (VTEX) or `enrich import`"
            )

    with shell.wiring.warehouse("profiles") as warehouse:
        shell.each(names, one)
        publish(warehouse)


def run(shell: Shell, store: StoreOption = None) -> None:
    """Sync, consents where they are switched on, profiles and push, once, for every store."""
    names = shell.store_names(store)
    with shell.wiring.destinations():
        pass  # wrong settings of a platform are said now, not after an hour of pulling

    go_on_forgetting(shell)

    def one(name: str) -> None:
        with reporter(shell.out) as report, shell.wiring.shop(name, report.say) as shop:
            synced = heard = None
            if shop.client is not None:
                synced = sync_store(warehouse, shop, now=shell.now, report=report)
            if shell.settings.consent.enabled:
                heard = weigh(shell, warehouse, shop, report)
            computed = make_profiles(warehouse, shop, now=shell.now, report=report)
        if synced is not None:
            show_sync(shell.out, synced)
        if heard is not None:
            show_consent(shell, heard)
        show_profiles(shell.out, computed)
        pushes = push_all(shell, warehouse, (name,))
        show_pushes(shell.out, pushes)
        if synced is not None and synced.fault is not None:
            raise synced.fault
        if heard is not None and heard.fault is not None:
            raise heard.fault
        raise_first_fault(pushes)

    with shell.wiring.warehouse("run") as warehouse:
        try:
            shell.each(names, one)
        finally:
            shell.wiring.tidy(warehouse)
            publish(warehouse)


PortOption = Annotated[int, typer.Option("--port", min=1, max=65535, help="Port of the Prefect UI")]
ApiUrlOption = Annotated[
    str | None, typer.Option("--api-url", help="Use this Prefect server instead of starting one")
]
ShowPasswordOption = Annotated[
    bool, typer.Option("--show-password", help="Show the password of the Prefect UI and end")
]


def serve(
    shell: Shell,
    port: PortOption = DEFAULT_PORT,
    api_url: ApiUrlOption = None,
    show_password: ShowPasswordOption = False,
) -> None:
    """Run both schedules and the Prefect UI until interrupted."""
    if show_password:
        shell.say(api_password(shell.settings.data_dir).get_secret_value())
        return
    arguments = ["--data", str(shell.settings.data_dir)]
    if shell.config is not None:
        arguments += ["--config", str(shell.config)]
    with reporter(shell.out) as report:
        serve_forever(
            arguments,
            environ=shell.entry.environ,
            data_dir=shell.settings.data_dir,
            started_at=shell.entry.clock(),
            address=Address(port),
            api_url=api_url,
            report=report,
        )
