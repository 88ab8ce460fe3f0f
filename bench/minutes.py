"""From an order to a platform between two daily runs: python -m bench.minutes --scale M

A made-up shop of the scale is stored, with its profiles pushed to a file drop. Orders come in at a
simulated VTEX at an even pace, and each is in the inbox at once, as by the orders hook. Every two
minutes, or when the run before has ended, `enrich run --received` is started, as by the schedule.
Latency is the time from an order until the file with its customer's profile is complete.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import quantiles

import polars as pl

from bench.contenders.job import TODAY
from bench.folders import ROOT, Folders
from bench.measure import Run, medians
from bench.scales import SCALES
from bench.simulated import APP
from enrich.receiver import ORDERS, Message, Notice, inbox_of
from enrich.simulator import AppKey, Simulation, build_simulation, serve

EVERY_SECONDS = 120
SETTINGS = """
data_dir = "."
[stores.shop]
account = "demostore"
base_url = "{address}/vtex"
app_key = {{ file = "key" }}
app_token = {{ file = "key" }}
currency = "BRL"
[destinations.drop]
kind = "file"
folder = "drop"
within_minutes = true
"""


@dataclass
class Bench:
    """The shop under way: which customer ordered when, and how long each run took."""

    folder: Path
    address: str
    began: float = field(default_factory=time.monotonic)
    ordered: dict[str, float] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)

    def now(self) -> datetime:
        """The shop's clock: some hours after the daily run, then as time passes."""
        return TODAY + timedelta(hours=2, seconds=time.monotonic() - self.began)

    def order(self, person: int, customer_id: str) -> None:
        """Somebody orders, and the hook is called."""
        body = json.dumps({"person": person}).encode()
        request = urllib.request.Request(f"{self.address}/_simulator/orders", body, method="POST")
        with urllib.request.urlopen(request) as answer:
            (order_id,) = json.load(answer)["orderIds"]
        message = Message(Notice(ORDERS, order_id, "payment-approved"), "hook", self.now())
        inbox = inbox_of(self.folder, "shop")
        self.ordered[customer_id] = inbox.keep(ORDERS, [message], self.now()).stat().st_mtime

    def small_run(self) -> None:
        """One run as a process."""
        command = [sys.executable, "-m", "enrich", "run", "--received"]
        options = ["--config", str(self.folder / "enrich.toml"), "--now", self.now().isoformat()]
        started, before = time.monotonic(), getrusage(RUSAGE_CHILDREN)
        subprocess.run([*command, *options], cwd=ROOT, check=True)
        after = getrusage(RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        self.runs.append(Run(time.monotonic() - started, cpu, after.ru_maxrss / 1024))
        sys.stdout.write(f"{self.runs[-1]}\n")
        sys.stdout.flush()

    def latencies(self) -> list[float]:
        """Seconds from each order to the first file after it that has its customer."""
        files = sorted((self.folder / "drop").rglob("*.parquet"), key=lambda p: p.stat().st_mtime)
        found: dict[str, float] = {}
        for path in files:
            at = path.stat().st_mtime
            for (customer_id,) in pl.read_parquet(path, columns=["customer_id"]).iter_rows():
                ordered_at = self.ordered.get(customer_id)
                if ordered_at is not None and at > ordered_at:
                    found.setdefault(customer_id, at - ordered_at)
        missing = self.ordered.keys() - found
        assert not missing, f"{len(missing)} customers never came to the file drop"
        return sorted(found.values())


def main() -> None:
    """Prints the latencies."""
    parser = argparse.ArgumentParser(prog="python -m bench.minutes")
    parser.add_argument("--scale", choices=SCALES, default="M")
    parser.add_argument("--orders-an-hour", type=float, default=1000)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--data", type=Path, default=ROOT / "data" / "bench")
    options = parser.parse_args()
    folders = Folders(options.data.resolve(), print)
    shop = folders.shop(options.scale)
    prepared = folders.prepared("pushed", options.scale, str(shop))
    folder = folders.table(f"minutes@{options.scale}")
    folders.fresh_copy(prepared, folder)()
    count = round(options.orders_an_hour * options.minutes / 60)
    world = Simulation(customers=count, orders=50, now=TODAY, keys=(AppKey(APP, APP),))
    simulator = build_simulation(world)
    with serve(simulator) as address:
        (folder / "enrich.toml").write_text(SETTINGS.format(address=address))
        (folder / "key").write_text(APP)
        inbox_of(folder, "shop").prepare()
        bench = Bench(folder, address)
        measure(bench, simulator.main.world.people.user_id[:count], 3600 / options.orders_an_hour)
    report(bench)


def measure(bench: Bench, customer_ids: list[str], gap_seconds: float) -> None:
    """Everybody orders once, at an even pace, while small runs come and go."""

    def orders() -> None:
        for person, customer_id in enumerate(customer_ids):
            time.sleep(max(0.0, bench.began + person * gap_seconds - time.monotonic()))
            bench.order(person, str(customer_id))

    customers = threading.Thread(target=orders)
    customers.start()
    tick = 0
    while customers.is_alive() or inbox_of(bench.folder, "shop").waiting(ORDERS).file_count:
        tick = max(tick + 1, int((time.monotonic() - bench.began) // EVERY_SECONDS))
        time.sleep(max(0.0, bench.began + tick * EVERY_SECONDS - time.monotonic()))
        bench.small_run()


def report(bench: Bench) -> None:
    """The figures, in a line each."""
    found = bench.latencies()
    cuts = quantiles(found, n=20)
    sys.stdout.write(
        f"{len(found)} orders, {len(bench.runs)} runs, the median {medians(bench.runs)}\n"
        f"seconds from the order to the file: median {cuts[9]:.0f}, 95 % {cuts[18]:.0f},"
        f" most {found[-1]:.0f}\n"
    )


if __name__ == "__main__":
    main()
