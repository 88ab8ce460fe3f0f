"""python -m tests.faults --kills 200 --seed 1 --orders 300 --jobs 3"""

from __future__ import annotations

import argparse
import sys

from tests.faults.figures import Figures
from tests.faults.moments import MOMENTS
from tests.faults.shops import run_shops
from tests.faults.weathers import WEATHERS


def main() -> int:
    parser = argparse.ArgumentParser(description="Faults, and what is left after each of them.")
    parser.add_argument("--kills", type=int, default=25)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--orders", type=int, default=300, help="orders of each shop")
    parser.add_argument("--jobs", type=int, default=1, help="shops at once, sharing the kills")
    given = parser.parse_args()
    figures = run_shops(given.kills, given.seed, given.orders, given.jobs)
    show(figures)
    return 0 if figures.is_clean else 1


def show(figures: Figures) -> None:
    """The figures, a line each."""
    rows = {
        "faults survived": f"{figures.survived:,} ({figures.kills} kills, "
        f"{figures.full_disks} full disks, {figures.locks} locks)",
        "kinds of weather": f"{len(figures.weathers)} of {len(WEATHERS)}",
        "named moments": f"{len(figures.moments)} of {len(MOMENTS)}",
        "comparisons of the whole store": figures.comparisons,
        "orders in it at the end": figures.orders,
        "orders lost": figures.lost,
        "orders invented": figures.invented,
        "orders duplicated": figures.duplicated,
        "cents off": figures.cents_off,
        "statuses off at the end": figures.statuses_off_at_the_end,
        "records pushed": figures.records_pushed,
        "  on their way when the push died": figures.in_flight,
        "  of them sent once more, as they must": figures.sent_twice,
        "  pushed again without need": figures.needless_repeats,
        "half-written tables": len(figures.half_written),
        "runs that failed to recover": len(figures.faults),
        "seconds": round(figures.seconds),
    }
    for name, value in rows.items():
        _say(f"{name:<40}{value:,}" if isinstance(value, int) else f"{name:<40}{value}")
    for name in MOMENTS:
        _say(f"  killed {figures.moments[name]:>3} times: {name}")
    for line in (*figures.half_written, *figures.faults):
        _say(f"FAULT {line}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
