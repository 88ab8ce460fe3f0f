"""Every run leaves a row: when it began and ended, how it ended, what it did."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl

from enrich.errors import EnrichError
from enrich.warehouse import Warehouse

LOOKED_BACK = 10_000  # runs; years of them


@dataclass(frozen=True, slots=True)
class Run:
    """One run being recorded; `summary` takes counts and reasons, never a customer's value."""

    run_id: str
    job: str
    store: str | None
    now: datetime
    summary: dict[str, Any] = field(default_factory=dict)

    def note(self, facts: Mapping[str, Any]) -> None:
        self.summary.update(facts)

    def fail(self, fault: EnrichError) -> None:
        """The run ends as failed although it went through to its end."""
        self.note({"error": str(fault), "exit_code": fault.exit_code})


def new_run_id(job: str, now: datetime) -> str:
    """An id that sorts by time, of one moment too: 20260301T031500-18d7a2f03c55e1a0-sync."""
    return f"{now:%Y%m%dT%H%M%S}-{time.time_ns():016x}-{job}"


@contextmanager
def recorded(warehouse: Warehouse, job: str, store: str | None, now: datetime) -> Iterator[Run]:
    """A run whose end is recorded too: completed, failed with its reason, or interrupted."""
    run = Run(new_run_id(job, now), job, store, now)
    began = time.monotonic()
    status = "failed"
    warehouse.runs.start(run.run_id, job, store, now=now)
    try:
        yield run
        status = "failed" if "error" in run.summary else "completed"
    except EnrichError as error:
        run.fail(error)
        raise
    except BaseException as error:
        status = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
        run.note({"error": type(error).__name__})
        raise
    finally:
        ended_at = now + timedelta(seconds=time.monotonic() - began)
        warehouse.runs.finish(run.run_id, status, run.summary, now=ended_at)


def last_success_at(warehouse: Warehouse, job: str, store: str, **about: str) -> datetime | None:
    """When the newest run that did the whole job for the store began, in UTC.

    `about` is what its summary must say, such as the destination and entity of a push. A part of
    the job is none of it: a sync of some days or entities, profiles of a past day, a dry run.
    """
    succeeded = _succeeded(warehouse, job, store)
    moments = [
        began_at
        for began_at, text in succeeded.select("started_at", "summary").iter_rows()
        if _is_whole(json.loads(text), about)
    ]
    return max(moments).replace(tzinfo=UTC) if moments else None


def _is_whole(summary: Mapping[str, Any], about: Mapping[str, str]) -> bool:
    is_part = summary.get("partial") or summary.get("dry_run") or not summary.get("kept", True)
    return not is_part and all(summary.get(name) == value for name, value in about.items())


def kept_day(warehouse: Warehouse, store: str) -> date | None:
    """The day the kept profiles of the store are for; None before the first."""
    days = [
        date.fromisoformat(summary["as_of"])
        for text in _succeeded(warehouse, "profiles", store)["summary"]
        if (summary := json.loads(text)).get("kept")
    ]
    return max(days, default=None)


def _succeeded(warehouse: Warehouse, job: str, store: str) -> pl.DataFrame:
    return warehouse.runs.newest(LOOKED_BACK).filter(job=job, store=store, status="completed")


def is_covered(last_success_at: datetime | None, due_at: datetime) -> bool:
    """Whether a run that was due at `due_at` is superfluous.

    It is when a run of the same job began later than that and succeeded: a late run covers the
    whole gap, so those that waited behind it have nothing left to do.
    """
    return last_success_at is not None and last_success_at >= due_at
