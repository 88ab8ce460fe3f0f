"""Try once more what was rejected."""

from __future__ import annotations

from enrich.cli.console import reporter, show_table
from enrich.cli.shell import Shell
from enrich.errors import BadSettings
from enrich.runs.publish import publish
from enrich.runs.record import recorded
from enrich.sync.pulling import Pull
from enrich.sync.rejects import retry_rejects
from enrich.warehouse import Warehouse

COLUMNS = ("store", "entity", "tried again", "good now", "note")


def retry(shell: Shell, store: str | None) -> None:
    """Ask for the records of every store again, resolve, refresh the read copy, say what came."""
    rows: list[tuple[object, ...]] = []
    with shell.wiring.warehouse("retry") as warehouse:
        shell.each(shell.vtex_stores(store), lambda name: rows.extend(_one(shell, warehouse, name)))
        publish(warehouse)
    show_table(shell.out, "tried again", COLUMNS, rows)


def _one(shell: Shell, warehouse: Warehouse, name: str) -> list[tuple[object, ...]]:
    with (
        reporter(shell.err) as report,
        shell.wiring.shop(name, report.say) as shop,
        recorded(warehouse, "retry", name, shell.now) as run,
    ):
        if shop.source is None:
            raise BadSettings(f"store {name} has no VTEX account; import the corrected file")
        done = retry_rejects(Pull(warehouse, shop, shop.source, run, report))
        warehouse.resolve(name, shop.rules, run_id=run.run_id, now=shell.now)
        run.note({one.entity: {"tried": one.tried_count, "good": one.good_count} for one in done})
    return [(name, one.entity, one.tried_count, one.good_count, one.note) for one in done]
