"""The figures as tables for people, and as plain data for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.table import Table

from bench.measure import Run, medians, ratio
from bench.roster import BY_NAME, Group
from bench.simulated import ORDER_COUNTS
from bench.targets import Reached

COLOURS = {"aim": "green", "must": "yellow", "short": "red"}
BOARDS = {
    Group.TABLE: "The whole profile table",
    Group.FLOOR: "The whole profile table",
    Group.WAREHOUSE: "The whole profile table",
    Group.SUBSET: "Recency, frequency, monetary and their scores alone",
    Group.DASHBOARD: "The dashboard, read copy to page",
    Group.FILES: "Ten orders a customer with three lines each, from files",
    Group.SYNC: "Orders from VTEX (simulated, on the same machine)",
}
Runs = Mapping[str, Sequence[Run]]


def says(name: str) -> str:
    """What NAME@SCALE is, for people."""
    contender, _, scale = name.partition("@")
    return f"{BY_NAME[contender].says} ({scale})"


def boards(runs: Runs) -> dict[str, Runs]:
    """The runs by what is worth comparing with one another, under a title each."""
    found: dict[str, dict[str, Sequence[Run]]] = {}
    for name, each in runs.items():
        group = BY_NAME[name.partition("@")[0]].group
        found.setdefault(BOARDS[group], {})[name] = each
    return dict(found)


def figures(title: str, runs: Runs) -> Table:
    """One row per contender: medians, the spread, and how many times the first one."""
    table = Table(title=title, title_justify="left")
    table.add_column("", no_wrap=True)
    is_sync = title == BOARDS[Group.SYNC]
    per_order = ("orders/s", "CPU ms/order") if is_sync else ()
    for heading in ("wall s", "from", "to", "CPU s", "peak GB", "x wall", "x CPU", *per_order):
        table.add_column(heading, justify="right")
    first = next(iter(runs))
    for name, each in runs.items():
        wall = ratio(runs, name, first, lambda run: run.wall_seconds)
        cpu = ratio(runs, name, first, lambda run: run.cpu_seconds)
        more = _per_order(name, medians(each)) if is_sync else ()
        table.add_row(says(name), *_row(each), f"{wall:.2f}", f"{cpu:.2f}", *more)
    return table


def _row(each: Sequence[Run]) -> tuple[str, ...]:
    walls = [run.wall_seconds for run in each]
    middle = medians(each)
    peak_gb = middle.peak_mib * 2**20 / 1e9
    numbers = (middle.wall_seconds, min(walls), max(walls), middle.cpu_seconds, peak_gb)
    return tuple(f"{number:.2f}" for number in numbers)


def _per_order(name: str, middle: Run) -> tuple[str, str]:
    count = ORDER_COUNTS[name.partition("@")[2]]
    return f"{count / middle.wall_seconds:,.0f}", f"{1000 * middle.cpu_seconds / count:.2f}"


def targets(found: Sequence[Reached], scale: str) -> Table:
    """What must be reached, what was aimed at, and what it is."""
    table = Table(title="Targets", title_justify="left")
    for heading in ("", "must", "aim", "reached", ""):
        table.add_column(heading, justify="left" if heading == "" else "right")
    for one in found:
        note = "" if one.is_on_scale else f"counts at {one.target.scale}, this is {scale}"
        reached = f"[{COLOURS[one.verdict]}]{one.value:.3g}[/]"
        table.add_row(one.target.says, f"{one.target.must:g}", f"{one.target.aim:g}", reached, note)
    return table


def as_data(runs: Runs, found: Sequence[Reached], machine: Mapping[str, Any]) -> dict[str, Any]:
    """Everything measured, for a JSON file."""
    return {
        "machine": dict(machine),
        "runs": {name: [asdict(run) for run in each] for name, each in runs.items()},
        "medians": {name: asdict(medians(each)) for name, each in runs.items()},
        "targets": [
            {
                "figure": one.target.says,
                "must": one.target.must,
                "aim": one.target.aim,
                "reached": one.value,
                "verdict": one.verdict,
                "counts": one.is_on_scale,
            }
            for one in found
        ],
    }
