"""Three days without a worker: the first late run covers the gap, the others have nothing to do.

With a real Prefect server and all of its late runs: python -m tests.flows.downtime --days 3
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from enrich.flows.sync import publish_copy, pull_store
from enrich.flows.wire import is_superfluous
from enrich.simulator.changes import add_orders
from enrich.warehouse import read_warehouse
from enrich.wiring import Wiring
from tests.flows.test_flows import wiring_to
from tests.jobs.town import NOW, Town, town

STORES = ("main",)
EVERY = timedelta(hours=4)


def at(wiring: Wiring, now: datetime) -> Wiring:
    return replace(wiring, settings=wiring.settings.model_copy(update={"now": now}))


def late_run(wiring: Wiring, due_at: datetime) -> bool:
    """What the sync flow does of a run that was due at `due_at`; whether it had anything to do."""
    if is_superfluous.fn(wiring, "sync", STORES, due_at):
        return False
    assert pull_store.fn(wiring, "main").fault is None
    publish_copy.fn(wiring)
    return True


def trade(there: Town, days: int) -> int:
    """One order in every four hours of the pause; how many."""
    vtex = there.simulator.main
    for _ in range(days * 6):
        vtex.clock.advance(int(EVERY.total_seconds()) * 1_000_000)
        add_orders(vtex, {})
    return days * 6


def test_the_first_run_after_three_days_covers_the_gap_and_the_others_end_at_once(
    tmp_path: Path,
) -> None:
    with town(orders=40, customers=30, future_days=0) as there:
        wiring = wiring_to(there.address, tmp_path)
        assert late_run(wiring, NOW)
        with read_warehouse(tmp_path) as copy:
            before = copy.query("from orders").height
        bought = trade(there, days=3)
        there.simulator.main.clock.advance(10 * 60 * 1_000_000)  # the list is minutes late
        woken_at = NOW + timedelta(days=3, minutes=10)
        fetched = there.detail_fetches

        due = [NOW + EVERY * number for number in range(1, 19)]
        worked = [
            late_run(at(wiring, woken_at + timedelta(minutes=number)), due_at)
            for number, due_at in enumerate(due)
        ]

        assert worked == [True] + [False] * 17
        assert there.detail_fetches - fetched >= bought
        with read_warehouse(tmp_path) as copy:
            assert copy.query("from orders").height == before + bought
        # The next one on time has its own work again.
        assert late_run(at(wiring, woken_at + EVERY), woken_at + EVERY)
