"""Commands that bring data in: from VTEX, from files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from enrich import pipeline
from enrich.cli.console import reporter, show_table
from enrich.cli.forget import go_on_forgetting
from enrich.cli.options import StoreOption, parse_day
from enrich.cli.shell import Shell
from enrich.cli.shows import show_sync
from enrich.sources.files.online_retail import convert
from enrich.sync.store import ENTITIES

FromOption = Annotated[
    str | None, typer.Option("--from", help="List orders created from this day on, again")
]
ToOption = Annotated[str | None, typer.Option("--to", help="Up to this day (default: now)")]
EntityOption = Annotated[
    list[str] | None, typer.Option("--entity", help=f"Only this, repeatable: {', '.join(ENTITIES)}")
]


def sync(
    shell: Shell,
    start: FromOption = None,
    end: ToOption = None,
    entity: EntityOption = None,
    store: StoreOption = None,
) -> None:
    """Pull what changed in VTEX, resolve customers and purchases, refresh the read copy."""
    first, last = parse_day(start), parse_day(end)

    def one(name: str) -> None:
        with reporter(shell.out) as report:
            done = pipeline.sync(
                shell.wiring, warehouse, name, report, first=first, last=last, entities=entity
            )
        show_sync(shell.out, done)
        pipeline.raise_first([done.fault])

    names = shell.vtex_stores(store)
    go_on_forgetting(shell)
    with shell.wiring.warehouse("sync") as warehouse:
        try:
            shell.each(names, one)
        finally:
            pipeline.publish(shell.wiring, warehouse)


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
    show_table(shell.out, None, ("table", "file", "rows"), rows)
