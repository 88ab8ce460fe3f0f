"""Where everything stands: last runs, how far each store is pulled, what to look at."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from enrich.consent.summary import lines_of
from enrich.destinations import PROFILES
from enrich.receiver import TOPICS, inboxes_in
from enrich.runs.record import LOOKED_BACK
from enrich.sync.reconciliation import Proof, proof_of
from enrich.warehouse import ReadCopy, Resolved, Warehouse

WATERMARKED = ("orders", "customers")
SHOWN_REJECTS = 10
SHOWN_EXPORTS = 5
CODES_BY_URGENCY = (3, 1, 2, 4, 5)
MOMENT = "%Y-%m-%d %H:%M:%S"
LATE_HOURS = 9.0
"""Two four-hourly syncs and an hour: later than that, nobody syncs any more."""
_REFUNDS = {"refunds": "refunded", "taken_refunds": "taken", "unmatched_refunds": "unmatched"}
"""The findings about refunds, and what the status calls them."""
NOTHING_YET = "nothing has run yet: `enrich verify`, then `enrich sync`; or `enrich import`"


@dataclass(frozen=True, slots=True)
class Known:
    """What a status is made of, from the warehouse, or the read copy while a run is at work.

    `watermarks` by store and entity; `reconciliations`, `findings`, `splits` and `known_since` by
    store; the frames as the methods of the warehouse give them.
    """

    watermarks: Mapping[str, Mapping[str, datetime | None]]
    reconciliations: Mapping[str, pl.DataFrame]
    runs: pl.DataFrame
    reject_counts: pl.DataFrame
    pushed: pl.DataFrame
    exports: pl.DataFrame
    table_counts: pl.DataFrame
    findings: Mapping[str, pl.DataFrame]
    splits: Mapping[str, pl.DataFrame]
    known_since: Mapping[str, date | None]


def known_of_warehouse(warehouse: Warehouse, stores: Sequence[str]) -> Known:
    """What the warehouse knows of these stores."""
    records, orders, pushes = warehouse.records, warehouse.orders, warehouse.pushes
    return Known(
        {store: {name: records.watermark(store, name) for name in WATERMARKED} for store in stores},
        {store: orders.reconciliation(store) for store in stores},
        warehouse.runs.newest(LOOKED_BACK),
        records.reject_counts(),
        pushes.overview(),
        pushes.exports(SHOWN_EXPORTS),
        warehouse.table_counts(),
        *_resolved(warehouse.resolved, stores),
    )


def _resolved(
    resolved: Resolved, stores: Sequence[str]
) -> tuple[dict[str, pl.DataFrame], dict[str, pl.DataFrame], dict[str, date | None]]:
    return (
        {store: resolved.findings(store) for store in stores},
        {store: resolved.splits(store) for store in stores},
        {store: resolved.history_since(store) for store in stores},
    )


def known_of_copy(copy: ReadCopy, stores: Sequence[str]) -> Known:
    """What the read copy knows, as of its last publish; empty where an older one has no table."""

    def table(schema: pl.Schema, name: str) -> pl.DataFrame:
        found = copy.table(name)
        return found.select(schema.names()) if found.width else pl.DataFrame(schema=schema)

    watermarks = {
        (store, entity): at.replace(tzinfo=UTC)
        for store, entity, at in table(_WATERMARKS, "watermarks").iter_rows()
    }
    return Known(
        {store: {name: watermarks.get((store, name)) for name in WATERMARKED} for store in stores},
        {store: copy.table("reconciliation", store) for store in stores},
        table(_RUNS, "runs").sort("started_at", "run_id", descending=True).head(LOOKED_BACK),
        # The reasons stay in the warehouse.
        table(_REJECT_COUNTS, "reject_counts").insert_column(
            2, pl.lit(None, dtype=pl.String).alias("reason")
        ),
        copy.pushes.overview(),
        copy.pushes.exports(SHOWN_EXPORTS),
        copy.table_counts(),
        *_resolved(copy.resolved, stores),
    )


_RUNS = pl.Schema(
    {
        "run_id": pl.String(),
        "job": pl.String(),
        "store": pl.String(),
        "started_at": pl.Datetime("us"),
        "finished_at": pl.Datetime("us"),
        "status": pl.String(),
        "summary": pl.String(),
    }
)
_WATERMARKS = pl.Schema(
    {"store": pl.String(), "entity": pl.String(), "watermark_at": pl.Datetime("us")}
)
_REJECT_COUNTS = pl.Schema(
    {"store": pl.String(), "entity": pl.String(), "reject_count": pl.Int64()}
)


@dataclass(frozen=True, slots=True)
class Pushed:
    """The last push of an entity to a destination; `reason` says what held or ended it."""

    destination: str
    store: str
    entity: str
    started_at: datetime
    state: str
    accepted_count: int
    reason: str | None


@dataclass(frozen=True, slots=True)
class Status:
    """What `enrich status` shows.

    `runs`: the last of each job and store, newest first, as shown; `exit_code`: what they come to,
    see `exit_code_of`; `pushed` and `exports`: what each platform holds of each entity,
    and the newest exports; `watermarks`: (store, entity, moment, hours behind now);
    `known_since`: (store, day of its oldest purchase); `refunds`: (store, what, rows, cents) of all
    refunds, those taken, those unmatched by reason, with the currency unless it is the store's;
    `splits`: (store, key, new key, moment) of who got a key of their own since the last push;
    `proofs`: what the syncs proved per store; `pushes`: the last one to each destination;
    `rejects`: (store, entity, reason, count);
    `consents`: (store, started, how it ended, what, count) of the last run about consent, if any;
    `counts`: per table; `advice`: what to do next, the most pressing first.
    """

    runs: pl.DataFrame
    exit_code: int
    pushed: pl.DataFrame
    exports: pl.DataFrame
    watermarks: tuple[tuple[str, str, datetime | None, float | None], ...]
    known_since: tuple[tuple[str, date | None], ...]
    refunds: tuple[tuple[str, str, int, int], ...]
    splits: tuple[tuple[str, int, int, datetime], ...]
    proofs: tuple[Proof, ...]
    pushes: tuple[Pushed, ...]
    rejects: tuple[tuple[str, str, str | None, int], ...]
    consents: tuple[tuple[str, str, str, str, int], ...]
    counts: tuple[tuple[str, int], ...]
    advice: tuple[str, ...]


def status_document(found: Status, waiting: Sequence[tuple[str, str, int, float]]) -> Any:
    """The status as JSON holds it; moments are UTC."""
    return {
        "exit_code": found.exit_code,
        "advice": list(found.advice),
        "runs": found.runs.to_dicts(),
        "pulled": _named(("store", "entity", "moment", "hours_behind"), found.watermarks),
        "known": _named(("store", "history_since"), found.known_since),
        "refunds": _named(("store", "what", "count", "cents"), found.refunds),
        "splits": _named(("store", "customer_key", "new_customer_key", "split_at"), found.splits),
        "compared": [
            {"store": proof.store, "is_held": proof.is_held, **proof.counts}
            for proof in found.proofs
        ],
        "last_pushes": [asdict(push) for push in found.pushes],
        "pushed": found.pushed.to_dicts(),
        "exports": found.exports.to_dicts(),
        "consents": _named(("store", "started", "ended", "what", "count"), found.consents),
        "rejects": _named(("store", "entity", "reason", "records"), found.rejects),
        "received": _named(("store", "topic", "files", "hours_waiting"), waiting),
        "tables": dict(found.counts),
    }


def _named(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> list[dict[str, Any]]:
    return [dict(zip(names, row, strict=True)) for row in rows]


def waiting_in(data_dir: Path, now: datetime) -> list[tuple[str, str, int, float]]:
    """(store, topic, files, hours since the oldest came) of what waits in the inboxes."""
    return [
        (store, topic, found.file_count, round((now - found.oldest_at).total_seconds() / 3600, 1))
        for store, inbox in inboxes_in(data_dir).items()
        for topic in TOPICS
        if (found := inbox.waiting(topic)).oldest_at is not None
    ]


def read_status(
    known: Known,
    now: datetime,
    *,
    destinations: Sequence[str] | None = None,
    is_at_work: bool = False,
) -> Status:
    """What there is to know at the UTC moment `now`.

    Unless a run `is_at_work`, one that recorded no end was killed. Runs of stores and pushes
    to destinations that the settings have no more count for nothing; None are all destinations.
    """
    runs = _ended(known.runs, is_at_work=is_at_work)
    stores = list(known.watermarks)
    rejects = known.reject_counts
    found = Status(
        runs=shown_runs(runs.unique(("job", "store"), keep="first", maintain_order=True)),
        exit_code=exit_code_of(list(_last_codes(runs, stores, destinations))),
        pushed=known.pushed,
        exports=known.exports,
        watermarks=tuple(_watermarks(known, now)),
        known_since=tuple(known.known_since.items()),
        refunds=tuple(row for store in known.findings for row in _refunds(store, known)),
        splits=tuple(
            (store, *row) for store, rows in known.splits.items() for row in rows.iter_rows()
        ),
        proofs=tuple(
            proof_of(store, days) for store, days in known.reconciliations.items() if days.height
        ),
        pushes=tuple(_pushes(runs)),
        rejects=tuple(rejects.head(SHOWN_REJECTS).iter_rows()),
        consents=tuple(_consents(runs)),
        counts=tuple((name, count) for name, count in known.table_counts.iter_rows() if count),
        advice=(),
    )
    return replace(found, advice=tuple(_advice(found, int(rejects["reject_count"].sum()))))


def _ended(runs: pl.DataFrame, *, is_at_work: bool) -> pl.DataFrame:
    ended = pl.col("status").replace({} if is_at_work else {"running": "killed"})
    return runs.with_columns(status=ended)


def exit_code_of(codes: Sequence[int]) -> int:
    """The most pressing: refused keys, then a failure, then wrong settings, then held back."""
    return next((code for code in CODES_BY_URGENCY if code in codes), 0)


def _last_codes(
    runs: pl.DataFrame, stores: Sequence[str], destinations: Sequence[str] | None
) -> Iterator[int]:
    """What the last run of each job came to; a push is one of its destination and entity."""
    seen: set[tuple[Any, ...]] = set()
    for job, store, status, text in runs.select("job", "store", "status", "summary").iter_rows():
        summary = json.loads(text) if text else {}
        whole = (job, store)
        part = (job, store, summary.get("destination"), summary.get("entity"))
        # One that was killed before it knew its destination is made up for by any later push.
        is_repeated = part in seen or ("destination" not in summary and whole in seen)
        is_gone = store not in (None, *stores) or (
            destinations is not None and summary.get("destination") not in (None, *destinations)
        )
        if is_repeated or is_gone or summary.get("dry_run"):
            continue
        seen |= {part, whole}
        yield _code_of(status, summary)


def _code_of(status: str, summary: Mapping[str, Any]) -> int:
    if status in ("completed", "running"):
        return 0
    return int(summary.get("exit_code") or (4 if summary.get("held") else 1))


def _unfinished(exports: pl.DataFrame) -> Iterator[str]:
    for row in exports.filter(pl.col("status") != "completed").iter_rows(named=True):
        yield (
            f"an export of {row['entity']} to {row['destination']} is {row['status']}: the same"
            " command goes on with it (`enrich push --exports` lists them)"
        )


def _consents(runs: pl.DataFrame) -> Iterator[tuple[str, str, str, str, int]]:
    """(store, started, how it ended, what, count) of the last of each; what only looked says so."""
    last = runs.filter(job="consent").unique("store", keep="first", maintain_order=True)
    for store, started_at, status, summary in (
        last.sort("store").select("store", "started_at", "status", "summary").iter_rows()
    ):
        found = json.loads(summary or "{}")
        if "people" not in found:  # it is at work, or was killed before it came to anything
            yield store, f"{started_at:{MOMENT}}", status, "", 0
            continue
        how = "a look" if found["dry_run"] else status
        for what, count in lines_of(found):
            yield store, f"{started_at:{MOMENT}}", how, what, count


def _refunds(store: str, known: Known) -> Iterator[tuple[str, str, int, int]]:
    """(store, what, rows, cents) of each currency: refunded, taken, unmatched by reason."""
    for finding, what in _REFUNDS.items():
        rows = known.findings[store].filter(finding=finding)
        for detail, count, cents in rows.select("detail", "row_count", "amount_cents").iter_rows():
            yield store, " ".join(filter(None, (what, detail))), count, cents


def _watermarks(
    known: Known, now: datetime
) -> Iterator[tuple[str, str, datetime | None, float | None]]:
    for store, moments in known.watermarks.items():
        for entity, at in moments.items():
            behind = None if at is None else round((now - at).total_seconds() / 3600, 1)
            yield store, entity, at, behind


def _pushes(runs: pl.DataFrame) -> Iterator[Pushed]:
    """The newest push of each entity of each store to each destination, dry runs left out."""
    seen = set()
    for store, began_at, state, text in (
        runs.filter(job="push").select("store", "started_at", "status", "summary").iter_rows()
    ):
        summary = json.loads(text) if text else {}
        name, entity = summary.get("destination"), summary.get("entity", PROFILES)
        if summary.get("dry_run") or name is None or (name, store, entity) in seen:
            continue
        seen.add((name, store, entity))
        state = "held" if summary.get("held") else state
        accepted_count = summary.get("accepted") or 0
        yield Pushed(name, store, entity, began_at, state, accepted_count, summary.get("error"))


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


def _advice(found: Status, reject_count: int) -> Iterator[str]:
    yield from (proof.reason for proof in found.proofs if proof.is_held)
    if found.runs.is_empty():
        yield NOTHING_YET
        return
    if found.runs["status"][0] not in ("completed", "running"):
        job = found.runs["job"][0]
        yield f"the last run ({job}) did not complete; run it again, nothing is lost"
    yield from _late(found)
    yield from _split(found)
    yield from _not_sent(found)
    yield from _unfinished(found.exports)
    if reject_count:
        yield f"{reject_count:,} records were rejected; `enrich rejects` shows why"
    if "profiles" not in dict(found.counts):
        yield "no profiles yet: `enrich profiles`"


def _late(found: Status) -> Iterator[str]:
    for store, entity, _, behind in found.watermarks:
        if entity == "orders" and behind is not None and behind > LATE_HOURS:
            yield (
                f"{store}: orders are {behind:,.0f} hours behind; see whether `enrich serve` runs,"
                " or `enrich sync` now: one run covers the whole gap"
            )


def _split(found: Status) -> Iterator[str]:
    for store, count in Counter(store for store, *_ in found.splits).items():
        yield (
            f"{store}: {count:,} customers have a key of their own since the last push"
            " (customer_splits); look at them before the next one"
        )


def _not_sent(found: Status) -> Iterator[str]:
    """Pushes that wait for a person; a difference to VTEX is in its proof already."""
    unproven = {proof.store for proof in found.proofs if proof.is_held}
    for push in found.pushes:
        if push.state != "completed" and push.store not in unproven and push.reason:
            yield f"push to {push.destination} ({push.store}) {push.state}: {push.reason}"
