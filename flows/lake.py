"""A lake on a schedule: one task builds it, one computes profiles; the lake's engine runs both."""

from __future__ import annotations

from typing import Any

from prefect import flow, task
from prefect.states import Completed

from enrich import lake_pipeline
from enrich.lake.manifest import Entry
from enrich.wiring import Wiring

from .wire import RETRYING, hide_customer_data, live_wiring, run_name, run_reporter


@task(name="lake build", task_run_name="lake build {store}", **RETRYING)
@hide_customer_data
def build_lake(wiring: Wiring, store: str) -> bool:
    """Whether anything was built of the files of the settings."""
    wanted, resources = wiring.settings.lake, lake_pipeline.resources_of(wiring)
    _, is_new = lake_pipeline.build(
        wiring,
        store,
        wanted.files,
        wanted.folder,
        resources,
        run_reporter(),
        buckets=wanted.buckets,
    )
    return is_new


@task(name="lake profiles", task_run_name="lake profiles {store}", **RETRYING)
@hide_customer_data
def lake_profiles(wiring: Wiring, store: str) -> Entry:
    """What the manifest says of the profiles of the lake."""
    resources = lake_pipeline.resources_of(wiring)
    entry, _ = lake_pipeline.profiles(
        wiring, store, wiring.settings.lake.folder, resources, run_reporter()
    )
    return dict(entry["profiles"])


@flow(
    name="lake",
    flow_run_name=run_name,
    description="Makes a lake of the files of the settings, and its profiles.",
)
def lake_flow(config: str | None = None, data: str | None = None) -> Any:
    """One line on what the run did. It finishes what a killed run left; without changes it ends."""
    wiring = live_wiring(config, data)
    store = wiring.settings.lake.store or next(iter(wiring.settings.stores))
    is_new = build_lake(wiring, store)
    made = lake_profiles(wiring, store)
    files = "new files" if is_new else "unchanged files"
    message = f"{store}: {made['customers']:,} profiles as of {made['as_of']}, from {files}"
    return Completed(message=message)
