"""What a push needs remembered: the warehouse keeps it, tests keep it in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

import polars as pl

from enrich.destinations.base import PROFILES
from enrich.model import Outcome, RecordResult

# What the platform has confirmed, or taken into a queue.
SENT = frozenset({Outcome.ACCEPTED, Outcome.QUEUED})

# The hash of a record of which the platform has nothing any more.
NOTHING_LEFT = ""

RESULT_SCHEMA = {
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
class Target:
    """Which records go where: the destination by its configured name, one store, one day.

    `export_id` is set when this is a part of an export, which sends its records whatever is there.
    """

    destination: str
    store: str
    as_of: date
    entity: str = PROFILES
    export_id: str | None = None

    @property
    def place(self) -> tuple[str, str, str]:
        """Where the ledger keeps it: destination, store, entity."""
        return self.destination, self.store, self.entity


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a destination before a push.

    `accepted_count` records it ever took, `row_count` of the last good run (None before the first),
    `is_confirmed`: a person agreed to push there. `known_since`: when the first batch was recorded.
    `sent_today`: records tried in the last 24 hours.
    """

    accepted_count: int = 0
    row_count: int | None = None
    is_confirmed: bool = False
    known_since: datetime | None = None
    sent_today: int = 0


class PushLedger(Protocol):
    """What the warehouse remembers of pushes."""

    def pushed_state(self, target: Target) -> pl.DataFrame:
        """One row per record: record_id, hash (null: never accepted), outcome, remote_key, memo.

        The memo is that of the last request that left, even when nobody knows what became of it.
        """
        ...

    def standing(self, target: Target) -> Standing: ...

    def sent_since(self, target: Target, since: datetime) -> int:
        """How many records were tried there after that moment."""
        ...

    def confirm(self, run_id: str, target: Target, now: datetime) -> None:
        """A person agreed to push there."""
        ...

    def start_push(self, run_id: str, target: Target, now: datetime) -> None:
        """A row in push_runs, status running."""
        ...

    def intend(
        self,
        run_id: str,
        target: Target,
        batch_id: str,
        record_ids: pl.Series,
        now: datetime,
        memos: pl.Series | None = None,
    ) -> None:
        """These records are about to be sent, each with what a later change has to repeat of it."""
        ...

    def unanswered(self, target: Target) -> Sequence[str]:
        """The records that were sent and whose outcome nobody knows."""
        ...

    def open_jobs(self, target: Target) -> pl.DataFrame:
        """job_id, record_id, hash, remote_key of the jobs that are not known to be over."""
        ...

    def record_push(
        self,
        run_id: str,
        target: Target,
        batch_id: str,
        results: pl.DataFrame,
        now: datetime,
        closed_job: str | None = None,
    ) -> None:
        """The outcome of each record of a batch, or of a job that is over, in one transaction.

        `results` as RESULT_SCHEMA. A hash is there only for what was sent: it replaces the one
        kept, with a job_id only when that job is over; a null hash leaves the kept one, and only
        the outcome changes; NOTHING_LEFT takes it away.
        """
        ...

    def finish_push(
        self, run_id: str, target: Target, status: str, summary: Mapping[str, Any], now: datetime
    ) -> None:
        """How the run ended: completed, held, failed or interrupted."""
        ...


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent, by record id: the hash to keep when accepted, the platform's key, the memo."""

    hashes: Mapping[str, str]
    remote_keys: Mapping[str, str | None]
    memos: Mapping[str, str | None] = field(default_factory=dict)


def result_frame(results: Sequence[RecordResult], sent: Sent) -> pl.DataFrame:
    """The results as RESULT_SCHEMA: a hash only where the platform took the record."""
    rows = [
        (
            r.record_id,
            str(r.outcome),
            sent.hashes.get(r.record_id) if r.outcome in SENT else None,
            r.code,
            r.message,
            sent.remote_keys.get(r.record_id),
            r.job_id,
            None if r.outcome is Outcome.INVALID else sent.memos.get(r.record_id),
        )
        for r in results
    ]
    return pl.DataFrame(rows, schema=RESULT_SCHEMA, orient="row")
