"""Every day: compute the profiles of each store, publish, push what changed to each platform."""

from __future__ import annotations

from typing import Any

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.states import Completed

from enrich.jobs.profiles import ProfilesReport, make_profiles
from enrich.jobs.push import PushSummary
from enrich.jobs.pushing import push_store
from enrich.wiring import Wiring
from flows.pages import profiles_line, profiles_page, push_page
from flows.sync import SUPERFLUOUS, each, publish_copy
from flows.wire import (
    RETRYING,
    due_at,
    is_superfluous,
    live_wiring,
    raise_first,
    run_name,
    run_reporter,
)


@task(name="profiles", task_run_name="profiles {store}", **RETRYING)
def compute_store(wiring: Wiring, store: str) -> ProfilesReport:
    """The profiles of one store for the last complete day, kept with their history."""
    with wiring.warehouse("profiles") as warehouse:
        return make_profiles(
            warehouse, wiring.plain_shop(store), now=wiring.now, report=run_reporter()
        )


@task(name="push", task_run_name="push {store} to {destination}", **RETRYING)
def push_one(wiring: Wiring, destination: str, store: str) -> PushSummary:
    """What became of one store's changes at one destination; its fault stands in the summary."""
    with wiring.warehouse("push") as warehouse, wiring.outlets(destination) as outlets:
        return push_store(warehouse, outlets[0], store, now=wiring.now, report=run_reporter())


@flow(
    name="profiles",
    flow_run_name=run_name,
    description="Computes the profiles, keeps them, pushes what changed to the platforms.",
)
def profiles_flow(config: str | None = None, data: str | None = None) -> Any:
    """One run for every store; one platform's fault fails the run after the others were served."""
    wiring = live_wiring(config, data)
    stores = tuple(wiring.settings.stores)
    if is_superfluous(wiring, "profiles", stores, due_at(wiring.now), pushes=True):
        return Completed(message=SUPERFLUOUS)
    reports, faults = each(stores, lambda store: compute_store(wiring, store))
    page = profiles_page(reports, faults)
    create_markdown_artifact(page, key="profiles", description="Segments and cut points")
    pushes = push_all(wiring, tuple(report.store for report in reports))
    create_markdown_artifact(push_page(pushes), key="push", description="What was pushed")
    publish_copy(wiring)
    raise_first([*faults.values(), *(done.fault for done in pushes)])
    return Completed(message=profiles_line(reports, pushes))


def push_all(wiring: Wiring, stores: tuple[str, ...]) -> list[PushSummary]:
    """Every enabled destination of every store that has profiles."""
    return [
        push_one(wiring, destination, store)
        for destination, wanted in wiring.pushed_stores().items()
        for store in stores
        if store in wanted
    ]
