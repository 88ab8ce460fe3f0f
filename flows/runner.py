"""The process that runs the schedules; `enrich serve` starts it and holds the lock of serving.

python -m enrich.flows.runner --config enrich.toml --data data [--shared]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from prefect import serve
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterName,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.states import Crashed

from enrich.errors import EnrichError

from .deploy import (
    Installation,
    installation_of,
    keep_alerts,
    pause_earlier,
    refuse_taken_name,
    server_client,
)

ABANDONED = "the process or the machine that ran it went away; the next run covers the gap"


def run(ours: Installation, *, shared: bool) -> None:
    """Serve the deployments until interrupted, after what an earlier process left is put right."""
    with server_client() as client:
        if shared:
            refuse_taken_name(client, ours)
        for name in pause_earlier(client, ours):
            sys.stdout.write(f"paused {name}: it is {name}-{ours.name} now\n")
        if count := keep_alerts(client, ours):
            sys.stdout.write(f"{count} alerts are set\n")
        if count := end_abandoned(client, ours):
            sys.stdout.write(f"{count} run(s) ended: {ABANDONED}\n")
    sys.stdout.flush()
    made: list[Any] = [plan.flow.to_deployment(**ours.options_of(plan)) for plan in ours.plans]
    # Late runs of a pause are wanted: the first covers the gap. So schedules stay on.
    serve(*made, pause_on_shutdown=False, print_starting_message=False)


def end_abandoned(client: SyncPrefectClient, ours: Installation) -> int:
    """Return how many runs of this installation were ended because nobody carries them on.

    They would stay *Running* and keep their place in the queue, so that no run after them begins.
    Only whoever holds the lock of serving may ask for it: else somebody is carrying them on.
    """
    at_work = [StateType.RUNNING, StateType.PENDING, StateType.CANCELLING]
    found = client.read_flow_runs(
        deployment_filter=DeploymentFilter(
            name=DeploymentFilterName(any_=[plan.name for plan in ours.plans])
        ),
        flow_run_filter=FlowRunFilter(
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=at_work))
        ),
    )
    abandoned = [run for run in found if ours.is_of_this_folder(run.parameters)]
    for run in abandoned:
        client.set_flow_run_state(run.id, Crashed(message=ABANDONED), force=True)
    return len(abandoned)


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until interrupted; a fault that is known is one line and its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--config")
    parser.add_argument("--data")
    parser.add_argument("--shared", action="store_true", help="others may use the server too")
    given = parser.parse_args(arguments)
    try:
        run(installation_of(given.config, given.data), shared=given.shared)
    except EnrichError as fault:
        sys.stderr.write(f"error: {fault}\n")
        sys.exit(fault.exit_code)


if __name__ == "__main__":
    main()
