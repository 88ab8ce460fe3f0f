"""Commands that compute and run: profiles, the whole run, the schedules."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from enrich import pipeline
from enrich.audiences.run import AudiencesReport
from enrich.cli.audiences import show_audiences
from enrich.cli.consent import show_consent
from enrich.cli.console import reporter
from enrich.cli.forget import go_on_forgetting
from enrich.cli.options import CsvForOption, StoreOption, parse_day
from enrich.cli.shell import Shell
from enrich.cli.shows import show_profiles, show_pushes, show_sync
from enrich.compute.profiles import ProfilesReport, make_profiles
from enrich.compute.today import TodayReport, today_line
from enrich.consent.summary import ConsentSummary
from enrich.errors import BadSettings, Stop
from enrich.runs.publish import publish
from enrich.serve.installation import api_password
from enrich.serve.server import DEFAULT_PORT, Address, serve_forever
from enrich.serve.server import register as register_deployments
from enrich.spreadsheet import csv_options
from enrich.sync.store import SyncReport

AsOfOption = Annotated[
    str | None,
    typer.Option("--as-of", help="Compute for this day (default: the last complete one)"),
]
OutputOption = Annotated[
    Path | None,
    typer.Option("--output", help="Also write the profiles here: .parquet, .csv or .xlsx"),
]
BacktestOption = Annotated[
    bool, typer.Option("--backtest", help="Test the predictions now, whether it is time or not")
]


def profiles(
    shell: Shell,
    as_of: AsOfOption = None,
    output: OutputOption = None,
    csv_for: CsvForOption = None,
    backtest: BacktestOption = False,
    store: StoreOption = None,
) -> None:
    """Compute every customer's profile; those of a past day only go to --output."""
    day = parse_day(as_of)
    names = shell.store_names(store)
    csv_options(csv_for)  # a wrong one is refused before the work
    if output is not None and len(names) > 1:
        raise BadSettings(f"--output takes one store; say --store, one of {', '.join(names)}")

    def one(name: str) -> None:
        with reporter(shell.err) as report:
            shop = shell.wiring.plain_shop(name)
            done = make_profiles(
                warehouse,
                shop,
                now=shell.now,
                as_of=day,
                output=output,
                csv_for=csv_for,
                tests_now=backtest,
                report=report,
            )
        show_profiles(shell.out, done)
        if done.is_kept and done.customer_count:
            members = pipeline.audiences(shell.wiring, warehouse, name)
            show_audiences(shell, members)
            pipeline.raise_first([members.fault])
        if done.customer_count == 0:
            raise Stop(
                f"{name} has no customers yet: first `enrich sync` (VTEX) or `enrich import`"
            )

    with shell.wiring.warehouse("profiles") as warehouse:
        try:
            shell.each(names, one)
        finally:
            publish(warehouse)


ReceivedOption = Annotated[
    bool,
    typer.Option(
        "--received", help="Only the orders and customers received, and only who gets them soon"
    ),
]
NOTHING_WAITS = "nothing waits in the inbox: nothing to do"


def run(shell: Shell, store: StoreOption = None, received: ReceivedOption = False) -> None:
    """Sync, consents where they are switched on, profiles and push, once, for every store."""
    names = shell.store_names(store)
    if received:
        names = tuple(name for name in shell.wiring.stores_waiting() if name in names)
        if not names:
            shell.say(NOTHING_WAITS)
            return
    with shell.wiring.destinations():
        pass  # wrong settings of a platform are reported now, not after an hour of pulling

    if not received:
        go_on_forgetting(shell)
    steps = pipeline.run_received if received else pipeline.run_store
    publish = pipeline.publish_received if received else pipeline.publish

    def one(name: str) -> None:
        with reporter(shell.err) as report:
            for done in steps(shell.wiring, warehouse, name, report):
                show(shell, done)

    with shell.wiring.warehouse("run") as warehouse:
        try:
            shell.each(names, one)
        finally:
            publish(shell.wiring, warehouse)
    if store is None and not received:
        with reporter(shell.err) as report:
            for job in ("sync", "profiles"):
                pipeline.ping(shell.wiring, job, report)


def show(shell: Shell, done: pipeline.Done) -> None:
    """Print what one step of the run did."""
    match done:
        case SyncReport():
            show_sync(shell.out, done)
        case ConsentSummary():
            show_consent(shell, done)
        case ProfilesReport():
            show_profiles(shell.out, done)
        case AudiencesReport():
            show_audiences(shell, done)
        case TodayReport():
            shell.answer(today_line(done))
        case _:
            show_pushes(shell.out, done)


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
    """Run the schedules and the Prefect UI until interrupted."""
    if show_password:
        shell.answer(api_password(shell.settings.data_dir).get_secret_value())
        return
    with reporter(shell.err) as report:
        serve_forever(
            where(shell),
            environ=shell.entry.environ,
            data_dir=shell.settings.data_dir,
            started_at=shell.entry.clock(),
            address=Address(port),
            api_url=api_url,
            report=report,
        )


PoolOption = Annotated[str, typer.Option("--pool", help="The process work pool")]


def register(shell: Shell, pool: PoolOption) -> None:
    """Register the schedules with a work pool of your own Prefect server (PREFECT_API_URL)."""
    register_deployments([*where(shell), "--pool", pool], environ=shell.entry.environ)


def where(shell: Shell) -> list[str]:
    """The data folder and the settings file, as the processes of the flows are given them."""
    config = ["--config", str(shell.config)] if shell.config is not None else []
    return ["--data", str(shell.settings.data_dir), *config]
