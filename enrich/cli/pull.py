"""Commands that bring data in: from VTEX, from files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from enrich import pipeline
from enrich.cli.console import reporter, show_table
from enrich.cli.forget import go_on_forgetting
from enrich.cli.options import StoreOption, parse_day
from enrich.cli.shell import Shell
from enrich.cli.shows import show_sync
from enrich.errors import BadSettings
from enrich.sources.files.online_retail import convert
from enrich.sources.vtex.entities import ENTITIES
from enrich.sync.deletions import DELETIONS
from enrich.sync.inbox import INBOX

FromOption = Annotated[
    str | None, typer.Option("--from", help="List orders created from this day on, again")
]
ToOption = Annotated[str | None, typer.Option("--to", help="Up to this day (default: now)")]
KNOWN = ", ".join((*ENTITIES, INBOX, DELETIONS))
EntityOption = Annotated[
    list[str] | None, typer.Option("--entity", help=f"Only this, repeatable: {KNOWN}")
]
RefetchOption = Annotated[
    list[str] | None,
    typer.Option("--refetch", help="Only this order, again, whatever the list says; repeatable"),
]
RefetchDaysOption = Annotated[
    int | None,
    typer.Option("--refetch-days", help="Only the orders created in so many last days, again"),
]
CompleteOption = Annotated[
    bool,
    typer.Option(
        "--complete-history",
        help="Only stored orders that lack what an older version did not keep, oldest first",
    ),
]
PerDayOption = Annotated[
    int, typer.Option("--per-day", help="With --complete-history: orders asked for on one day")
]


def sync(
    shell: Shell,
    start: FromOption = None,
    end: ToOption = None,
    entity: EntityOption = None,
    refetch: RefetchOption = None,
    refetch_days: RefetchDaysOption = None,
    complete_history: CompleteOption = False,
    per_day: PerDayOption = 20_000,
    store: StoreOption = None,
) -> None:
    """Pull what changed in VTEX, resolve customers and purchases, refresh the read copy."""
    first, last = parse_day(start), parse_day(end)
    ways = (first or last or entity, refetch, refetch_days is not None, complete_history)
    if sum(map(bool, ways)) > 1:
        raise BadSettings(
            "--refetch, --refetch-days, --complete-history and the choice of days or entities"
            " exclude one another"
        )
    if complete_history:
        _complete(shell, shell.vtex_stores(store), per_day)
        return

    def one(name: str) -> None:
        with reporter(shell.err) as report:
            if refetch or refetch_days is not None:
                done = pipeline.refetch(
                    shell.wiring, warehouse, name, report,
                    order_ids=refetch or (), days=refetch_days,
                )  # fmt: skip
            else:
                done = pipeline.sync(
                    shell.wiring, warehouse, name, report, first=first, last=last, entities=entity
                )
        show_sync(shell.out, done)
        pipeline.raise_first([done.fault])

    names = (shell.only_store(store),) if refetch else shell.vtex_stores(store)
    go_on_forgetting(shell)
    with shell.wiring.warehouse("sync") as warehouse:
        try:
            shell.each(names, one)
        finally:
            pipeline.publish(shell.wiring, warehouse)


def _complete(shell: Shell, names: Sequence[str], per_day: int) -> None:
    def one(name: str) -> None:
        with reporter(shell.err) as report:
            done = pipeline.complete(shell.wiring, name, report, per_day)
        shell.answer(done.line)

    shell.each(names, one)


def convert_online_retail(
    shell: Shell,
    transactions: Annotated[Path, typer.Argument(help="The data set, CSV or Parquet")],
    out_dir: Annotated[Path, typer.Argument(help="The folder for the import files")],
) -> None:
    """Turn the public data set Online Retail into import files."""
    done = convert(transactions, out_dir)
    rows = [
        ("orders", str(done.orders), done.sale_count + done.refund_count + done.adjustment_count),
        ("items", str(done.items), done.item_count),
        ("customers", str(done.customers), done.customer_count),
    ]
    show_table(shell.out, None, ("table", "file", "rows"), rows, name="files")
