"""Input files to a lake: each file is imported by itself, then people are cut into buckets."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from enrich.errors import BadSettings, HeldBack
from enrich.lake.engines import Answer, Engine, Task
from enrich.lake.manifest import Entry, digest_of, known_entry, only_writer, write_entry
from enrich.model import FileFormat, Rules
from enrich.runs.reporting import SILENT, Reporter
from enrich.sources.files.reading import read_import
from enrich.sync.import_doubts import unknown_words
from enrich.sync.import_files import refuse_many_rejects
from enrich.warehouse.lake import (
    KEPT_TABLES,
    PREDICTION_TABLES,
    SHARED_TABLES,
    SOURCE_TABLES,
    Limits,
    place,
    scratch,
)

Kind = Literal["orders", "items", "customers"]
MADE_OF: Mapping[Kind, tuple[str, ...]] = {
    "orders": ("orders", "order_refunds", "order_promo_codes"),
    "items": ("order_items",),
    "customers": ("contacts",),
}
"""Which typed tables a file of each kind becomes."""
MAX_COMPONENT = 2_000_000


@dataclass(frozen=True, slots=True)
class Build:
    """What a lake is built of. Of an order that is in several files the last file counts.

    `control_salt` is that of a warehouse whose control buckets are to stay; a lake keeps its own.
    """

    lake: Path
    store: str
    rules: Rules
    files: tuple[tuple[Kind, Path], ...]
    buckets: int
    now: datetime
    formats: Mapping[str, FileFormat] = field(default_factory=dict)
    memory: str = "2 GB"
    max_component: int = MAX_COMPONENT
    control_salt: str | None = field(default=None, repr=False)

    @property
    def digest(self) -> str:
        """Of the files as they lie there, and of all that decides what becomes of them."""
        seen = [(kind, str(path), *_seen(path)) for kind, path in self.files]
        formats = {kind: asdict(one) for kind, one in self.formats.items()}
        when = None if self.files else self.now  # an export is of the moment
        return digest_of(seen, asdict(self.rules), formats, self.buckets, self.max_component, when)

    @property
    def folder(self) -> Path:
        return self.lake / f"store={self.store}" / f"build-{self.digest}"

    @property
    def staged(self) -> Path:
        """The files as typed rows, until they are placed."""
        return self.folder / "staged"

    def limits(self, job: str) -> Limits:
        return Limits(self.staged / "spill" / job, self.memory)


def _seen(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def input_files(globs: Mapping[Kind, str | None]) -> tuple[tuple[Kind, Path], ...]:
    """The files that the globs name, sorted; raises BadSettings where one names none."""
    found: list[tuple[Kind, Path]] = []
    for kind, glob in globs.items():
        if glob is None:
            continue
        base = Path(glob)
        anchor = Path(base.anchor)
        paths = sorted(anchor.glob(str(base.relative_to(anchor))))
        if not paths:
            raise BadSettings(f"--{kind} {glob} names no file")
        found += ((kind, path.resolve()) for path in paths)
    if not found:
        raise BadSettings("nothing to build of; name files of --orders, --items or --customers")
    return tuple(found)


def build_lake(build: Build, engine: Engine, report: Reporter = SILENT) -> tuple[Entry, bool]:
    """What the manifest says of the store now, and whether anything was done.

    Files that are as they were make nothing. Raises HeldBack when a file is doubtful as an import
    says it, or when people hang together in a component that is too large.
    """
    with only_writer(build.lake, "lake build", build.now):
        known = known_entry(build.lake, build.store)
        if known.get("build", {}).get("digest") == build.digest:
            return known, False
        task = Task(import_file, build, build.staged / "answers")
        with engine.started() as workers:
            counts = workers.run(task, len(build.files), "files", report)
        _stage_nothing(build)
        report.say(f"{build.store}: cutting people into {build.buckets} buckets")
        entry = {**known, "build": placed(build, known, counts)}
        shutil.rmtree(build.staged)
        write_entry(build.lake, build.store, entry)
        return entry, True


def import_file(build: Build, number: int) -> Answer:
    """The rows of one file as typed rows; how many there were, and how many could not be used."""
    kind, path = build.files[number]
    given: dict[str, Any] = {**dict.fromkeys(MADE_OF), kind: path}
    rules = build.rules
    frames = read_import(
        **given,
        time_zone=rules.time_zone,
        currency=rules.currency,
        now=build.now,
        formats=build.formats,
    )
    if unknown := [problem for file in frames.counts if (problem := unknown_words(file))]:
        raise HeldBack(unknown[0])
    refuse_many_rejects(frames.counts)
    limits = build.limits(str(number))
    with scratch(limits) as space:
        space.warehouse.imports.load(
            build.store,
            frames.orders,
            frames.items,
            frames.customers,
            run_id="lake",
            now=build.now,
        )
        for table in MADE_OF[kind]:
            path = build.staged / table / f"{number + 1:06d}.parquet"
            space.give(table, path, f"{number + 1} as file_no,")
    shutil.rmtree(limits.spill, ignore_errors=True)
    rows = sum(one.row_count for one in frames.counts)
    return {"kind": kind, "rows": rows, "rejects": len(frames.rejects)}


def _stage_nothing(build: Build) -> None:
    """A file without rows for each table, so that every one of them has its columns."""
    with scratch(build.limits("nothing")) as space:
        for table in SOURCE_TABLES:
            space.give(table, build.staged / table / "000000.parquet", "0 as file_no,")
        for table in KEPT_TABLES:
            space.give(table, build.staged / table / "000000.parquet")
        if build.control_salt is not None:
            space.salt(build.control_salt)
        for table in (*SHARED_TABLES, *PREDICTION_TABLES):
            space.give(table, build.folder / "shared" / f"{table}.parquet")


def placed(build: Build, known: Entry, counts: Sequence[Answer]) -> Entry:
    """The part of the manifest about the build; the salt of control buckets stays what it was."""
    tables = build.folder / "tables"
    shutil.rmtree(tables, ignore_errors=True)  # of a run that was killed
    root = build.folder.parent
    if known:
        old = root / known["build"]["folder"] / "shared" / "state.control_salt.parquet"
        shutil.copyfile(old, build.folder / "shared" / old.name)
        for table in PREDICTION_TABLES:
            newest = old.with_name(f"{table}.parquet")
            if _has_current_profiles(known):
                newest = root / known["profiles"]["folder"] / table / "000000.parquet"
            if newest.exists():  # else the lake is older than these tables
                shutil.copyfile(newest, build.folder / "shared" / f"{table}.parquet")
    found = place(
        build.staged,
        {table: kept_files(root, known, table) for table in KEPT_TABLES},
        tables,
        build.buckets,
        build.store,
        build.rules,
        build.limits("place"),
        build.max_component,
    )
    return {
        "folder": build.folder.name,
        "is_exported": not build.files,
        "digest": build.digest,
        "at": build.now.isoformat(),
        "buckets": build.buckets,
        "currency": found.currency,
        "findings": found.findings,
        "rows": {kind: _sum(counts, kind, "rows") for kind in MADE_OF},
        "rejects": sum(one["rejects"] for one in counts),
        "largest_bucket_orders": max(found.order_counts.values(), default=0),
        "mean_bucket_orders": sum(found.order_counts.values()) // build.buckets,
        "largest_component_orders": found.largest_component,
        "highest_key": _highest(known),
    }


def kept_files(root: Path, entry: Entry, table: str) -> list[Path]:
    """The newest files of a table that goes on from run to run, of all buckets."""
    if not entry:
        return []
    if _has_current_profiles(entry):
        return sorted((root / entry["profiles"]["folder"] / table).glob("*.parquet"))
    return sorted((root / entry["build"]["folder"] / "tables" / table).glob("*/*.parquet"))


def _has_current_profiles(entry: Entry) -> bool:
    """Whether the profiles are those of the newest build."""
    made = entry.get("profiles", {})
    return bool(made.get("build") == entry["build"]["digest"])


def _sum(counts: Sequence[Answer], kind: str, what: str) -> int:
    return sum(one[what] for one in counts if one["kind"] == kind)


def _highest(known: Entry) -> int:
    """The highest key that anybody had so far; the profiles are made after the build."""
    return max((part.get("highest_key", 0) for part in known.values()), default=0)
