"""The runs of jobs: when they began, how they ended, what they counted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import duckdb
import polars as pl

from enrich.warehouse.scripts import read, run


@dataclass(frozen=True, slots=True)
class Runs:
    """The runs in an open warehouse."""

    _connection: duckdb.DuckDBPyConnection = field(repr=False)

    def start(self, run_id: str, job: str, store: str | None, *, now: datetime) -> None:
        """Write down that a job has begun."""
        run(self._connection, "state/start_run", run_id=run_id, job=job, store=store, now=now)

    def finish(
        self, run_id: str, status: str, summary: Mapping[str, object], *, now: datetime
    ) -> None:
        """Write down how a job ended; `summary` holds counts, never a customer's value."""
        text = json.dumps(dict(summary), default=str, ensure_ascii=False, sort_keys=True)
        values = {"run_id": run_id, "status": status, "summary": text, "now": now}
        run(self._connection, "state/finish_run", **values)

    def newest(self, limit: int = 20) -> pl.DataFrame:
        """The newest runs: run_id, job, store, started_at, finished_at, status, summary."""
        return read(self._connection, "state/runs", row_limit=limit)
