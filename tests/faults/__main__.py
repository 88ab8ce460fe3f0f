"""python -m tests.faults --kills 200 --seed 1 --orders 2000"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.faults.harness import Figures, run


def main() -> int:
    parser = argparse.ArgumentParser(description="Faults, and what is left after each of them.")
    parser.add_argument("--kills", type=int, default=25)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--orders", type=int, default=300)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = run(
            Path(folder), kills=given.kills, seed=given.seed, orders=given.orders, say=_say
        )
    show(figures)
    return 0 if figures.is_clean else 1


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def show(figures: Figures) -> None:
    """The figures, a line each."""
    rows = {
        "faults survived": f"{figures.survived} ({figures.kills} kills, "
        f"{figures.full_disks} full disks, {figures.locks} locks)",
        "kinds of weather": len(figures.weathers),
        "named moments": len(figures.moments),
        "orders compared": figures.orders_compared,
        "orders lost": figures.lost,
        "orders invented": figures.invented,
        "orders duplicated": figures.duplicated,
        "cents off": figures.cents_off,
        "statuses off at the end": figures.statuses_off_at_the_end,
        "records pushed again without need": figures.needless_repeats,
        "half-written tables": len(figures.half_written),
        "runs that failed to recover": len(figures.faults),
        "seconds": round(figures.seconds),
    }
    for name, value in rows.items():
        _say(f"{name:<36}{value}")
    for line in (*figures.half_written, *figures.faults):
        _say(f"FAULT {line}")


if __name__ == "__main__":
    sys.exit(main())
