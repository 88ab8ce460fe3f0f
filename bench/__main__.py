"""Measures the project beside what one would use instead.

python -m bench --scale S --rounds 3 [--only stage,duckdb,floor]

A name may carry a scale of its own, as in stage@L.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path

from rich.console import Console

from bench import table
from bench.entries import Workshop, entries_of
from bench.folders import ROOT, Folders
from bench.measure import Failed, Run, in_turn
from bench.plot import bars
from bench.roster import BY_NAME
from bench.scales import SCALES
from bench.targets import reached

PACKAGES = ("polars", "duckdb", "numpy", "pyarrow", "httpx")
TIMEOUT_SECONDS = 1_800.0
WIDTH = 132  # into a file or a pipe

Runs = Mapping[str, Sequence[Run]]


def main() -> int:
    """0 when the tables agree and everything was measured, else 1."""
    options = _options()
    progress = Console(stderr=True, highlight=False)
    folders = Folders(options.data.resolve(), lambda line: progress.print(f"[dim]{line}[/]"))
    try:
        runs = _measured(options, folders)
    except Failed as error:
        progress.print(str(error), style="red", markup=False)
        return 1
    _report(options, runs)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--scale", choices=SCALES, default="S")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", help=f"comma between; known: {', '.join(BY_NAME)}")
    parser.add_argument("--data", type=Path, default=ROOT / "data" / "bench")
    parser.add_argument("--json", type=Path, help="write every run here")
    parser.add_argument("--plot", type=Path, help="write a picture (SVG) of the profile table here")
    return parser.parse_args()


def _measured(options: argparse.Namespace, folders: Folders) -> dict[str, list[Run]]:
    """The runs; raises Failed when a command fails or the tables are not equal."""
    with ExitStack() as stack:
        workshop = Workshop(folders, stack)
        entries = [workshop.ready(entry) for entry in entries_of(options.only, options.scale)]
        workshop.warm_up(entries, TIMEOUT_SECONDS)
        unequal = workshop.unequal(entries)
        if unequal:
            raise Failed("\n".join(["the tables are not equal, so nothing is timed:", *unequal]))
        return in_turn(
            [entry.command for entry in entries],
            options.rounds,
            ROOT,
            timeout_seconds=TIMEOUT_SECONDS,
            say=folders.say,
        )


def _report(options: argparse.Namespace, runs: Runs) -> None:
    console = Console()
    console = console if console.is_terminal else Console(width=WIDTH)
    boards = table.boards(runs)
    for title, board in boards.items():
        console.print(table.figures(title, board))
    found = reached(runs, options.scale)
    if found:
        console.print(table.targets(found, options.scale))
    if options.json:
        data = table.as_data(runs, found, _machine())
        options.json.write_text(json.dumps(data, indent=1) + "\n")
    if options.plot:
        title, board = next(iter(boards.items()))
        options.plot.parent.mkdir(parents=True, exist_ok=True)
        options.plot.write_text(bars(board, f"{title}, scale {options.scale}"))


def _machine() -> dict[str, object]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpus": os.cpu_count(),
        "memory_gb": round(memory / 1e9, 1),
        "python": platform.python_version(),
        **{package: version(package) for package in PACKAGES},
    }


if __name__ == "__main__":
    sys.exit(main())
