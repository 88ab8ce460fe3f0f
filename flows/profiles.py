"""Every day: compute the profiles of each store, publish, push what changed to each platform."""

from __future__ import annotations

from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed

from enrich import pipeline
from enrich.audiences.run import AudiencesReport
from enrich.compute.movements import latest_movements
from enrich.compute.profiles import ProfilesReport
from enrich.profile.movements import Movements
from enrich.push.summary import PushSummary
from enrich.serve.installation import installation_name
from enrich.wiring import Wiring

from .alerts import ask_for_a_look
from .pages import audiences_page, movements_page, profiles_line, profiles_page, push_page
from .sync import SUPERFLUOUS, dashboard_error, each, publish_copy
from .wire import (
    RETRYING,
    due_at,
    hide_customer_data,
    is_superfluous,
    leave_page,
    live_wiring,
    run_name,
    run_reporter,
)


@task(name="profiles", task_run_name="profiles {store}", **RETRYING)
@hide_customer_data
def compute_store(wiring: Wiring, store: str) -> ProfilesReport:
    """The profiles of one store for the last complete day, kept with their history."""
    with wiring.warehouse("profiles") as warehouse:
        return pipeline.profile(wiring, warehouse, store, run_reporter())


@task(name="audiences", task_run_name="audiences {store}", **RETRYING)
@hide_customer_data
def keep_members(wiring: Wiring, store: str) -> AudiencesReport:
    """The members of each audience of one store, by the profiles of before."""
    with wiring.warehouse("audiences") as warehouse:
        return pipeline.audiences(wiring, warehouse, store)


@task(name="push", task_run_name="push {store} to {destination}", **RETRYING)
@hide_customer_data
def push_one(wiring: Wiring, destination: str, store: str) -> list[PushSummary]:
    """What became of one store's entities at one destination; faults stand in the summaries."""
    with wiring.warehouse("push") as warehouse:
        return pipeline.push(wiring, warehouse, (store,), run_reporter(), destination=destination)


@task(name="movements", task_run_name="movements", cache_policy=NO_CACHE)
@hide_customer_data
def find_movements(wiring: Wiring, stores: tuple[str, ...]) -> dict[str, Movements | None]:
    """Who moved since the profiles before, per store; None where these are the first."""
    with wiring.read_copy() as copy:
        segments = wiring.segments
        return {name: latest_movements(copy, name, wiring.rules[name], segments) for name in stores}


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
    leave_page(wiring, "profiles", page, "Segments and cut points")
    say_what_is_far_off(wiring, reports)
    computed = tuple(report.store for report in reports)
    kept, more_faults = each(computed, lambda store: keep_members(wiring, store))
    leave_page(wiring, "audiences", audiences_page(kept, more_faults), "Who is to be reached")
    pushes = push_all(wiring, computed)
    leave_page(wiring, "push", push_page(pushes), "What was pushed")
    publish_copy(wiring)
    dashboard_error(wiring)
    show_movements(wiring, computed)
    pipeline.raise_first(
        [
            *faults.values(),
            *more_faults.values(),
            *(done.fault for done in kept),
            *(done.fault for done in pushes),
        ]
    )
    pipeline.ping(wiring, "profiles", run_reporter())
    return Completed(message=profiles_line(reports, pushes))


def say_what_is_far_off(wiring: Wiring, reports: list[ProfilesReport]) -> None:
    """An alert for each store whose back-test of this run is beyond `max_bias`."""
    for report in reports:
        if report.prediction is not None and report.prediction.alert is not None:
            line = f"{report.store}: {report.prediction.alert}"
            ask_for_a_look(installation_name(wiring.settings), line)


def show_movements(wiring: Wiring, stores: tuple[str, ...]) -> None:
    """Leaves the page of movements; without it the run has done its work all the same."""
    state: State[Any] = find_movements(wiring, stores, return_state=True)
    if state.is_completed():
        found = state.result()
        leave_page(wiring, "movements", movements_page(found), "Who moved between segments, why")


def push_all(wiring: Wiring, stores: tuple[str, ...]) -> list[PushSummary]:
    """Every enabled destination of every store that has profiles."""
    return [
        done
        for destination, wanted in wiring.pushed_stores().items()
        for store in stores
        if store in wanted
        for done in push_one(wiring, destination, store)
    ]
