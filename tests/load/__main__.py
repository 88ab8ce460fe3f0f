"""python -m tests.load --orders 1000000 --kills 3 --cycles 3 --changed 20000"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.load.harness import Figures, run


def main() -> int:
    parser = argparse.ArgumentParser(description="A large back-fill, killed; then busy cycles.")
    parser.add_argument(
        "--orders", type=int, default=100_000, help="about so many in VTEX's two years"
    )
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--cycles", type=int, default=3, help="four-hourly syncs afterwards")
    parser.add_argument("--changed", type=int, default=20_000, help="orders changed in each cycle")
    parser.add_argument("--pace", type=float, default=90, help="requests a second")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = run(Path(folder), **vars(given), say=_say)
    show(figures)
    return 0 if figures.is_clean else 1


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def show(figures: Figures) -> None:
    """The figures, a line each."""
    for part in (*figures.backfill, *figures.cycles):
        _say(part.line)
    rows = {
        "kills": figures.kills,
        "fetched again": figures.fetched_again,
        "requests over the limit": figures.refused,
        **{f"orders {name}": count for name, count in figures.differences.items()},
        "changed in the cycles": figures.changed,
        "peak memory of a sync, MiB": round(figures.peak_mib),
        "peak memory of the simulator, MiB": round(figures.simulator_mib),
    }
    for name, value in rows.items():
        _say(f"{name:<36}{value:,}")


if __name__ == "__main__":
    sys.exit(main())
