"""Both deployments: served from one process, or registered with a work pool of a server.

python -m flows.deploy --config enrich.toml                 serve both until interrupted
python -m flows.deploy --config enrich.toml --pool NAME     register both with a process work pool
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prefect import Flow, serve
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterName,
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import (
    ConcurrencyLimitConfig,
    ConcurrencyLimitStrategy,
    StateType,
)
from prefect.deployments.runner import RunnerDeployment
from prefect.schedules import Cron
from prefect.states import Crashed

from enrich.errors import Locked
from enrich.settings import Settings
from enrich.store import serving_lock
from flows.profiles import profiles_flow
from flows.sync import sync_flow
from flows.wire import live_wiring

TAGS = ["enrich"]
ROOT = Path(__file__).resolve().parent.parent
# A run that finds another one at work waits in the queue; when its turn comes and there is nothing
# left to do, it ends at once and says so.
ONE_AT_A_TIME = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.ENQUEUE)


@dataclass(frozen=True, slots=True)
class Plan:
    """One deployment as data: what docs/operations.md and prefect.yaml are compared with."""

    flow: Flow[..., Any]
    name: str
    cron: str
    description: str


def plans(settings: Settings) -> tuple[Plan, Plan]:
    """The two deployments; their clock is `settings.schedule_zone`."""
    return (
        Plan(
            sync_flow,
            "four-hourly",
            settings.schedule.sync_cron,
            "Pull what changed in VTEX, resolve customers and purchases, publish the read copy.",
        ),
        Plan(
            profiles_flow,
            "daily",
            settings.schedule.profiles_cron,
            "Compute every customer's profile, keep it, push what changed to the platforms.",
        ),
    )


def options_of(plan: Plan, settings: Settings, parameters: dict[str, Any]) -> dict[str, Any]:
    """What Prefect is told about one deployment."""
    return {
        "name": plan.name,
        "schedule": Cron(plan.cron, timezone=settings.schedule_zone),
        "parameters": parameters,
        "concurrency_limit": ONE_AT_A_TIME,
        "tags": TAGS,
        "description": plan.description,
    }


def served(settings: Settings, parameters: dict[str, Any]) -> list[RunnerDeployment]:
    """Both deployments, for `serve`."""
    made: list[Any] = [
        plan.flow.to_deployment(**options_of(plan, settings, parameters))
        for plan in plans(settings)
    ]
    return made


ABANDONED = "the process or the machine that ran it went away; the next run covers the gap"


def end_abandoned(settings: Settings) -> int:
    """How many runs of our deployments were ended because nobody carries them on.

    They would stay *Running* and keep their place in the queue, so that no run after them begins.
    Only whoever holds the lock of serving may ask for it: else somebody is carrying them on.
    """
    names = [plan.name for plan in plans(settings)]
    flows = [plan.flow.name for plan in plans(settings)]
    at_work = [StateType.RUNNING, StateType.PENDING, StateType.CANCELLING]
    with get_client(sync_client=True) as client:
        found = client.read_flow_runs(
            flow_filter=FlowFilter(name=FlowFilterName(any_=flows)),
            deployment_filter=DeploymentFilter(name=DeploymentFilterName(any_=names)),
            flow_run_filter=FlowRunFilter(
                state=FlowRunFilterState(type=FlowRunFilterStateType(any_=at_work))
            ),
        )
        for run in found:
            client.set_flow_run_state(run.id, Crashed(message=ABANDONED), force=True)
    return len(found)


def register(settings: Settings, parameters: dict[str, Any], pool: str) -> None:
    """Both deployments in the work pool `pool`, whose workers run them from this folder."""
    entrypoints = ("flows/sync.py:sync_flow", "flows/profiles.py:profiles_flow")
    for plan, entrypoint in zip(plans(settings), entrypoints, strict=True):
        sourced: Any = plan.flow.from_source(source=str(ROOT), entrypoint=entrypoint)
        sourced.deploy(work_pool_name=pool, **options_of(plan, settings, parameters))


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until interrupted, or register with a work pool."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--config", type=Path, default=os.environ.get("ENRICH_CONFIG") or None)
    parser.add_argument("--data", type=Path, default=os.environ.get("ENRICH_DATA") or None)
    parser.add_argument("--pool", help="register with this work pool instead of serving")
    given = parser.parse_args(arguments)
    parameters = {
        name: str(path.resolve())
        for name, path in (("config", given.config), ("data", given.data))
        if path
    }
    settings = live_wiring(parameters.get("config"), parameters.get("data")).settings
    if given.pool:
        register(settings, parameters, given.pool)
        return
    try:
        with serving_lock(settings.data_dir, datetime.now(UTC)):
            if count := end_abandoned(settings):
                sys.stdout.write(f"{count} run(s) ended: {ABANDONED}\n")
            # Late runs of a pause are wanted: the first covers the gap. So schedules stay on.
            made = served(settings, parameters)
            serve(*made, pause_on_shutdown=False, print_starting_message=False)
    except Locked as fault:
        sys.exit(f"error: {fault}")


if __name__ == "__main__":
    main()
