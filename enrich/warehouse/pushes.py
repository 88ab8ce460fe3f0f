"""The ledger of pushes: what each destination was sent, what it accepted, what is on its way."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

import duckdb
import polars as pl

from enrich.warehouse.scripts import (
    read,
    registered,
    run,
    scripts_in,
    table_exists,
    transaction,
)

CONSENTS = "consents"

# The hash of a record of which the platform has nothing any more.
NOTHING_LEFT = ""

RESULTS = {
    "record_id": pl.String,
    "outcome": pl.String,
    "hash": pl.String,
    "code": pl.String,
    "message": pl.String,
    "remote_key": pl.String,
    "job_id": pl.String,
    "memo": pl.String,
}


@dataclass(frozen=True, slots=True)
class PushTarget:
    """Which records go where: the destination by its configured name, one store, one entity.

    `export_id` is set when this is a part of an export, which sends its records whatever is there.
    """

    destination: str
    store: str
    entity: str = "profiles"
    export_id: str | None = None


@dataclass(frozen=True, slots=True)
class PushStatus:
    """What is known of a target before a push.

    `accepted_count` records it ever took, `row_count` of the last good run (None before the first),
    `is_confirmed`: a person agreed to push there. `known_since`: when the first batch was recorded
    (UTC, no zone).
    """

    accepted_count: int = 0
    row_count: int | None = None
    is_confirmed: bool = False
    known_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pushes:
    """The ledger in an open warehouse; every write is whole or not at all."""

    _connection: duckdb.DuckDBPyConnection = field(repr=False)

    # -- what is known of one target -----------------------------------------------------------

    def state(self, target: PushTarget) -> pl.DataFrame:
        """One row per record: record_id, hash, accepted_at, outcome, remote_key, memo, export_id.

        A null hash: never accepted. The memo is that of the last request that left, even when
        nobody knows what became of it.
        """
        return self._read("pushed_state", target)

    def status(self, target: PushTarget) -> PushStatus:
        """How many records it has, and whether a person confirmed it."""
        return PushStatus(**self._read("status", target).row(0, named=True))

    def unanswered(self, target: PushTarget) -> list[str]:
        """The ids of the records that were sent and whose outcome nobody knows."""
        return self._read("unanswered", target)["record_id"].to_list()

    def open_jobs(self, target: PushTarget) -> pl.DataFrame:
        """job_id, record_id, hash, remote_key of the jobs that are not known to be over."""
        return self._read("open_jobs", target)

    def reasons(self, target: PushTarget) -> pl.DataFrame:
        """outcome, code, message, record_count of what was not accepted, most frequent first."""
        return self._read("reasons", target)

    def sent_since(self, target: PushTarget, since: datetime) -> int:
        """How many records were sent after the UTC moment; one sent twice counts twice."""
        return int(self._read("sent_since", target, since=since).item())

    # -- what there is to push beside profiles ---------------------------------------------------

    def index(self, entity: str, **values: Any) -> pl.DataFrame:
        """record_id, digest, email, happened_at, changed_at, is_over: one row per record.

        `values` are the destination and store, and what the statements of sql/records ask for.
        """
        run(self._connection, "records/there", entity=entity, **values)
        # An entity with a statement `profiles` reads the kept profiles; there may be none yet.
        if f"records/{entity}/profiles" in scripts_in(f"records/{entity}"):
            has_profiles = table_exists(self._connection, "profiles")
            name = "profiles" if has_profiles else "no_profiles"
            run(self._connection, f"records/{entity}/{name}", **values)
        run(self._connection, f"records/{entity}/to_push", **values)
        return read(self._connection, f"records/{entity}/index", **values)

    def rows(self, entity: str, record_ids: pl.Series, **values: Any) -> pl.DataFrame:
        """The whole records of the last `index` that have these ids, in no certain order."""
        asked = pl.DataFrame({"record_id": record_ids}, schema={"record_id": pl.String})
        with registered(self._connection, {"asked": asked}):
            return read(self._connection, f"records/{entity}/rows", **values)

    def customer_days(self, store: str) -> pl.DataFrame:
        """customer_key, happened_at, changed_at: when customers came and changed, in UTC."""
        return read(self._connection, "records/customer_days", store=store)

    # -- one push ------------------------------------------------------------------------------

    def confirm(self, target: PushTarget, *, run_id: str, now: datetime) -> None:
        """A person agreed to push there."""
        self._run("confirm", target, run_id=run_id, now=now)

    def start(self, target: PushTarget, *, run_id: str, now: datetime) -> None:
        """A push has begun: a row in push_runs, status running."""
        self._run("start_run", target, run_id=run_id, now=now)

    def intend(
        self,
        target: PushTarget,
        record_ids: pl.Series,
        *,
        run_id: str,
        batch_id: str,
        now: datetime,
        memos: pl.Series | None = None,
        remote_keys: pl.Series | None = None,
    ) -> None:
        """These records are about to be sent, each with what a later change must repeat of it.

        Another key than the platform may know one by is kept as a former address.
        """
        none = pl.Series([None] * len(record_ids), dtype=pl.String)
        leaving = pl.DataFrame(
            {
                "record_id": record_ids.alias(""),
                "memo": none if memos is None else memos,
                "remote_key": none if remote_keys is None else remote_keys,
            }
        )
        with transaction(self._connection), registered(self._connection, {"leaving": leaving}):
            self._run("intend", target, run_id=run_id, batch_id=batch_id, now=now)
            if target.entity == CONSENTS:
                run(
                    self._connection,
                    "consent/intend_decisions",
                    run_id=run_id,
                    now=now,
                    **asdict(target),
                )

    def record(
        self,
        target: PushTarget,
        results: pl.DataFrame,
        *,
        run_id: str,
        batch_id: str,
        now: datetime,
        closed_job: str | None = None,
    ) -> None:
        """The outcome of each record of a batch, or of a job that is over.

        `results` as RESULTS; an absent column counts as null. A hash is kept when the record was
        accepted, or queued without a job, and NOTHING_LEFT takes the kept one away; else the
        earlier one stays, so that the record is sent again. With a job_id it is kept when that job
        ends: then these are its results and it is `closed_job`.
        """
        values = {"run_id": run_id, "batch_id": batch_id, "now": now, "closed_job": closed_job}
        with transaction(self._connection):
            self._record(target, results, values)

    def moved(self, target: PushTarget, moved: pl.DataFrame) -> None:
        """The platform gave these contacts a new address: record_id, former, address."""
        with transaction(self._connection), registered(self._connection, {"moved": moved}):
            self._run("moved", target)

    def former_addresses(self, target: PushTarget) -> pl.DataFrame:
        """By what customers were known: record_id, address, state, remote_key, is_removed."""
        return self._read("former_addresses", target)

    def settle_addresses(self, target: PushTarget, settled: pl.DataFrame) -> None:
        """What became of former addresses: record_id, address, state (null: nothing is left)."""
        with transaction(self._connection), registered(self._connection, {"settled": settled}):
            self._run("settled_addresses", target)

    def finish(
        self,
        target: PushTarget,
        status: str,
        summary: Mapping[str, object],
        *,
        run_id: str,
        now: datetime,
    ) -> None:
        """How the push ended: completed, exported, held, failed or interrupted."""
        text = json.dumps(dict(summary), default=str, ensure_ascii=False, sort_keys=True)
        self._run("finish_run", target, status=status, summary=text, run_id=run_id, now=now)

    # -- exports -------------------------------------------------------------------------------

    def start_export(
        self,
        target: PushTarget,
        days: tuple[date, date],
        dated_by: str,
        *,
        run_id: str,
        now: datetime,
    ) -> str:
        """The id of the unfinished export of these days, which goes on, or of a new one."""
        values = {"from_on": days[0], "to_on": days[1], "dated_by": dated_by, "now": now}
        with transaction(self._connection):
            self._run("start_export", target, run_id=run_id, **values)
            return str(self._read("export_of_run", target, run_id=run_id).item())

    def plan_export(self, export_id: str, *, record_count: int, done_count: int) -> None:
        """How many records an export has, and how many of them were answered before."""
        counts = {"record_count": record_count, "done_count": done_count}
        run(self._connection, "push/plan_export", export_id=export_id, **counts)

    def finish_export(self, export_id: str, status: str, *, now: datetime) -> None:
        """How a run of an export ended."""
        run(self._connection, "push/finish_export", export_id=export_id, status=status, now=now)

    # -- all targets; empty where an older read copy has no such table --------------------------

    def exports(self, limit: int = 20) -> pl.DataFrame:
        """The newest exports: what goes where, of which days, how far it came."""
        if not table_exists(self._connection, "push_exports"):
            return pl.DataFrame()
        return read(self._connection, "push/exports", row_limit=limit)

    def overview(self) -> pl.DataFrame:
        """What each platform holds: one row per destination, store and entity."""
        if not table_exists(self._connection, "push_records"):
            return pl.DataFrame()
        return read(self._connection, "push/overview")

    # -- inside --------------------------------------------------------------------------------

    def _record(
        self, target: PushTarget, results: pl.DataFrame, values: Mapping[str, object]
    ) -> None:
        columns = [
            (pl.col(name) if name in results.columns else pl.lit(None)).cast(dtype).alias(name)
            for name, dtype in RESULTS.items()
        ]
        incoming = results.select(columns)
        with registered(self._connection, {"incoming": incoming}):
            for script in _scripts_for(incoming, target, values["closed_job"]):
                self._run(script, target, **values)
            if target.entity == CONSENTS:
                run(self._connection, "consent/settle_decisions", **asdict(target), **values)

    def _read(self, script: str, target: PushTarget, **values: Any) -> pl.DataFrame:
        return read(self._connection, f"push/{script}", **asdict(target), **values)

    def _run(self, script: str, target: PushTarget, **values: Any) -> None:
        run(self._connection, f"push/{script}", **asdict(target), **values)


def _scripts_for(incoming: pl.DataFrame, target: PushTarget, closed_job: object) -> Iterator[str]:
    """What a batch calls for: each statement costs milliseconds, and most batches need one."""
    is_doubtful = (pl.col("outcome") == "unknown") & pl.col("remote_key").is_not_null()
    if not incoming.filter(is_doubtful).is_empty():
        yield "record_doubtful_addresses"
    yield "record_batch"
    if closed_job is not None:
        yield "close_job"
    elif target.export_id is not None:
        yield "record_export_progress"
    if incoming["job_id"].null_count() < incoming.height:
        yield "record_jobs"
