"""Rounds of weather, kills, full disks and locks; after each the store must equal the source."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from enrich.warehouse import open_warehouse
from tests.faults.figures import Figures
from tests.faults.moments import MOMENTS
from tests.faults.receipts import Receipts
from tests.faults.shop import ENVIRON, Shop, difference, left_behind, open_shop
from tests.faults.weathers import WEATHERS

ROOT = Path(__file__).resolve().parents[2]
LOCKED = 5
KINDS = ("moment", "full disk", "moment", "random", "locked", "moment", "moment")

Say = Callable[[str], None]


def run(
    folder: Path,
    *,
    kills: int,
    seed: int,
    orders: int,
    first_weather: int = 0,
    say: Say = lambda line: None,
) -> Figures:
    """The figures of `kills` kills, drawn with `seed`, on a shop of `orders` orders."""
    began = time.monotonic()
    dice = random.Random(seed)
    with open_shop(folder, orders, seed, future_days=30 + 8 * kills) as shop:
        rounds = Rounds(shop, dice, say)
        rounds.recover("the first run", first=True)
        for number in range(4 * kills + len(KINDS)):
            if rounds.figures.kills >= kills:
                break
            rounds.play(number, first_weather + number)
        rounds.close()
    rounds.figures.seconds = time.monotonic() - began
    return rounds.figures


@dataclass
class Rounds:
    """One fault after the other, each survived before the next."""

    shop: Shop
    dice: random.Random
    say: Say
    figures: Figures = field(default_factory=Figures)
    receipts: Receipts = field(default_factory=Receipts)
    moments: list[str] = field(default_factory=list)  # still to come of this turn

    def play(self, number: int, weather_number: int) -> None:
        """Time passes, a fault happens in some weather, the next run completes, all is compared."""
        weather = list(WEATHERS)[weather_number % len(WEATHERS)]
        self.shop.trade(self.dice)
        self.shop.wait(hours=self.dice.choice([24, 28, 36, 72]))
        self.shop.weather(seed=number, **WEATHERS[weather])
        told = self._befall(number)
        self._look()
        self.recover(f"after {told}")
        found = difference(self.shop)
        self.figures.weathers[weather] += 1
        self.figures.add(found)
        self.say(f"{number + 1:>4} {weather:<34} {told:<50} {'ok' if found.is_none else found}")

    def recover(self, when: str, *, first: bool = False) -> None:
        """The run that has to put everything right; the first push is confirmed by a person."""
        for command in ("run", "push") if first else ("run",):
            worker = start(self.shop, command=command)
            _, said = worker.communicate(timeout=600)
        if worker.returncode:
            last = said.strip().splitlines()[-1:] or ["no word"]
            self.figures.faults.append(f"{when}: exit code {worker.returncode}: {last[0]}")
        self._look()

    def close(self) -> None:
        """By now the weekly look at 400 days is due: everything must be as it is."""
        self.shop.weather()
        self.shop.wait(days=8)
        self.recover("the last run")
        last = difference(self.shop)
        self.figures.add(last)
        self.figures.statuses_off_at_the_end = last.statuses_off
        self.figures.in_flight = self.receipts.in_flight_count
        self.figures.sent_twice = self.receipts.sent_twice_count
        self.figures.needless_repeats = self.receipts.needless_count
        self.figures.records_pushed = sum(map(len, self.shop.batches.values()))

    def _look(self) -> None:
        """What the process that has ended left in the warehouse and at the platform."""
        left = left_behind(self.shop)
        self.figures.half_written += left.half_written
        repeats = self.shop.simulator.webhook.repeats
        self.receipts.take(self.shop.batches, repeats, left.unanswered)

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
        worker.communicate(timeout=600)
        if worker.returncode != -signal.SIGKILL:
            return f"(not reached) {name}"
        self.figures.moments[name] += 1
        self.figures.kills += 1
        return name

    def _kill_somewhen(self) -> str:
        worker = start(self.shop)
        delay = self.dice.uniform(0.5, 4.0)
        try:
            worker.wait(delay)
        except subprocess.TimeoutExpired:
            worker.kill()
            self.figures.kills += 1
        worker.communicate(timeout=600)
        return f"killed after {delay:.1f} s"

    def _fill_disk(self) -> str:
        """A disk counts as full when it hurt; where the file had room inside, there is less."""
        size = (self.shop.data / "warehouse.duckdb").stat().st_size
        for limit in (self.dice.choice([1 << 18, size // 2, size - (1 << 16)]), 1 << 14):
            worker = start(self.shop, limit=limit)
            _, said = worker.communicate(timeout=600)
            if "Traceback" in said:
                self.figures.faults.append(f"full disk: {said.splitlines()[-1]}")
            if worker.returncode:
                break
        self.figures.full_disks += worker.returncode != 0
        return f"no file above {limit:,} bytes: exit code {worker.returncode}"

    def _lock(self) -> str:
        with open_warehouse(self.shop.data, job="another", started_at=self.shop.now):
            worker = start(self.shop)
            _, said = worker.communicate(timeout=600)
        self.figures.locks += 1
        if worker.returncode != LOCKED or "another" not in said:
            self.figures.faults.append(f"locked: exit code {worker.returncode}")
        return "another run holds the lock"


def start(
    shop: Shop, moment: str = "-", count: int = 0, limit: int | None = None, command: str = "run"
) -> subprocess.Popen[str]:
    """A run in a process of its own; `limit` is the largest file it may write, in bytes."""
    config = ("--config", str(shop.folder / "enrich.toml"), "--data", str(shop.data))
    confirm = ("--confirm", "--destination", "hook") if command == "push" else ()
    now = shop.now + timedelta(minutes=shop.skew_minutes)
    arguments = (command, *confirm, *config, "--now", now.isoformat())

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
