"""What the figures must reach, and what they reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bench.measure import Run, medians, ratio

MIB_PER_GB = 1e9 / 2**20


@dataclass(frozen=True, slots=True)
class Target:
    """A figure of one contender, or its ratio to another's, with what it must and should be.

    It counts on `scale`, or on any.
    """

    says: str
    of: str
    to: str | None
    figure: Callable[[Run], float]
    must: float
    aim: float
    scale: str | None


@dataclass(frozen=True, slots=True)
class Reached:
    """A target and what was measured; on another scale than the target's it is only a hint."""

    target: Target
    value: float
    is_on_scale: bool

    @property
    def verdict(self) -> str:
        """How the figure stands to the target."""
        if self.value <= self.target.aim:
            return "aim"
        return "must" if self.value <= self.target.must else "short"


def _wall(run: Run) -> float:
    return run.wall_seconds


def _cpu(run: Run) -> float:
    return run.cpu_seconds


def _peak_gb(run: Run) -> float:
    return run.peak_mib / MIB_PER_GB


TARGETS = (
    Target("stage / tuned DuckDB SQL, time", "stage", "duckdb", _wall, 0.65, 0.5, "M"),
    Target("stage / floor, time", "stage", "floor", _wall, 10, 5, "M"),
    Target("our RFM alone / pymc-marketing, time", "stage_rfm", "pymc", _wall, 0.1, 0.03, "S"),
    Target("warehouse / Parquet, time", "warehouse", "stage", _wall, 1.5, 1.2, "M"),
    Target("stage in 7 parts, peak memory in GB", "stage_7", None, _peak_gb, 1.4, 1.2, "M"),
    Target("L / M, time", "stage@L", "stage@M", _wall, 6, 5.3, "L"),
    Target("L / M in 64 parts, time", "stage_64@L", "stage_64@M", _wall, 6, 5.3, "L"),
    Target("L in 7 parts, peak memory in GB", "stage_7@L", None, _peak_gb, 2.5, 1.5, "L"),
    Target("L in 64 parts, peak memory in GB", "stage_64@L", None, _peak_gb, 2.5, 1.5, "L"),
    Target("sync of orders / bare httpx loop, CPU", "orders", "httpx", _cpu, 1.6, 1.25, None),
    Target("sync with nothing new / first, time", "sync_again", "sync", _wall, 0.2, 0.05, None),
    Target("predictions, seconds", "predict", None, _wall, 12, 6, "M"),
    Target("predictions, peak memory in GB", "predict", None, _peak_gb, 1.2, 1, "M"),
    Target("resolve / floor, time", "resolve", "resolve_floor", _wall, 1.6, 1.2, "M"),
    Target("resolve / floor at L, time", "resolve@L", "resolve_floor@L", _wall, 2, 1.5, "L"),
    Target("resolve at L, peak memory in GB", "resolve@L", None, _peak_gb, 5.2, 4.8, "L"),
    Target("whole profile job, seconds", "job", None, _wall, 32, 25, "M"),
    Target("after 1 % new orders / whole, time", "job_again", "job", _wall, 1, 0.8, "M"),
    Target(
        "daily job / without the new fields, time", "job_again", "job_plain", _wall, 1.5, 1.25, "M"
    ),
    Target("million orders from Parquet, seconds", "import_parquet", None, _wall, 60, 45, "S"),
    Target("million orders from CSV, seconds", "import_csv", None, _wall, 120, 60, "S"),
    Target("import / DuckDB, Parquet", "import_parquet", "read_parquet", _wall, 15, 10, "S"),
    Target("import / DuckDB, CSV", "import_csv", "read_csv", _wall, 15, 10, "S"),
    Target("dashboard, seconds", "dashboard", None, _wall, 60, 30, "M"),
    Target("dashboard, peak memory in GB", "dashboard", None, _peak_gb, 2, 1.5, "M"),
)


def reached(runs: Mapping[str, Sequence[Run]], scale: str) -> list[Reached]:
    """The targets whose contenders all ran; names are NAME@SCALE, bare names mean `scale`."""
    found = []
    for target in TARGETS:
        names = [_full(name, scale) for name in (target.of, target.to) if name]
        if all(name in runs for name in names):
            value = _value(runs, names, target)
            is_on_scale = "@" in target.of or target.scale in (None, scale)
            found.append(Reached(target, value, is_on_scale))
    return found


def _full(name: str, scale: str) -> str:
    return name if "@" in name else f"{name}@{scale}"


def _value(runs: Mapping[str, Sequence[Run]], names: Sequence[str], target: Target) -> float:
    if len(names) == 2:
        return ratio(runs, names[0], names[1], target.figure)
    return target.figure(medians(runs[names[0]]))
