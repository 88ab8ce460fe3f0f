"""What is done with one bucket, in whatever process: resolve and count, then profiles."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import polars as pl

from enrich.compute.files import plain
from enrich.durable import whole_file
from enrich.lake.engines import Answer
from enrich.model import Rules
from enrich.predict import PredictionRules, with_tiers
from enrich.profile import Counts, SegmentTable, counts_of, profile_parts, scored_by
from enrich.profile.affinity import SUBJECTS
from enrich.profile.predicted import no_predictions
from enrich.profile.rfm import Axis
from enrich.profile.scoring import Histograms, Scoring
from enrich.profile.windows import windows
from enrich.warehouse.coded import enums_of
from enrich.warehouse.lake import (
    KEPT_TABLES,
    KEYED_TABLES,
    SHARED_TABLES,
    SOURCE_TABLES,
    Limits,
    Scratch,
    digest_of_rows,
    scratch,
)

NOT_SCORED = Scoring({}, pl.DataFrame(), {})


@dataclass(frozen=True, slots=True)
class Plan:
    """Which lake and day, by which rules; `currency` is that of all buckets together.

    `kept` is the folder of the last profiles of the same build, whose keys and history go on;
    `scoring` and `history_since` are known when all buckets are resolved, `tier_cuts` when all are
    predicted: None where nothing is.
    """

    build: Path
    folder: Path
    store: str
    rules: Rules
    currency: str | None
    segments: SegmentTable
    prediction: PredictionRules
    as_of: date
    now: datetime
    memory: str
    threads: int | None
    kept: Path | None = None
    history_since: date | None = None
    scoring: Scoring = NOT_SCORED
    tier_cuts: Sequence[float] | None = None

    @property
    def work(self) -> Path:
        """What is needed until all profiles are there."""
        return self.folder / "work"

    def resolved(self, table: str, bucket: int) -> Path:
        return self.work / "resolved" / table / f"{bucket:06d}.parquet"

    def keys(self, bucket: int) -> Path:
        """The keys of those whom no earlier run knows."""
        return self.work / "keys" / f"bucket={bucket}" / "data_0.parquet"

    def final(self, table: str, bucket: int) -> Path:
        return self.folder / table / f"{bucket:06d}.parquet"

    def rows_of(self, table: str, bucket: int) -> list[Path]:
        if self.kept is not None and table in KEPT_TABLES:
            return [self.kept / table / f"{bucket:06d}.parquet"]
        return sorted((self.build / "tables" / table / f"bucket={bucket}").glob("*.parquet"))

    def unbucketed_file(self, table: str) -> Path:
        """The rows of earlier days of a table that is not in buckets."""
        if self.kept is not None:
            return self.kept / table / "000000.parquet"
        return self.build / "shared" / f"{table}.parquet"

    @property
    def shop_lines(self) -> Path:
        """The lines of each brand and category, of all buckets."""
        return self.work / "shop_lines.parquet"


@contextmanager
def _open(plan: Plan, job: str) -> Iterator[Scratch]:
    spill = plan.work / "spill" / job
    with scratch(Limits(spill, plan.memory, plan.threads)) as space:
        for table in SHARED_TABLES:
            space.empty(table)
            space.take(table, [plan.build / "shared" / f"{table}.parquet"])
        yield space
    shutil.rmtree(spill, ignore_errors=True)


def resolve_bucket(plan: Plan, bucket: int) -> Answer:
    """What resolving found; customers, purchases and counts of the bucket are files after it."""
    with _open(plan, f"resolve-{bucket}") as space:
        for table in (*SOURCE_TABLES, "identity_links"):
            space.take(table, plan.rows_of(table, bucket))
        rules = replace(plan.rules, currency=plan.currency)
        warehouse = space.warehouse
        checks = warehouse.resolve(plan.store, rules, run_id="lake", now=plan.now)
        for table in (*KEYED_TABLES, "sold_things"):
            space.give(table, plan.resolved(table, bucket))
        space.give("new_keys", plan.resolved("new_keys", bucket), f"{bucket} as bucket,")
        since = warehouse.resolved.history_since(plan.store)
        parts = warehouse.profiles.parts(plan.store)
        counts = [counts_of(parts, part, plan.as_of, plan.rules) for part in range(parts.count)]
        bought = pl.concat(map(parts.purchases, range(parts.count))).drop("purchase_no")
    write(bought, plan.resolved("bought", bucket))
    for name, frame in zip(("histograms", "shop_lines"), as_frames(counts), strict=True):
        write(frame, plan.resolved(name, bucket))
    return {"checks": checks.rows(), "history_since": since.isoformat() if since else None}


def profile_bucket(plan: Plan, bucket: int) -> Answer:
    """How many profiles the bucket has, and their digest, which adds up over buckets."""
    with _open(plan, f"profile-{bucket}") as space:
        for table in ("orders", "segment_history"):
            space.take(table, plan.rows_of(table, bucket))
        space.take("sold_things", [plan.resolved("sold_things", bucket)])
        keys = plan.keys(bucket)
        for table in KEYED_TABLES:
            space.take(table, [plan.resolved(table, bucket)], keys)
        for table in (*KEYED_TABLES, "sold_things"):
            space.give(table, plan.final(table, bucket), bucket=bucket)
        kept = space.warehouse.profiles
        before, parts = kept.segments_before(plan.store, plan.as_of), kept.parts(plan.store)
        lines = read_lines(plan.shop_lines)
        since = plan.history_since
        scored = scored_by(plan.scoring, lines, parts, plan.as_of, plan.rules, history_since=since)
        rows = _predicted(plan, bucket)
        made = profile_parts(scored, before, predictions=rows, segments=plan.segments)
        blocks = list(made)
        profiles = pl.concat(map(plain, blocks))
        space.history_continued(plan.store, plan.as_of, profiles)
        space.give("segment_history", plan.final("segment_history", bucket))
    store = pl.lit(plan.store).alias("store")
    write(profiles.select(store, pl.all()), plan.final("profiles", bucket))
    return {
        "customers": profiles.height,
        "digest": digest_of_rows(plan.final("profiles", bucket)),
        "coded": list(enums_of(blocks[0])),
    }


def _predicted(plan: Plan, bucket: int) -> pl.DataFrame:
    if plan.tier_cuts is None:
        return no_predictions()
    return with_tiers(pl.read_parquet(plan.resolved("predicted", bucket)), plan.tier_cuts)


HISTOGRAM = pl.Schema(
    {"window": pl.String, "axis": pl.String, "rank": pl.Int64, "customers": pl.Int64}
)
SHOP_LINES = pl.Schema({"subject": pl.String, "text": pl.String, "lines": pl.Int64})


def as_frames(counts: Sequence[Counts]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The counts of several parts as HISTOGRAM and SHOP_LINES, one below the other."""
    histograms = [
        frame.select(pl.lit(window).alias("window"), pl.lit(str(axis)).alias("axis"), pl.all())
        for one in counts
        for (window, axis), frame in one.histograms.items()
    ]
    lines = [
        frame.select(pl.lit(subject).alias("subject"), pl.all())
        for one in counts
        for subject, frame in one.shop_lines.items()
    ]
    return _below(HISTOGRAM, histograms), _below(SHOP_LINES, lines)


def _below(schema: pl.Schema, frames: Iterable[pl.DataFrame]) -> pl.DataFrame:
    every = (one.select(list(schema)).cast(schema) for one in frames)
    return pl.concat([pl.DataFrame(schema=schema), *every])


def added(schema: pl.Schema, files: list[Path]) -> pl.DataFrame:
    """The rows of all files, where all but the last column are the same added up, sorted."""
    *names, count = schema
    rows = pl.scan_parquet(files).group_by(names).agg(pl.sum(count)).sort(names)
    return rows.collect(engine="streaming")


def histograms_of(rows: pl.DataFrame, rules: Rules) -> Histograms:
    """The rows of HISTOGRAM by window and axis."""
    found = rows.partition_by("window", "axis", include_key=False, as_dict=True)
    none = rows.clear().select("rank", "customers")
    return {
        (window.name, axis): found.get((window.name, str(axis)), none)
        for window in windows(rules)
        for axis in Axis
    }


def read_lines(path: Path) -> dict[str, pl.DataFrame]:
    """text, lines of each subject, of all buckets."""
    lines = pl.read_parquet(path)
    return {subject: lines.filter(subject=subject).select("text", "lines") for subject in SUBJECTS}


def write(frame: pl.DataFrame, path: Path) -> None:
    """The frame as a file for its owner alone, whole or not there."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with whole_file(path) as unfinished:
        frame.write_parquet(unfinished)
