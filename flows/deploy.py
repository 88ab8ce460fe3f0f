"""The deployments, and how they are registered with a process work pool of a Prefect server.

python -m enrich.flows.deploy --config enrich.toml --pool NAME    (what `enrich register` starts)

Their names end in the name of the installation, so that several share one server.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from prefect import Flow
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterName
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.client.schemas.responses import DeploymentResponse
from prefect.exceptions import PrefectHTTPStatusError
from prefect.schedules import Cron
from prefect.settings import get_current_settings
from prefect.types.entrypoint import EntrypointType

from enrich.errors import BadSettings, EnrichError, Refused, Stop, TryAgain
from enrich.serve.installation import installation_name
from enrich.settings import Settings

from .alerts import set_alerts
from .lake import lake_flow
from .profiles import profiles_flow
from .received import received_flow
from .sync import sync_flow
from .wire import live_wiring

TAG = "enrich"
SYNC = "Pull what changed in VTEX, resolve customers and purchases, publish the read copy."
RECEIVED = "Pull what was received, push these people's profiles of today."
PROFILES = "Compute every customer's profile, keep it, push what changed to the platforms."
LAKE = "Make a lake of the files of the settings, and its profiles."
# Before installations had names, every deployment of a server was called so.
EARLIER_NAMES = ("four-hourly", "daily")
# A run that finds another one at work waits in the queue; when its turn comes and there is nothing
# left to do, it ends at once and says so.
QUEUED = ConcurrencyLimitStrategy.ENQUEUE
# The next small run comes in minutes: none waits for another.
CANCELLED = ConcurrencyLimitStrategy.CANCEL_NEW


@dataclass(frozen=True, slots=True)
class Plan:
    """One deployment as data: what docs/operations.md and prefect.yaml are compared with."""

    flow: Flow[..., Any]
    name: str
    cron: str
    description: str
    is_active: bool = True
    when_at_work: ConcurrencyLimitStrategy = QUEUED


@dataclass(frozen=True, slots=True)
class Installation:
    """One installation as Prefect sees it: its settings, and the settings file of its runs."""

    settings: Settings
    config: str | None

    @property
    def name(self) -> str:
        return installation_name(self.settings)

    @property
    def data(self) -> str:
        return str(self.settings.data_dir.resolve())

    @property
    def plans(self) -> tuple[Plan, ...]:
        """The deployments; their clock is `settings.schedule_zone`.

        The small run costs a start of Python each time, so it is scheduled where somebody wants it;
        that of a lake is there where its files are named.
        """
        schedule = self.settings.schedule
        is_wanted = any(
            one.enabled and one.within_minutes for one in self.settings.destinations.values()
        )
        received, lake = f"received-{self.name}", self.settings.lake
        of_lake = Plan(lake_flow, f"lake-{self.name}", lake.cron, LAKE)
        return (
            Plan(sync_flow, f"four-hourly-{self.name}", schedule.sync_cron, SYNC),
            Plan(profiles_flow, f"daily-{self.name}", schedule.profiles_cron, PROFILES),
            Plan(received_flow, received, schedule.received_cron, RECEIVED, is_wanted, CANCELLED),
            *([of_lake] if lake.is_wanted else []),
        )

    @property
    def parameters(self) -> dict[str, Any]:
        """What every run is given."""
        return {"config": self.config, "data": self.data}

    def options_of(self, plan: Plan) -> dict[str, Any]:
        """What Prefect is given about one deployment."""
        return {
            "name": plan.name,
            "schedule": Cron(
                plan.cron, timezone=self.settings.schedule_zone, active=plan.is_active
            ),
            "parameters": self.parameters,
            "concurrency_limit": ConcurrencyLimitConfig(
                limit=1, collision_strategy=plan.when_at_work
            ),
            "tags": [TAG, self.name],
            "description": plan.description,
            "entrypoint_type": EntrypointType.MODULE_PATH,
        }

    def is_of_this_folder(self, parameters: Mapping[str, Any]) -> bool:
        """True if a run with these parameters writes the warehouse of this data folder."""
        if data := parameters.get("data"):
            return str(Path(data).resolve()) == self.data
        return self.config is not None and parameters.get("config") == self.config


def installation_of(config: str | None, data: str | None) -> Installation:
    """The installation of a settings file and a data folder."""
    path = str(Path(config).resolve()) if config else None
    return Installation(live_wiring(path, data).settings, path)


@contextmanager
def server_client() -> Iterator[SyncPrefectClient]:
    """A client of the server; raises TryAgain when none answers, Refused for a wrong password."""
    with get_client(sync_client=True) as client:
        try:
            client.raise_for_api_version_mismatch()
        except (PrefectHTTPStatusError, RuntimeError) as fault:
            raise _explained(fault) from None
        yield client


def _explained(fault: Exception) -> EnrichError:
    cause = fault.__cause__ or fault
    if isinstance(cause, PrefectHTTPStatusError) and cause.response.status_code in (401, 403):
        return Refused(
            "the Prefect server refused the password: set PREFECT_API_AUTH_STRING to its own"
        )
    if fault.__cause__ is None:  # it answers, but with another major version
        return Stop(str(fault))
    url = httpx.URL(str(get_current_settings().api.url)).copy_with(userinfo=b"")
    return TryAgain(f"no Prefect server answers at {url}; its address ends in /api, is it started?")


def named(client: SyncPrefectClient, names: Sequence[str]) -> list[DeploymentResponse]:
    """The deployments of these names."""
    name = DeploymentFilterName(any_=list(names))
    return client.read_deployments(deployment_filter=DeploymentFilter(name=name))


def refuse_taken_name(client: SyncPrefectClient, ours: Installation) -> None:
    """Raise BadSettings when another data folder has our names: we would replace its deployments.

    So a settings file that was copied with its `installation` stops nobody's schedule.
    """
    for deployment in named(client, [plan.name for plan in ours.plans]):
        if not ours.is_of_this_folder(deployment.parameters):
            raise BadSettings(
                f"{deployment.name} on this Prefect server is of another data folder: set another"
                " `installation`, or delete it there if that folder is no longer served"
            )


def pause_earlier(client: SyncPrefectClient, ours: Installation) -> list[str]:
    """Pause this folder's deployments of before installations had names; return their names.

    Those of another data folder stay: their installation may not be upgraded yet.
    """
    found = [
        deployment
        for deployment in named(client, EARLIER_NAMES)
        if TAG in deployment.tags
        and not deployment.paused
        and ours.is_of_this_folder(deployment.parameters)
    ]
    for deployment in found:
        client.pause_deployment(deployment.id)
    return [deployment.name for deployment in found]


def keep_alerts(client: SyncPrefectClient, ours: Installation) -> int:
    """How many alerts the server sends for this installation now; see `set_alerts`."""
    alerts, urls = ours.settings.alerts, live_wiring(ours.config, ours.data).alert_urls()
    return set_alerts(client, ours.name, ours.plans[0].name, alerts, urls)


def before_deploying(config: str = "", data: str = "", installation: str = "") -> dict[str, Any]:
    """The build step of prefect.yaml: what `register` does before it makes the deployments."""
    ours = installation_of(config or None, data or None)
    if installation != ours.name:
        raise BadSettings(f"ENRICH_INSTALLATION must be {ours.name}, as in the settings")
    with server_client() as client:
        refuse_taken_name(client, ours)
        return {"paused": pause_earlier(client, ours), "alerts": keep_alerts(client, ours)}


def register(ours: Installation, pool: str) -> None:
    """The deployments in the work pool `pool`; its workers need the same `enrich` installed."""
    with server_client() as client:
        refuse_taken_name(client, ours)
        pause_earlier(client, ours)
        keep_alerts(client, ours)
    for plan in ours.plans:
        flow: Any = plan.flow
        flow.deploy(work_pool_name=pool, **ours.options_of(plan))


def main(arguments: Sequence[str] | None = None) -> None:
    """Register them with a work pool."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--config", default=os.environ.get("ENRICH_CONFIG"))
    parser.add_argument("--data", default=os.environ.get("ENRICH_DATA"))
    parser.add_argument("--pool", required=True, help="the process work pool")
    given = parser.parse_args(arguments)
    try:
        register(installation_of(given.config, given.data), given.pool)
    except EnrichError as fault:
        sys.stderr.write(f"error: {fault}\n")
        sys.exit(fault.exit_code)


if __name__ == "__main__":
    main()
