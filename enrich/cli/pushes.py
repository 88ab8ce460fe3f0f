"""The command that sends: what changed, one entity of it, or once more the records of some days."""

from __future__ import annotations

from typing import Annotated

import typer

from enrich import pipeline
from enrich.cli.console import reporter
from enrich.cli.options import StoreOption, parse_day
from enrich.cli.shell import Shell
from enrich.cli.shows import show_exports, show_pushes
from enrich.errors import BadSettings
from enrich.push.days import EXPORTED, days_of
from enrich.runs.publish import publish

SHOWN_EXPORTS = 50

DestinationOption = Annotated[
    str | None, typer.Option("--destination", help="Only this one, even if it is not enabled")
]
EntityOption = Annotated[
    str | None,
    typer.Option("--entity", help="Only this: profiles (or customers), purchases, products ..."),
]
FromOption = Annotated[
    str | None,
    typer.Option("--from", help="Export, whatever is there: the records from this day on"),
]
ToOption = Annotated[str | None, typer.Option("--to", help="Up to this day (default: today)")]
ByOption = Annotated[
    str | None, typer.Option("--by", help="Days of creation (created, default) or of updated")
]
ExportsOption = Annotated[bool, typer.Option("--exports", help="List the exports and end")]
ConfirmOption = Annotated[
    bool,
    typer.Option(
        "--confirm",
        help="You looked at --destination: make its first push, or push after a jump of rows",
    ),
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show what would be sent")]


def push(
    shell: Shell,
    destination: DestinationOption = None,
    entity: EntityOption = None,
    start: FromOption = None,
    end: ToOption = None,
    dated_by: ByOption = None,
    dry_run: DryRunOption = False,
    confirm: ConfirmOption = False,
    exports: ExportsOption = False,
    store: StoreOption = None,
) -> None:
    """Send what changed since each platform last accepted, or export days to one of them."""
    days = days_of(parse_day(start), parse_day(end), dated_by, shell.now.date())
    if days is not None and (destination is None or entity not in EXPORTED):
        raise BadSettings(f"--from needs --destination and --entity {' or '.join(EXPORTED)}")
    if confirm and destination is None:
        known = ", ".join(shell.settings.destinations) or "none is set up ([destinations.NAME])"
        raise BadSettings(f"--confirm is about one platform: say --destination NAME, of: {known}")
    names = shell.store_names(store)
    with shell.wiring.warehouse("push") as warehouse:
        if exports:
            show_exports(shell.out, warehouse.pushes.exports(SHOWN_EXPORTS))
            return
        with reporter(shell.err) as report:
            pushes = pipeline.push(
                shell.wiring,
                warehouse,
                names,
                report,
                destination=destination,
                entity=EXPORTED.get(entity or "", entity),
                days=days,
                dry_run=dry_run,
                confirmed=confirm,
            )
        if not dry_run:
            publish(warehouse)
    show_pushes(shell.out, pushes)
    pipeline.raise_first(done.fault for done in pushes)
