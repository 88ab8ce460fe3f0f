"""Profiles of one store: gather the frames, build, keep or write."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from enrich.errors import BadSettings
from enrich.jobs.reporting import SILENT, Reporter
from enrich.jobs.runs import recorded
from enrich.jobs.shops import Shop
from enrich.jobs.tables import joined_lists
from enrich.model import last_complete_day
from enrich.profile import ProfileInputs, ProfileResult, build_profiles
from enrich.store import Warehouse

FORMATS = (".parquet", ".csv")


@dataclass(frozen=True, slots=True)
class Plan:
    """For which day, whether the result becomes the store's current profiles, and which file."""

    as_of: date
    is_kept: bool
    output: Path | None


@dataclass(frozen=True, slots=True)
class ProfilesReport:
    """What one run computed; `segments` are (name, customers), `checks` the resolver's counts."""

    store: str
    as_of: date
    is_kept: bool
    customer_count: int
    segments: tuple[tuple[str, int], ...]
    cut_points: pl.DataFrame
    checks: pl.DataFrame
    notes: tuple[str, ...]
    output: Path | None


def plan_profiles(as_of: date | None, output: Path | None, now: datetime, time_zone: str) -> Plan:
    """What `--as-of` and `--output` mean at `now`; raises BadSettings when they cannot be met.

    A past day is computed from what is known today, so it never replaces the current profiles.
    """
    latest = last_complete_day(now, time_zone)
    if output is not None and output.suffix.lower() not in FORMATS:
        raise BadSettings(
            f"--output must end in .parquet or .csv, not {output.suffix or 'nothing'}"
        )
    if as_of is not None and as_of > latest:
        raise BadSettings(f"--as-of {as_of} is not over yet; the last complete day is {latest}")
    if as_of is not None and as_of < latest and output is None:
        raise BadSettings(f"--as-of {as_of} is past ({latest} is current); say --output FILE")
    return Plan(as_of or latest, as_of is None or as_of == latest, output)


def make_profiles(
    warehouse: Warehouse,
    shop: Shop,
    *,
    now: datetime,
    as_of: date | None = None,
    output: Path | None = None,
    report: Reporter = SILENT,
) -> ProfilesReport:
    """Compute the profiles of one store; keep them when the day is the current one.

    The customers and purchases are resolved first, so that a changed setting counts at once.
    """
    plan = plan_profiles(as_of, output, now, shop.rules.time_zone)
    with recorded(warehouse, "profiles", shop.name, now) as run:
        checks = warehouse.resolve(shop.name, shop.rules, run_id=run.run_id, now=now)
        inputs = _inputs(warehouse, shop.name)
        report.say(
            f"{shop.name}: computing {inputs.customers.height:,} profiles as of {plan.as_of}"
        )
        previous = warehouse.segment_state(shop.name, plan.as_of)
        result = build_profiles(inputs, plan.as_of, shop.rules, previous)
        if plan.is_kept:
            warehouse.keep_profiles(
                shop.name,
                plan.as_of,
                result.profiles,
                result.cut_points,
                run_id=run.run_id,
                now=now,
            )
        if plan.output is not None:
            write_frame(result.profiles, plan.output)
        done = _report(shop.name, plan, result, checks)
        run.note(summary_of(done))
    return done


def _inputs(warehouse: Warehouse, store: str) -> ProfileInputs:
    """The store's frames as the core wants them; the two sides do not know one another."""
    found = warehouse.profile_inputs(store)
    return ProfileInputs(found.customers, found.purchases, found.lines, found.promo_codes)


def _report(store: str, plan: Plan, result: ProfileResult, checks: pl.DataFrame) -> ProfilesReport:
    return ProfilesReport(
        store=store,
        as_of=plan.as_of,
        is_kept=plan.is_kept,
        customer_count=result.profiles.height,
        segments=segment_counts(result.profiles),
        cut_points=result.cut_points,
        checks=checks,
        notes=tuple(result.notes),
        output=plan.output,
    )


def segment_counts(profiles: pl.DataFrame) -> tuple[tuple[str, int], ...]:
    """(segment, customers), largest first, then by name."""
    names = profiles.select(pl.col("rfm_segment").cast(pl.String))
    counted = (
        names.group_by("rfm_segment").len().sort(["len", "rfm_segment"], descending=[True, False])
    )
    return tuple((str(name), int(count)) for name, count in counted.iter_rows())


def summary_of(done: ProfilesReport) -> Mapping[str, Any]:
    """The part of a report that the run's row keeps."""
    return {
        "as_of": done.as_of.isoformat(),
        "kept": done.is_kept,
        "customers": done.customer_count,
        "segments": dict(done.segments),
        "notes": list(done.notes),
    }


def write_frame(frame: pl.DataFrame, path: Path) -> Path:
    """The frame as Parquet or CSV by the name's ending: whole or not at all, for its owner only.

    Lists are joined with `|` in CSV.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.half")
    try:
        half.unlink(missing_ok=True)
        os.close(os.open(half, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        if path.suffix.lower() == ".csv":
            joined_lists(frame).write_csv(half)
        else:
            frame.write_parquet(half)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
    return path
