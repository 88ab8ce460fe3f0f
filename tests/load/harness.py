"""A back-fill that is killed and resumed, then cycles of a sync with many changed orders."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from enrich.sync.pulling import SLICE
from tests.load.process import Ended, peak_mib_of, watched
from tests.load.shop import ENVIRON, Shop, differences, open_shop

CYCLE_HOURS = 4
SAID_EVERY_SECONDS = 30.0

Say = Callable[[str], None]


@dataclass(frozen=True)
class Part:
    """One start of the sync: how it ended and the orders it fetched."""

    name: str
    ended: Ended
    fetched: int

    @property
    def line(self) -> str:
        rate = self.fetched / max(self.ended.seconds, 0.001)
        how = "killed" if self.ended.code < 0 else f"exit code {self.ended.code}"
        return (
            f"{self.name}: {how}, {self.fetched:,} orders in {self.ended.seconds:,.0f} s"
            f" ({rate:,.0f}/s), peak {self.ended.peak_mib:,.0f} MiB"
        )


@dataclass
class Figures:
    """What a run of the load harness found."""

    backfill: list[Part] = field(default_factory=list)
    cycles: list[Part] = field(default_factory=list)
    changed: int = 0
    fetched_again: int = 0
    refused: int = 0
    differences: Mapping[str, int] = field(default_factory=dict)
    simulator_mib: float = 0.0

    @property
    def peak_mib(self) -> float:
        return max(part.ended.peak_mib for part in (*self.backfill, *self.cycles))

    @property
    def kills(self) -> int:
        return sum(part.ended.code < 0 for part in self.backfill)

    @property
    def is_clean(self) -> bool:
        """Nothing lost, refused or fetched again beyond the slice that was on its way."""
        off = sum(count for name, count in self.differences.items() if name != "compared")
        failed = [part for part in (*self.backfill, *self.cycles) if part.ended.code > 0]
        again = max(0, self.fetched_again - self.kills * SLICE)
        return not (off or failed or self.refused or again)


def run(
    folder: Path,
    *,
    orders: int,
    kills: int,
    cycles: int,
    changed: int,
    pace: float,
    seed: int,
    say: Say = lambda line: None,
) -> Figures:
    """The figures of one back-fill of `orders` orders and so many cycles after it."""
    figures = Figures()
    with open_shop(folder, orders, seed, limit=pace * 1.1) as shop:
        wanted = shop.truth().height
        say(f"{wanted:,} orders within VTEX's two years")
        for number in range(1, kills + 1):
            until = wanted * number // (kills + 1)
            left = wanted - shop.detail_fetches
            figures.backfill.append(_start(shop, f"start {number}", pace, say, until, left))
        left = wanted - shop.detail_fetches
        figures.backfill.append(_start(shop, f"start {kills + 1}", pace, say, None, left))
        figures.fetched_again = shop.detail_fetches - wanted
        _cycle(shop, figures, cycles, changed, pace, random.Random(seed), say)
        figures.refused = shop.refused_count
        figures.differences = differences(shop)
        figures.simulator_mib = peak_mib_of(os.getpid())
    return figures


def _cycle(
    shop: Shop,
    figures: Figures,
    cycles: int,
    changed: int,
    pace: float,
    dice: random.Random,
    say: Say,
) -> None:
    for number in range(1, cycles + 1):
        figures.changed += shop.change(changed, dice)
        shop.wait(CYCLE_HOURS)
        figures.cycles.append(_start(shop, f"cycle {number}", pace, say, None, changed))


def _start(shop: Shop, name: str, pace: float, say: Say, until: int | None, expected: int) -> Part:
    """One sync in a process of its own, killed once `until` orders were handed out."""
    before = shop.detail_fetches
    teller = Teller(shop, say, name, expected)
    ended = watched(
        ("-m", "tests.load.worker", str(shop.config), f"{pace:g}", shop.now.isoformat()),
        ENVIRON,
        shop.folder / "worker.log",
        kill_when=lambda: until is not None and shop.detail_fetches >= until,
        look=teller.look,
    )
    part = Part(name, ended, shop.detail_fetches - before)
    say(part.line)
    if ended.code > 0:
        say(ended.said[-2000:])
    return part


@dataclass
class Teller:
    """Says now and then how far the process is."""

    shop: Shop
    say: Say
    name: str
    expected: int
    said_at: float = field(default_factory=time.monotonic)
    first: int = 0
    before: int = 0

    def __post_init__(self) -> None:
        self.first = self.before = self.shop.detail_fetches

    def look(self, peak_mib: float) -> None:
        now, count = time.monotonic(), self.shop.detail_fetches
        if now - self.said_at < SAID_EVERY_SECONDS:
            return
        rate = (count - self.before) / (now - self.said_at)
        done = f"{count - self.first:,} of {self.expected:,}"
        self.say(f"  {self.name}: {done}, {rate:,.0f}/s, peak {peak_mib:,.0f} MiB")
        self.said_at, self.before = now, count
