"""python -m tests.destinations.long_run --records 100000"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.destinations.long_run.harness import KINDS, Figures, run


def main() -> int:
    parser = argparse.ArgumentParser(description="Every bulk platform in foul weather, to the end.")
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default=",".join(KINDS), help="kinds, with commas between")
    given = parser.parse_args()
    _say(f"| {' | '.join(COLUMNS)} |")
    _say("|" + " --- |" * len(COLUMNS))
    with tempfile.TemporaryDirectory() as folder:
        done = run(
            Path(folder),
            records=given.records,
            kinds=tuple(given.only.split(",")),
            kills=given.kills,
            seed=given.seed,
            say=lambda figures: _say(line(figures)),
        )
    for figures in done:
        for problem in figures.problems:
            _say(f"FAULT {figures.kind}: {problem}")
    return 0 if all(figures.is_clean for figures in done) else 1


COLUMNS = (
    "platform",
    "requests",
    "accepted",
    "refused",
    "kills",
    "lost replies",
    "sent again after a lost reply, a kill, halving, unexplained",
    "contacts that differ",
    "second push",
    "changed, moved, sent the day after",
    "estimate, simulated (min)",
    "busiest minute",
    "made/s",
    "pushed/s",
    "peak MB",
)


def line(one: Figures) -> str:
    """The figures of one platform as a row of the table."""
    cells = (
        one.kind,
        f"{one.requests:,}",
        f"{one.accepted:,}",
        f"{one.refused:,}",
        one.kills,
        one.lost_replies,
        f"{one.after_lost_reply:,}, {one.after_kill:,}, {one.after_halving:,}, {one.unexplained}",
        one.wrong_contacts,
        one.second_push,
        f"{one.changed:,}, {one.moved:,}, {one.day_after:,}",
        f"{one.estimated_minutes:.1f}, {one.simulated_minutes:.1f}",
        one.busiest_minute,
        f"{one.rendered_per_second:,.0f}",
        f"{one.records_per_second:,.0f}",
        f"{one.peak_mb:,.0f}",
    )
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
