"""Every four hours: pull what changed, resolve customers and purchases, publish the read copy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed

from enrich import pipeline
from enrich.consent.summary import ConsentSummary
from enrich.errors import EnrichError
from enrich.forget.cases import open_questions
from enrich.serve.installation import installation_name
from enrich.sync.store import SyncReport
from enrich.wiring import Wiring

from .alerts import ask_for_a_look
from .pages import consent_page, sync_line, sync_page
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

SUPERFLUOUS = "nothing left to do: a run that began after this one was due has covered it"


@task(name="forget", task_run_name="forget", **RETRYING)
@hide_customer_data
def go_on_forgetting(wiring: Wiring) -> None:
    """Say what somebody has to do about people who are being forgotten, a line each."""
    for case in pipeline.forget(wiring.places):
        for line in open_questions(case):
            run_reporter().say(f"forgetting is unfinished: {line}")


@task(name="pull", task_run_name="pull {store}", **RETRYING)
@hide_customer_data
def pull_store(wiring: Wiring, store: str) -> SyncReport:
    """What was pulled from VTEX into the warehouse for one store."""
    with wiring.warehouse("sync") as warehouse:
        return pipeline.sync(wiring, warehouse, store, run_reporter())


@task(name="consent", task_run_name="consent {store}", **RETRYING)
@hide_customer_data
def weigh_consents(wiring: Wiring, store: str) -> ConsentSummary:
    """The consent summary of one store, with its error if it failed."""
    with wiring.warehouse("consent") as warehouse:
        return pipeline.consent(wiring, warehouse, store, run_reporter())


@task(name="publish", task_run_name="publish", **RETRYING)
@hide_customer_data
def publish_copy(wiring: Wiring) -> str:
    """The path of the fresh read copy."""
    with wiring.warehouse("publish") as warehouse:
        return str(pipeline.publish(wiring, warehouse))


@task(name="dashboard", task_run_name="dashboard", cache_policy=NO_CACHE)
@hide_customer_data
def draw_dashboard(wiring: Wiring) -> str:
    """The path of the dashboard, made from the read copy without the lock."""
    return str(pipeline.dashboard(wiring))


def dashboard_error(wiring: Wiring) -> str | None:
    """Why there is no new dashboard, else None; the run goes on because the data is loaded."""
    state: State[str] = draw_dashboard(wiring, return_state=True)
    return None if state.is_completed() else state.message or "see the log of the task"


@flow(
    name="sync",
    flow_run_name=run_name,
    description="Pulls what changed in VTEX, resolves customers and purchases, publishes the copy.",
)
def sync_flow(config: str | None = None, data: str | None = None) -> Any:
    """One run for every store with a VTEX account; ends at once when a later run covered it."""
    wiring = live_wiring(config, data)
    stores = wiring.vtex_stores
    if stores and is_superfluous(wiring, "sync", stores, due_at(wiring.now)):
        return Completed(message=SUPERFLUOUS)
    go_on_forgetting(wiring, return_state=True)  # its fault is its own
    reports, faults = each(stores, lambda store: pull_store(wiring, store))
    asked = [report.store for report in reports] if wiring.settings.consent.enabled else []
    consents, consent_faults = each(asked, lambda store: weigh_consents(wiring, store))
    copy_path = publish_copy(wiring)
    page = sync_page(reports, {**faults, **consent_faults}, copy_path, dashboard_error(wiring))
    leave_page(wiring, "sync", page, "What was pulled and rejected")
    if consents:
        leave_page(wiring, "consent", consent_page(consents), "Consents")
    reported = (*(report.fault for report in reports), *(done.fault for done in consents))
    say_what_is_held(wiring, reports)
    pipeline.raise_first([*faults.values(), *consent_faults.values(), *reported])
    pipeline.ping(wiring, "sync", run_reporter())
    return Completed(message=sync_line(reports))


def say_what_is_held(wiring: Wiring, reports: list[SyncReport]) -> None:
    """An alert for each store whose orders differ from VTEX: the run itself does not fail by it."""
    for report in reports:
        if report.proof is not None and report.proof.is_held:
            ask_for_a_look(installation_name(wiring.settings), report.proof.reason)


def each(stores: Iterable[str], do: Any) -> tuple[list[Any], dict[str, EnrichError]]:
    """What came of every store, and the fault of each store that came to nothing."""
    done: list[Any] = []
    faults: dict[str, EnrichError] = {}
    for store in stores:
        try:
            done.append(do(store))
        except EnrichError as fault:
            faults[store] = fault
    return done, faults
