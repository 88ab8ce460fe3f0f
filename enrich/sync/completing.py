"""Orders that an older version stored without all that is kept now, asked for again: a few at a
time, so many a day, oldest first, because VTEX forgets them after two years.

The warehouse is free while VTEX is asked, and held for the moment in which the answers are stored
with the note that these orders were asked for. So a sync finds its turn in between, and whatever
ends the command, the next one goes on where it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from enrich.errors import BadSettings, HeldBack, Locked
from enrich.model import RawRecord
from enrich.runs.record import new_run_id
from enrich.runs.reporting import SILENT, Reporter
from enrich.shop import Shop
from enrich.sources.source import Fetched, Listed
from enrich.sync.pulling import has_many_rejects
from enrich.warehouse import Warehouse

JOB = "history"
SLICE = 250  # orders a transaction: some ten seconds of asking, and less than one of storing
PAUSE_SECONDS = 1.0
MAX_WAIT_SECONDS = 3_600.0

OpenWarehouse = Callable[[], AbstractContextManager[Warehouse]]


@dataclass(frozen=True, slots=True)
class Completed:
    """What one call did: orders asked for and had; what is left, and what VTEX no longer has."""

    store: str
    asked_count: int
    had_count: int
    left_count: int
    lost_count: int

    @property
    def line(self) -> str:
        """One line for a person."""
        lost = f"; VTEX no longer has {self.lost_count:,}" if self.lost_count else ""
        return (
            f"{self.store}: {self.asked_count:,} orders asked for, {self.had_count:,} completed,"
            f" {self.left_count:,} left{lost}"
        )


@dataclass(frozen=True, slots=True)
class _Way:
    """The shop and how to its warehouse; `per_day` orders are asked for on one UTC day."""

    open_warehouse: OpenWarehouse
    shop: Shop
    orders: Listed
    now: datetime
    per_day: int
    report: Reporter
    sleep: Callable[[float], None]

    @contextmanager
    def warehouse(self) -> Iterator[Warehouse]:
        """The warehouse once nobody else writes it; raises Locked when that takes over an hour."""
        with ExitStack() as stack:
            yield self._entered(stack)

    def _entered(self, stack: ExitStack) -> Warehouse:
        waited = 0.0
        while True:
            try:
                return stack.enter_context(self.open_warehouse())
            except Locked as locked:
                if waited >= MAX_WAIT_SECONDS:
                    raise
                if not waited:
                    self.report.say(f"{self.shop.name}: waiting, {locked}")
                self.sleep(PAUSE_SECONDS)
                waited += PAUSE_SECONDS


def complete_history(
    open_warehouse: OpenWarehouse,
    shop: Shop,
    *,
    now: datetime,
    per_day: int,
    report: Reporter = SILENT,
    sleep: Callable[[float], None] = time.sleep,
) -> Completed:
    """How far the stored orders are completed, after today's budget or the last of them.

    Raises BadSettings without a VTEX account, HeldBack when VTEX lacks so many orders of the last
    two years that it may be another account, Locked, and what fetching raises.
    """
    if shop.source is None:
        raise BadSettings(f"store {shop.name} has no VTEX account; its orders are as imported")
    if per_day < 1:
        raise BadSettings("--per-day is a number of orders, 1 or more")
    way = _Way(open_warehouse, shop, shop.source.listed, now, per_day, report, sleep)
    run_id = new_run_id(JOB, now)
    asked_count = had_count = 0
    while (wanted := _next(way)).height:
        found = _fetch(way, wanted)
        had_count += _keep(way, wanted["order_id"].to_list(), found, run_id)
        asked_count += wanted.height
        report.step(f"{shop.name} orders completed", asked_count, None)
    with way.warehouse() as warehouse:
        left_count, lost_count = warehouse.incomplete_orders.count(shop.name)
    return Completed(shop.name, asked_count, had_count, left_count, lost_count)


def _next(way: _Way) -> pl.DataFrame:
    with way.warehouse() as warehouse:
        return warehouse.incomplete_orders.next(
            way.shop.name, limit=SLICE, per_day=way.per_day, now=way.now
        )


def _fetch(way: _Way, wanted: pl.DataFrame) -> list[Fetched]:
    """The answers; raises HeldBack instead of taking the word of an account that knows nothing."""
    found = list(way.orders.fetch(wanted["order_id"].to_list()))
    had = [one.key for one in found if isinstance(one, RawRecord)]
    due = wanted.filter("is_reachable")
    missing_count = due.filter(~pl.col("order_id").is_in(had)).height
    if has_many_rejects(missing_count, due.height):
        raise HeldBack(
            f"{way.shop.name}: VTEX does not show {missing_count:,} of {due.height:,} stored orders"
            " of the last two years; see with `enrich verify` whether it is the right account"
        )
    return found


def _keep(way: _Way, order_ids: Sequence[str], found: Sequence[Fetched], run_id: str) -> int:
    """How many orders were had; they are stored, and all of them marked as asked for, together."""
    records = [one for one in found if isinstance(one, RawRecord)]
    with way.warehouse() as warehouse:
        warehouse.incomplete_orders.load(
            way.shop.name, order_ids, records, run_id=run_id, now=way.now
        )
    return len(records)
