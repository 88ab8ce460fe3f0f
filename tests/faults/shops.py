"""Several shops at once, each in a process of its own: most of a round is waiting."""

from __future__ import annotations

import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from tests.faults.figures import Figures, total
from tests.faults.harness import run
from tests.faults.weathers import WEATHERS


def run_shops(kills: int, seed: int, orders: int, jobs: int) -> Figures:
    """The figures of `jobs` shops, each in a process of its own with its share of the kills."""
    shares = [len(range(number, kills, jobs)) for number in range(jobs)]
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        shops = range(jobs)
        play = partial(run_shop, seed=seed, orders=orders, jobs=jobs)
        return total(pool.map(play, shops, shares))


def run_shop(number: int, kills: int, *, seed: int, orders: int, jobs: int) -> Figures:
    """One shop of several; each begins with another weather, so that all see all of them."""

    def say(line: str) -> None:
        sys.stdout.write(f"{number + 1}: {line}\n" if jobs > 1 else f"{line}\n")
        sys.stdout.flush()

    first = number * len(WEATHERS) // jobs
    with tempfile.TemporaryDirectory() as folder:
        return run(
            Path(folder),
            kills=kills,
            seed=seed + number,
            orders=orders,
            first_weather=first,
            say=say,
        )
