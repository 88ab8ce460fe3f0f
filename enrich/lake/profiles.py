"""The profiles of a lake: two maps over the buckets, and between them what adds up."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from enrich.compute.predictions import lines_of
from enrich.errors import BadSettings
from enrich.lake.buckets import (
    HISTOGRAM,
    SHOP_LINES,
    Plan,
    histograms_of,
    profile_bucket,
    resolve_bucket,
    write,
)
from enrich.lake.engines import COST_FIELDS, Answer, Engine, Workers
from enrich.lake.manifest import Entry, digest_of, only_writer, read_manifest, write_entry
from enrich.lake.passes import Passes
from enrich.lake.predicting import predict_lake
from enrich.model import last_complete_day
from enrich.profile.scoring import Scoring, scoring_of
from enrich.runs.reporting import SILENT, Reporter
from enrich.shop import Shop
from enrich.warehouse.lake import Limits, number_keys


@dataclass(frozen=True, slots=True)
class Resources:
    """Who works, and what each worker may take."""

    engine: Engine = field(default_factory=Engine)
    memory: str = "2 GB"


def lake_profiles(
    lake: Path,
    shop: Shop,
    now: datetime,
    resources: Resources = Resources(),
    report: Reporter = SILENT,
) -> tuple[Entry, bool]:
    """What the manifest says of the store now, and whether anything was done.

    The profiles are those that `enrich profiles` makes in a warehouse of the same rows, without
    next products and own fields. Raises Stop when a bucket failed; others are kept.
    """
    with only_writer(lake, "lake profiles", now):
        entry = read_manifest(lake).get(shop.name)
        if entry is None:
            raise BadSettings(f"the lake has no store {shop.name!r} yet: `enrich lake build`")
        if shop.rules.rfm_frozen_for != "never":
            raise BadSettings("a lake has no frozen cut points: rfm_frozen_for must be never")
        plan = _plan(lake, shop, entry, now, resources)
        digest = plan.folder.name.removeprefix("profiles-")
        if entry.get("profiles", {}).get("digest") == digest:
            return entry, False
        with resources.engine.started() as workers:
            made = _profiles(plan, entry, workers, resources, report, _lacking(shop))
        entry = {**entry, "profiles": {"folder": plan.folder.name, "digest": digest, **made}}
        shutil.rmtree(plan.work)
        write_entry(lake, shop.name, entry)
        return entry, True


def _lacking(shop: Shop) -> list[str]:
    """Wanted by these settings but not computed in a lake: values that compare all customers."""
    products = ["next products"] if shop.products.enabled else []
    return [*products, *(f"fields.{one.name}" for one in shop.own_fields)]


def _plan(lake: Path, shop: Shop, entry: Entry, now: datetime, resources: Resources) -> Plan:
    root, build = lake / f"store={shop.name}", entry["build"]
    as_of, made = last_complete_day(now, shop.rules.time_zone), entry.get("profiles", {})
    rules = asdict(shop.rules), asdict(shop.prediction)
    digest = digest_of(build["digest"], *rules, shop.segments, as_of)
    goes_on = made.get("build") == build["digest"]
    return Plan(
        build=root / build["folder"],
        folder=root / f"profiles-{digest}",
        store=shop.name,
        rules=shop.rules,
        currency=build["currency"],
        segments=shop.segments,
        prediction=shop.prediction,
        as_of=as_of,
        now=now,
        memory=resources.memory,
        threads=None if resources.engine.name == "local" else 1,
        kept=root / made["folder"] if goes_on else None,
    )


def _profiles(
    plan: Plan,
    entry: Entry,
    workers: Workers,
    resources: Resources,
    report: Reporter,
    lacking: Sequence[str],
) -> Entry:
    count = entry["build"]["buckets"]
    highest = entry["profiles" if plan.kept else "build"]["highest_key"]
    passes = Passes(plan, count, workers, report)
    resolved = passes.over("resolve", resolve_bucket)
    report.say(f"{plan.store}: adding up the counts of {count} buckets")
    highest = _number_keys(plan, count, highest, resources)
    scoring = _whole_shop(passes)
    predicted, tier_cuts = predict_lake(passes)
    since = _first_day(resolved)
    plan = replace(plan, history_since=since, scoring=scoring, tier_cuts=tier_cuts)
    profiled = replace(passes, plan=plan).over("profile", profile_bucket)
    write(scoring.cut_points, plan.folder / "cut_points.parquet")
    return {
        "build": entry["build"]["digest"],
        "as_of": plan.as_of.isoformat(),
        "at": plan.now.isoformat(),
        "history_since": plan.history_since,
        "customers": sum(one["customers"] for one in profiled),
        "rows_digest": f"{sum(one['digest'] for one in profiled) % 2**64:016x}",
        "notes": (
            *(lines_of(predicted, plan.prediction) if predicted else ()),
            *([f"not computed in a lake: {', '.join(lacking)}"] if lacking else ()),
        ),
        "coded": profiled[0]["coded"],
        "highest_key": highest,
        "engine": resources.engine.name,
        "findings": _findings([entry["build"]["findings"], *(one["checks"] for one in resolved)]),
        "times": [_times(kind, one) for kind, all in _kinds(resolved, profiled) for one in all],
    }


def _first_day(resolved: Sequence[Answer]) -> date | None:
    days = [one["history_since"] for one in resolved if one["history_since"]]
    return date.fromisoformat(min(days)) if days else None


def _whole_shop(passes: Passes) -> Scoring:
    """The scoring by the counts of all buckets added up; `plan.shop_lines` is written."""
    plan, histograms = passes.plan, passes.added("histograms", HISTOGRAM)
    write(passes.added("shop_lines", SHOP_LINES), plan.shop_lines)
    return scoring_of([histograms_of(histograms, plan.rules)], plan.rules, None)


def _number_keys(plan: Plan, count: int, highest: int, resources: Resources) -> int:
    """The highest key, when everybody new has one."""
    new = [plan.resolved("new_keys", bucket) for bucket in range(count)]
    shutil.rmtree(plan.work / "keys", ignore_errors=True)  # of a run that was killed
    return number_keys(
        new, plan.work / "keys", highest, Limits(plan.work / "spill", resources.memory)
    )


def _findings(parts: Iterable[Iterable[Sequence[Any]]]) -> list[list[Any]]:
    """finding, detail, row_count, amount_cents of all buckets together.

    What too many people share was found when placing: no bucket has it any more.
    """
    sums: dict[tuple[str, str | None], list[int]] = {}
    for finding, detail, rows, cents in (row for part in parts for row in part):
        found = sums.setdefault((finding, detail), [0, 0])
        found[0] += rows
        found[1] += cents
    return [[*name, *values] for name, values in sorted(sums.items(), key=str)]


def _kinds(
    resolved: Sequence[Answer], profiled: Sequence[Answer]
) -> tuple[tuple[str, Sequence[Answer]], ...]:
    return ("resolve", resolved), ("profile", profiled)


def _times(kind: str, answer: Answer) -> Entry:
    return {
        "kind": kind,
        **{name: answer[name] for name in ("number", "worker", "began", *COST_FIELDS)},
    }
