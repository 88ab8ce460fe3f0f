"""A lake too large for its import to be waited for: python -m bench.lake FOLDER --millions 20.

A made-up shop of 200,000 customers is imported, its typed rows are copied with other ids, people
and times until there are enough, and from there on all is as `enrich lake` does it. Of each step
are written: seconds of the clock and of the processor, and the peak of the largest process so far.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from typing import Any

import duckdb

from enrich.lake.build import MADE_OF, Build, Kind, build_lake, import_file, input_files
from enrich.lake.engines import ENGINES, Engine, Task
from enrich.lake.made_up import write_files
from enrich.lake.profiles import Resources, lake_profiles
from enrich.shop import Shop

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CUSTOMERS = 200_000
SHOP = Shop("main")
KINDS: tuple[Kind, ...] = ("orders", "items", "customers")
OTHER_PERSON = """
select * replace ({changed})
from read_parquet('{source}')
"""
CHANGED = {
    "file_no": "{copy} * 3 + file_no",
    "order_id": "order_id || '/{copy}'",
    "contact_id": "contact_id || '/{copy}'",
    "customer_id": "customer_id || '/{copy}'",
    "email": "replace(email, '@', '.{copy}@')",
    "created_at": "created_at - interval ({copy}) hour",
}


def main() -> None:
    """Says what each step took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--millions", type=float, default=1.0, help="of customers")
    parser.add_argument("--buckets", type=int, default=40)
    parser.add_argument("--engine", choices=list(ENGINES), default="processes")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--memory", default="2 GB")
    parser.add_argument("--steps", default="make,place,profiles")
    options = parser.parse_args()
    build = build_of(options)
    resources = Resources(Engine(options.engine, options.workers), options.memory)
    steps: dict[str, Callable[[], Any]] = {
        "make": lambda: make(build),
        "place": lambda: build_lake(build, Engine()),
        "profiles": lambda: lake_profiles(build.lake, SHOP, NOW, resources),
    }
    for name in options.steps.split(","):
        timed(name, steps[name])


def build_of(options: argparse.Namespace) -> Build:
    """The lake of as many copies as asked for; each stands for three files."""
    files = options.folder / "files"
    if not files.exists():
        write_files(files, CUSTOMERS, 1, NOW)
    found = input_files({kind: str(files / f"{kind}-*.parquet") for kind in KINDS})
    copies = round(options.millions * 1_000_000 / CUSTOMERS)
    lake = options.folder.resolve() / "lake"
    many = found * copies
    return Build(lake, "main", SHOP.rules, many, options.buckets, NOW, memory=options.memory)


def make(build: Build) -> None:
    """The rows and answers that the import of all files would have left."""
    task = Task(import_file, build, build.staged / "answers")
    first = [task(number) for number in range(len(KINDS))]
    with duckdb.connect() as connection:
        connection.execute("set preserve_insertion_order = false")
        for copy in range(1, len(build.files) // len(KINDS)):
            for answer in first:
                number = copy * len(KINDS) + answer["number"]
                for table in MADE_OF[answer["kind"]]:
                    copied(connection, build.staged / table, answer["number"], number, copy)
                path = task.answers / f"{number:06d}.json"
                path.write_text(json.dumps({**answer, "number": number}))


def copied(
    connection: duckdb.DuckDBPyConnection, folder: Path, number: int, target: int, copy: int
) -> None:
    """The rows of one file as those of others."""
    source = folder / f"{number + 1:06d}.parquet"
    names = connection.sql(f"from '{source}'").columns
    changed = [
        f"{sql.format(copy=copy)} as {name}" for name, sql in CHANGED.items() if name in names
    ]
    query = OTHER_PERSON.format(changed=", ".join(changed), source=source)
    path = folder / f"{target + 1:06d}.parquet"
    connection.execute(f"copy ({query}) to '{path}' (format parquet, compression zstd)")


def timed(name: str, step: Callable[[], Any]) -> None:
    """A line about the step; its workers are counted when they have ended."""
    clock, cpu = time.monotonic(), _cpu()
    step()
    peak = max(getrusage(who).ru_maxrss for who in (RUSAGE_SELF, RUSAGE_CHILDREN)) / 1e6
    took = time.monotonic() - clock
    sys.stdout.write(f"{name}: {took:.0f} s, {_cpu() - cpu:.0f} s of CPU, peak {peak:.2f} GB\n")
    sys.stdout.flush()


def _cpu() -> float:
    found = [getrusage(who) for who in (RUSAGE_SELF, RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in found)


if __name__ == "__main__":
    main()
