"""Rounds of weather, kills, full disks and locks; after each the store must equal the source."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from enrich.store import open_warehouse
from tests.faults.moments import MOMENTS
from tests.faults.shop import (
    BATCH,
    ENVIRON,
    Difference,
    Shop,
    difference,
    half_written,
    needless_repeats,
    open_shop,
)

ROOT = Path(__file__).resolve().parents[2]
LOCKED = 5
WEATHERS: Mapping[str, Mapping[str, Any]] = {
    "fair": {},
    "429 with Retry-After": {"throttled": 0.05, "retry_after_seconds": 0.2},
    "429 with a date": {"throttled": 0.03, "retry_after": "date"},
    "429 without Retry-After": {"throttled": 0.03, "retry_after": "none"},
    "5xx in bursts": {"broken": 0.01, "burst": 3},
    "slow bodies": {"slow": 0.05, "slow_seconds": 0.1},
    "cut bodies": {"cut": 0.03},
    "no answer": {"lost": 0.03},
    "HTML instead of JSON": {"html": 0.03},
    "rows moving between pages": {"moving_rows": 0.2},
    "index lag": {"index_lag_minutes": 5.5},
    "stale statuses in the list": {"stale_status_minutes": 60},
    "float totals": {"float_totals": True},
    "no last change in the list": {"hide_last_change": True},
    "scrolls that expire": {"expired_scrolls": 0.2},
    "wrong range totals": {"wrong_range_total": True, "range_header": "short"},
}
KINDS = ("moment", "full disk", "moment", "random", "locked", "moment", "moment")


@dataclass
class Figures:
    """What the harness prints."""

    kills: int = 0
    full_disks: int = 0
    locks: int = 0
    weathers: Counter[str] = field(default_factory=Counter)
    moments: Counter[str] = field(default_factory=Counter)
    in_flight: int = 0
    orders_compared: int = 0
    lost: int = 0
    duplicated: int = 0
    invented: int = 0
    cents_off: int = 0
    statuses_off_at_the_end: int = 0
    needless_repeats: int = 0
    half_written: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def survived(self) -> int:
        return self.kills + self.full_disks + self.locks

    def add(self, found: Difference) -> None:
        self.orders_compared = found.compared
        self.lost += found.lost
        self.invented += found.invented
        self.duplicated += found.duplicated
        self.cents_off += found.cents_off

    @property
    def is_clean(self) -> bool:
        off = self.lost + self.duplicated + self.invented + self.cents_off
        off += self.statuses_off_at_the_end + self.needless_repeats
        return off == 0 and not self.half_written and not self.faults


def run(
    folder: Path,
    *,
    kills: int,
    seed: int,
    orders: int,
    say: Callable[[str], None] = lambda line: None,
) -> Figures:
    """The figures of `kills` faults, drawn with `seed`, on a shop of `orders` orders."""
    began = time.monotonic()
    figures = Figures()
    with open_shop(folder, orders, seed, future_days=20 + 12 * kills) as shop:
        _recover(shop, figures, "the first run", "run", first=True)
        rounds = Rounds(shop, figures, random.Random(seed), say)
        number = 0
        while figures.kills < kills and number < 4 * kills + len(KINDS):
            rounds.play(number)
            number += 1
        # By now the weekly look at 400 days is due: everything must be as it is.
        shop.weather()
        shop.wait(days=8)
        _recover(shop, figures, "the last run", "run")
        last = difference(shop)
        figures.add(last)
        figures.statuses_off_at_the_end = last.statuses_off
        allowed = figures.in_flight
        figures.needless_repeats = max(0, needless_repeats(shop) - allowed)
    figures.seconds = time.monotonic() - began
    return figures


@dataclass
class Rounds:
    """One fault after the other, each survived before the next."""

    shop: Shop
    figures: Figures
    dice: random.Random
    say: Callable[[str], None]
    moments: list[str] = field(default_factory=list)  # still to come of this turn

    def play(self, number: int) -> None:
        """Time passes, a fault happens in some weather, the next run completes, all is compared."""
        names = list(WEATHERS)
        weather = names[number % len(names)]
        self.figures.weathers[weather] += 1
        self.shop.trade(self.dice)
        self.shop.wait(hours=self.dice.choice([24, 28, 36, 72]))
        self.shop.weather(seed=number, **WEATHERS[weather])
        told = self._befall(number)
        self.figures.half_written += half_written(self.shop)
        _recover(self.shop, self.figures, f"after {told}", "run")
        found = difference(self.shop)
        self.figures.add(found)
        self.say(f"{number + 1:>4} {weather:<30} {told:<50} {'ok' if found.is_none else found}")

    def _befall(self, number: int) -> str:
        kind = KINDS[number % len(KINDS)]
        if kind == "full disk":
            return self._fill_disk()
        if kind == "locked":
            return self._lock()
        return self._kill_somewhen() if kind == "random" else self._kill_at_moment()

    def _kill_at_moment(self) -> str:
        if not self.moments:
            self.moments += self.dice.sample(list(MOMENTS), len(MOMENTS))
        name = self.moments.pop()
        count = self.dice.choice([1, 2]) if name.startswith("push") else 1
        worker = start(self.shop, name, count)
        worker.communicate(timeout=300)
        if worker.returncode == -signal.SIGKILL:
            self.figures.moments[name] += 1
            self._count_kill()
            return name
        return f"(not reached) {name}"

    def _kill_somewhen(self) -> str:
        worker = start(self.shop)
        delay = self.dice.uniform(0.5, 4.0)
        try:
            worker.wait(delay)
        except subprocess.TimeoutExpired:
            worker.kill()
            self._count_kill()
        worker.communicate(timeout=60)
        return f"killed after {delay:.1f} s"

    def _count_kill(self) -> None:
        """One batch may have been under way: whether it arrived, nobody can know."""
        self.figures.kills += 1
        self.figures.in_flight += BATCH

    def _fill_disk(self) -> str:
        size = (self.shop.data / "warehouse.duckdb").stat().st_size
        limit = self.dice.choice([1 << 14, 1 << 18, size // 2, size - (1 << 16)])
        worker = start(self.shop, limit=limit)
        _, said = worker.communicate(timeout=300)
        self.figures.full_disks += 1
        if "Traceback" in said:
            self.figures.faults.append(f"full disk: {said.splitlines()[-1]}")
        return f"no file above {limit:,} bytes: exit code {worker.returncode}"

    def _lock(self) -> str:
        with open_warehouse(self.shop.data, job="another", started_at=self.shop.now):
            worker = start(self.shop)
            _, said = worker.communicate(timeout=300)
        self.figures.locks += 1
        if worker.returncode != LOCKED or "another" not in said:
            self.figures.faults.append(f"locked: exit code {worker.returncode}")
        return "another run holds the lock"


def start(
    shop: Shop, moment: str = "-", count: int = 0, limit: int | None = None, command: str = "run"
) -> subprocess.Popen[str]:
    """A run in a process of its own; `limit` is the largest file it may write, in bytes."""
    config = ("--config", str(shop.folder / "enrich.toml"), "--data", str(shop.data))
    confirm = ("--confirm",) if command == "push" else ()
    arguments = (command, *confirm, *config, "--now", shop.now.isoformat())

    def shrink() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.worker", moment, str(count), *arguments],
        cwd=ROOT,
        env={**os.environ, **ENVIRON, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=shrink,
    )


def _recover(shop: Shop, figures: Figures, when: str, command: str, *, first: bool = False) -> None:
    """The run that has to put everything right; the first push is confirmed by a person."""
    worker = start(shop, command=command)
    _, said = worker.communicate(timeout=600)
    if first:
        worker = start(shop, command="push")
        _, said = worker.communicate(timeout=600)
    if worker.returncode:
        last = said.strip().splitlines()[-1:] or ["no word"]
        figures.faults.append(f"{when}: exit code {worker.returncode}: {last[0]}")
