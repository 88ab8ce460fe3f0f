"""What a push needs remembered: the warehouse keeps it, tests keep it in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import polars as pl

from enrich.model import Outcome, RecordResult

# What the platform has confirmed, or taken into a queue where it never says more.
SENT = frozenset({Outcome.ACCEPTED, Outcome.QUEUED})

RESULT_SCHEMA = {
    "record_id": pl.String,
    "outcome": pl.String,
    "hash": pl.String,
    "code": pl.String,
    "message": pl.String,
}


class PushLedger(Protocol):
    """What the warehouse remembers of pushes."""

    def pushed_state(self, destination: str, store: str, entity: str) -> pl.DataFrame:
        """record_id, hash (null when never accepted), accepted_at, outcome; one row per record."""
        ...

    def start_push(self, run_id: str, destination: str, store: str, now: datetime) -> None:
        """A row in push_runs, status running."""
        ...

    def record_push(
        self,
        run_id: str,
        destination: str,
        store: str,
        entity: str,
        batch_id: str,
        results: pl.DataFrame,
        now: datetime,
    ) -> None:
        """The batch and the outcome of each record, in one transaction.

        `results` as RESULT_SCHEMA. A hash is there only for what was sent: it replaces the one
        kept; a null hash leaves the kept one, and only the outcome changes.
        """
        ...

    def finish_push(
        self, run_id: str, status: str, summary: Mapping[str, Any], now: datetime
    ) -> None:
        """How the run ended: completed, failed or interrupted."""
        ...


def result_frame(results: Sequence[RecordResult], hashes: Mapping[str, str]) -> pl.DataFrame:
    """The results as RESULT_SCHEMA: a hash only where the platform took the record."""
    rows = [
        (
            r.record_id,
            str(r.outcome),
            hashes.get(r.record_id) if r.outcome in SENT else None,
            r.code,
            r.message,
        )
        for r in results
    ]
    return pl.DataFrame(rows, schema=RESULT_SCHEMA, orient="row")
