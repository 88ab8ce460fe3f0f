"""One push in a process of its own, to be killed: python -m ...sender ORDER (a JSON object)."""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import SecretStr

from enrich.client import Http
from enrich.destinations import Tools, open_entity, requests_per_second
from enrich.jobs.push import plan_push, push
from enrich.store import PushTarget, open_warehouse
from tests.destinations.long_run.clock import Clock, Stamped
from tests.destinations.long_run.people import AS_OF

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)


def main(order: dict[str, Any]) -> dict[str, Any]:
    """What the push did, and what it took."""
    clock = Clock(order["begin"])
    pace = requests_per_second(order["kind"], order["options"])
    transport = Stamped(clock, order["run_no"], order["base"])
    started, began = time.monotonic(), clock.now()
    with Http(
        requests_per_second=pace, transport=transport, sleep=clock.sleep, monotonic=clock.now
    ) as http:
        folder = Path(order["folder"])
        tools = Tools(http, lambda source: SecretStr(order["key"]), folder, clock.sleep)
        there = open_entity("there", order["kind"], order["options"], tools)
        with open_warehouse(folder, job="push", memory_limit="2GB") as warehouse:
            done = push(
                there,
                PushTarget("there", "main"),
                lambda pushed: plan_push(there, pl.read_parquet(order["profiles"]), pushed.records),
                warehouse.pushes,
                as_of=AS_OF,
                run_id=f"run {order['run_no']}",
                now=NOW,
                dry_run=order["dry_run"],
                confirmed=True,
                requests_per_second=pace,
                monotonic=clock.now,
                sleep=clock.sleep,
            )
    return {
        **done.as_json(),
        "requests": done.requests,
        "estimated_seconds": done.estimated_seconds,
        "real_seconds": time.monotonic() - started,
        "simulated_seconds": clock.now() - began,
        "peak_mb": peak_mb(),
    }


def peak_mb() -> float:
    """The most memory this program held; getrusage would tell what its parent held, too."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (line,) = [line for line in lines if line.startswith("VmHWM:")]
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(json.loads(sys.argv[1]))) + "\n")
