"""Every few minutes: what the inbox names, on to the destinations that want it within minutes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.states import Completed

from enrich import pipeline
from enrich.compute.today import TodayReport, today_line
from enrich.errors import Locked
from enrich.push.summary import PushSummary
from enrich.wiring import Wiring

from .sync import each
from .wire import hide_customer_data, live_wiring, other_run, run_name, run_reporter

NOTHING_WAITS = "nothing waits in the inbox"
WAITS = "the inbox waits: {}"


@task(name="received", task_run_name="received", cache_policy=NO_CACHE)
@hide_customer_data
def take_received(wiring: Wiring, stores: tuple[str, ...]) -> list[pipeline.Done]:
    """What each step did for every store, under one hold of the warehouse; raises Locked."""
    report = run_reporter()
    with wiring.warehouse("received") as warehouse:
        done, faults = each(
            stores, lambda store: list(pipeline.run_received(wiring, warehouse, store, report))
        )
        pipeline.publish_received(wiring, warehouse)
    pipeline.raise_first(faults.values())
    return [step for steps in done for step in steps]


@flow(
    name="received",
    flow_run_name=run_name,
    description="Pulls what was received, pushes these people's profiles of today.",
)
def received_flow(config: str | None = None, data: str | None = None) -> Any:
    """One small run for every store of which something was received; else it ends at once.

    While another run is at work it ends too, and the inbox waits for the next one.
    """
    return Completed(message=outcome(live_wiring(config, data), other_run, take_received))


def outcome(
    wiring: Wiring,
    at_work: Callable[[], str | None],
    take: Callable[[Wiring, tuple[str, ...]], list[pipeline.Done]],
) -> str:
    """One line about the run, for the list of runs; `at_work` names another run of ours."""
    stores = wiring.stores_waiting()
    if not stores:
        return NOTHING_WAITS
    if (other := at_work()) is not None:
        return WAITS.format(f"{other} is at work")
    try:
        return line_of(take(wiring, stores))
    except Locked as fault:
        return WAITS.format(fault)


def line_of(done: list[pipeline.Done]) -> str:
    """How many profiles of which store were made again, and what was sent."""
    lines = [today_line(one) for one in done if isinstance(one, TodayReport)]
    pushes: list[PushSummary] = [one for each in done if isinstance(each, list) for one in each]
    lines += [f"{one.accepted:,} to {one.destination}" for one in pushes]
    return "; ".join(lines)
