"""Where everything stands: last runs, how far each store is pulled, what to look at."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from enrich.jobs.consent_summary import lines_of
from enrich.jobs.reconciling import Proof, read_proof
from enrich.receiver import TOPICS, inboxes_in
from enrich.store import Warehouse

WATERMARKED = ("orders", "customers")
SHOWN_RUNS = 10
SHOWN_EXPORTS = 5
MOMENT = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True, slots=True)
class Status:
    """What `enrich status` shows.

    `runs`: the newest, as shown; `pushed` and `exports`: what each platform holds of each entity,
    and the newest exports; `watermarks`: (store, entity, moment, hours behind now);
    `proofs`: what the syncs proved per store; `set_aside`: (store, entity, reason, count);
    `consents`: (store, started, how it ended, what, count) of the last run about consent, if any;
    `counts`: per table; `advice`: what to do next, the most pressing first.
    """

    runs: pl.DataFrame
    pushed: pl.DataFrame
    exports: pl.DataFrame
    watermarks: tuple[tuple[str, str, datetime | None, float | None], ...]
    proofs: tuple[Proof, ...]
    set_aside: tuple[tuple[str, str, str, int], ...]
    consents: tuple[tuple[str, str, str, str, int], ...]
    counts: tuple[tuple[str, int], ...]
    advice: tuple[str, ...]


def waiting_in(data_dir: Path, now: datetime) -> list[tuple[str, str, int, float]]:
    """(store, topic, files, hours since the oldest came) of what waits in the inboxes."""
    return [
        (store, topic, found.file_count, round((now - found.oldest_at).total_seconds() / 3600, 1))
        for store, inbox in inboxes_in(data_dir).items()
        for topic in TOPICS
        if (found := inbox.waiting(topic)).oldest_at is not None
    ]


def read_status(warehouse: Warehouse, stores: Sequence[str], now: datetime) -> Status:
    """What there is to know about an open warehouse at the UTC moment `now`."""
    runs = warehouse.runs(SHOWN_RUNS)
    counts = tuple((str(name), int(count)) for name, count in warehouse.table_counts().iter_rows())
    proofs = tuple(proof for store in stores if (proof := read_proof(warehouse, store)))
    exports = warehouse.exports(SHOWN_EXPORTS)
    return Status(
        runs=shown_runs(runs),
        pushed=warehouse.pushed(),
        exports=exports,
        watermarks=tuple(_watermarks(warehouse, stores, now)),
        proofs=proofs,
        set_aside=set_aside(warehouse.rejects()),
        consents=tuple(_consents(warehouse.last_consent_runs())),
        counts=tuple((name, count) for name, count in counts if count),
        advice=(*_advice(runs, dict(counts), proofs), *_unfinished(exports)),
    )


def _unfinished(exports: pl.DataFrame) -> Iterator[str]:
    for row in exports.filter(pl.col("status") != "completed").iter_rows(named=True):
        yield (
            f"an export of {row['entity']} to {row['destination']} is {row['status']}: the same"
            " command goes on with it (`enrich push --exports` lists them)"
        )


def _consents(runs: pl.DataFrame) -> Iterator[tuple[str, str, str, str, int]]:
    """(store, started, how it ended, what, count); what only looked says so."""
    for store, started_at, status, summary in runs.iter_rows():
        found = json.loads(summary or "{}")
        if "people" not in found:  # it is at work, or was killed before it came to anything
            yield store, f"{started_at:{MOMENT}}", status, "", 0
            continue
        how = "a look" if found["dry_run"] else status
        for what, count in lines_of(found):
            yield store, f"{started_at:{MOMENT}}", how, what, count


def _watermarks(
    warehouse: Warehouse, stores: Sequence[str], now: datetime
) -> Iterator[tuple[str, str, datetime | None, float | None]]:
    for store in stores:
        for entity in WATERMARKED:
            at = warehouse.watermark(store, entity)
            behind = None if at is None else round((now - at).total_seconds() / 3600, 1)
            yield store, entity, at, behind


def set_aside(rejects: pl.DataFrame) -> tuple[tuple[str, str, str, int], ...]:
    """(store, entity, reason, count) of the records set aside, most frequent first."""
    keys = ["store", "entity", "reason"]
    counted = rejects.group_by(keys).len().sort("len", *keys, descending=[True, *[False] * 3])
    return tuple(counted.head(SHOWN_RUNS).iter_rows())


def shown_runs(runs: pl.DataFrame) -> pl.DataFrame:
    """The runs with their moments in short and their error, without the rest of the summary."""
    reasons = [_error_of(text) for text in runs["summary"]]
    return runs.select(
        "job",
        "store",
        pl.col("started_at").dt.strftime(MOMENT),
        seconds=(pl.col("finished_at") - pl.col("started_at")).dt.total_seconds(),
        status="status",
        error=pl.Series(reasons, dtype=pl.String),
    )


def _error_of(summary: str | None) -> Any:
    return json.loads(summary).get("error") if summary else None


def _advice(runs: pl.DataFrame, counts: dict[str, int], proofs: Sequence[Proof]) -> Iterator[str]:
    yield from (proof.reason for proof in proofs if proof.is_held)
    if runs.is_empty():
        yield "nothing has run yet: `enrich verify`, then `enrich sync`; or `enrich import`"
        return
    if runs["status"][0] not in ("completed", "running"):
        yield f"the last run ({runs['job'][0]}) did not complete; run it again, nothing is lost"
    if counts.get("state.rejects"):
        yield f"{counts['state.rejects']:,} records were set aside; `enrich rejects` shows why"
    if not counts.get("profiles"):
        yield "no profiles yet: `enrich profiles`"
