"""python -m tests.flows.downtime --days 3

A real Prefect server, late runs of every schedule of the pause, `enrich serve` begun again.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from enrich.flows.sync import SUPERFLUOUS
from enrich.simulator.build import FULL_KEY
from tests.flows.served import SETTINGS, Served, Server, free_port, wait_for
from tests.jobs.town import town

SCHEDULES = {"four-hourly": timedelta(hours=4), "daily": timedelta(days=1)}
ENDED = ("COMPLETED", "FAILED", "CRASHED")


def main() -> int:
    parser = argparse.ArgumentParser(description="A pause, and the late runs after it.")
    parser.add_argument("--days", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, town(orders=300, customers=120) as there:
        (Path(folder) / "enrich.toml").write_text(SETTINGS.format(address=there.address))
        server = Server(free_port(), Path(folder) / "data")
        served = Served(Path(folder), server, {"KEY": FULL_KEY.app_key}, there)
        return pause(served, given.days)


def pause(served: Served, days: int) -> int:
    """0 when of the late runs of each schedule one worked and the others had nothing to do."""
    served.start()
    served.server.keep_secret("vtex-token", FULL_KEY.app_token)
    began = time.monotonic()
    told = {name: late(served.server, name, days) for name in SCHEDULES}
    outcomes = {
        name: Counter(map(outcome, ended(served.server, ids))) for name, ids in told.items()
    }
    served.stop()
    for name, counts in outcomes.items():
        sys.stdout.write(f"{name}: {dict(counts)}\n")
    sys.stdout.write(f"{time.monotonic() - began:,.0f} seconds\n")
    expected = {name: {"worked": 1, "nothing to do": len(ids) - 1} for name, ids in told.items()}
    return int({name: dict(counts) for name, counts in outcomes.items()} != expected)


def late(server: Server, name: str, days: int) -> list[str]:
    """The ids of runs that were due during a pause which has ended just now."""
    every, now = SCHEDULES[name], datetime.now(UTC)
    count = timedelta(days=days) // every
    deployment_id = wait_for(lambda: server.deployments()[name]["id"])
    return [
        scheduled(server, deployment_id, now - every * number) for number in range(count, 0, -1)
    ]


def scheduled(server: Server, deployment_id: str, due_at: datetime) -> str:
    moment = due_at.isoformat()
    state = {"type": "SCHEDULED", "state_details": {"scheduled_time": moment}}
    made: Any = wait_for(
        lambda: server.ask(f"deployments/{deployment_id}/create_flow_run", {"state": state})
    )
    return str(made["id"])


def ended(server: Server, ids: list[str]) -> list[dict[str, Any]]:
    wanted = {"flow_runs": {"id": {"any_": ids}}}
    deadline = time.monotonic() + 120 + 90 * len(ids)
    while time.monotonic() < deadline:
        found: list[dict[str, Any]] = wait_for(lambda: server.ask("flow_runs/filter", wanted))
        if all(run["state_type"] in ENDED for run in found):
            return found
        time.sleep(5)
    raise AssertionError("the late runs did not end")


def outcome(run: dict[str, Any]) -> str:
    if run["state_type"] != "COMPLETED":
        return f"{run['state_type']}: {run['state']['message']}"
    return "nothing to do" if run["state"]["message"] == SUPERFLUOUS else "worked"


if __name__ == "__main__":
    sys.exit(main())
