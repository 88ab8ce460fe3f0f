"""What a flow run is wired to, and which faults are worth another try."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from prefect import get_run_logger, task
from prefect.artifacts import create_markdown_artifact
from prefect.blocks.system import Secret
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import State, StateType
from prefect.exceptions import MissingContextError
from prefect.runtime import flow_run

from enrich.errors import EnrichError, Locked, Stop, TryAgain, unforeseen
from enrich.plain_text import one_line
from enrich.runs.record import is_covered, last_success_at
from enrich.runs.reporting import SILENT, Reporter, in_lines
from enrich.serve.installation import installation_name
from enrich.settings import find_settings
from enrich.wiring import Wiring

# Waits between the tries of a task: a lock or an outage is over by then, or somebody must look.
RETRY_WAITS_SECONDS = [60.0, 300.0, 900.0]


_Given = ParamSpec("_Given")
_Answer = TypeVar("_Answer")


def hide_customer_data(function: Callable[_Given, _Answer]) -> Callable[_Given, _Answer]:
    """The function; an unforeseen error reports only its kind and place.

    Prefect keeps the text of an exception in its log; the text of one that nobody foresaw may quote
    a customer's value.
    """

    @functools.wraps(function)
    def guarded(*args: _Given.args, **kwargs: _Given.kwargs) -> _Answer:
        try:
            return function(*args, **kwargs)
        except EnrichError:
            raise
        except OSError as fault:
            message = f"{fault.strerror or 'input/output error'}: {fault.filename}"
            raise Stop(message) from None
        except Exception as fault:
            raise Stop(unforeseen(fault)) from None

    return guarded


def live_wiring(config: str | None, data: str | None) -> Wiring:
    """The wiring of a flow run: the settings file and data folder of its parameters.

    Without them those of ENRICH_CONFIG and ENRICH_DATA, as for any command.
    """
    settings, _ = find_settings(
        Path(config) if config else None, Path(data) if data else None, os.environ
    )
    return Wiring(settings, os.environ, lambda: datetime.now(UTC), block=read_block)


def read_block(name: str) -> str:
    """The value of a Prefect Secret block."""
    block: Any = Secret.load(name)
    return str(block.get())


def is_worth_a_retry(task: Any, task_run: Any, state: State[Any]) -> bool:
    """Whether the fault may pass by itself: an outage, or another run holding the lock.

    Wrong settings, refused credentials and failed checks wait for a person, not for time.
    """
    return isinstance(state.data, TryAgain | Locked)


# The wiring is no value to hash or to keep, so nothing is cached.
RETRYING: dict[str, Any] = {
    "retries": len(RETRY_WAITS_SECONDS),
    "retry_delay_seconds": RETRY_WAITS_SECONDS,
    "retry_condition_fn": is_worth_a_retry,
    "cache_policy": NO_CACHE,
}


def run_reporter() -> Reporter:
    """What a job reports to: the log of the run; nobody outside of one."""
    try:
        log = get_run_logger()
    except MissingContextError:
        return SILENT
    return in_lines(lambda line: log.info(one_line(line)))


def other_run() -> str | None:
    """The name of a run of another flow of this data folder that is at work; None without one.

    Such a run takes the warehouse again and again, and waits minutes when it is held just then.
    """
    with get_client(sync_client=True) as client:
        found = client.read_flow_runs(
            flow_run_filter=FlowRunFilter(
                state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.RUNNING]))
            )
        )
    ours = [run for run in found if run.parameters == flow_run.parameters]
    return next((run.name for run in ours if str(run.id) != flow_run.id), None)


def due_at(now: datetime) -> datetime:
    """When this flow run was due; `now` where there is no schedule, as in a test."""
    scheduled = flow_run.scheduled_start_time
    return min(scheduled, now) if isinstance(scheduled, datetime) else now


def run_name() -> str:
    """What the list of runs shows: the flow and when it was due, in UTC."""
    scheduled = flow_run.scheduled_start_time
    moment = scheduled if isinstance(scheduled, datetime) else datetime.now(UTC)
    return f"{flow_run.flow_name} {moment:%Y-%m-%d %H:%M} UTC"


@task(name="anything left to do", task_run_name="anything left to do", **RETRYING)
@hide_customer_data
def is_superfluous(
    wiring: Wiring, job: str, stores: tuple[str, ...], due: datetime, *, pushes: bool = False
) -> bool:
    """Whether runs that began after this one was due have done its work, in every store.

    With `pushes` that work includes each entity of every store that its destinations are pushed.
    """
    wanted: list[tuple[str, str, dict[str, str]]] = [(job, store, {}) for store in stores]
    if pushes:
        wanted += [
            ("push", store, {"destination": name, "entity": entity})
            for name, served in wiring.pushed_stores().items()
            for store in served
            for entity in wiring.pushed_entities(name)
        ]
    with wiring.warehouse(job) as warehouse:
        return all(
            is_covered(last_success_at(warehouse, job, store, **about), due)
            for job, store, about in wanted
        )


def leave_page(wiring: Wiring, name: str, page: str, description: str) -> None:
    """Keep the page with the run; its key is the installation's own, where several use a server."""
    key = f"{name}-{installation_name(wiring.settings)}"
    create_markdown_artifact(page, key=key, description=description)
