"""Push the kept profiles of one store to one destination, with the warehouse as the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from enrich.destinations import Destination
from enrich.errors import BadSettings, EnrichError, HeldBack
from enrich.jobs.push import PushSummary, Target, push
from enrich.jobs.push_ledger import Standing
from enrich.jobs.reconciling import unproven
from enrich.jobs.reporting import SILENT, Reporter
from enrich.jobs.runs import kept_day, recorded
from enrich.store import Warehouse


@dataclass(frozen=True, slots=True)
class Outlet:
    """One destination of the settings: its name, the stores it serves, the open destination."""

    name: str
    stores: tuple[str, ...]
    destination: Destination
    requests_per_second: float | None = None


@dataclass(frozen=True, slots=True)
class WarehouseLedger:
    """The push ledger, kept in the warehouse."""

    warehouse: Warehouse

    def pushed_state(self, target: Target) -> pl.DataFrame:
        return self.warehouse.pushed_state(*_place(target))

    def standing(self, target: Target) -> Standing:
        return Standing(**self.warehouse.push_standing(*_place(target)))

    def confirm(self, run_id: str, target: Target, now: datetime) -> None:
        self.warehouse.confirm_push(*_place(target), run_id=run_id, now=now)

    def start_push(self, run_id: str, target: Target, now: datetime) -> None:
        self.warehouse.start_push(run_id, target.destination, target.store, now=now)

    def intend(
        self, run_id: str, target: Target, batch_id: str, record_ids: pl.Series, now: datetime
    ) -> None:
        self.warehouse.intend_push(
            *_place(target), record_ids, run_id=run_id, batch_id=batch_id, now=now
        )

    def unanswered(self, target: Target) -> Sequence[str]:
        return self.warehouse.unanswered_pushes(*_place(target))

    def open_jobs(self, target: Target) -> pl.DataFrame:
        return self.warehouse.open_push_jobs(*_place(target))

    def record_push(
        self,
        run_id: str,
        target: Target,
        batch_id: str,
        results: pl.DataFrame,
        now: datetime,
        closed_job: str | None = None,
    ) -> None:
        self.warehouse.record_batch(
            *_place(target),
            results,
            run_id=run_id,
            batch_id=batch_id,
            now=now,
            closed_job=closed_job,
        )

    def finish_push(
        self, run_id: str, target: Target, status: str, summary: Mapping[str, Any], now: datetime
    ) -> None:
        self.warehouse.finish_push(
            run_id, target.destination, target.store, status, summary, now=now
        )


def _place(target: Target) -> tuple[str, str, str]:
    return target.destination, target.store, target.entity


def not_begun(destination: str, store: str, fault: EnrichError) -> PushSummary:
    """The summary of a push that was held before anything was planned."""
    return PushSummary(destination, store, False, 0, 0, 0, 0, {}, fault=fault)


def push_store(
    warehouse: Warehouse,
    outlet: Outlet,
    store: str,
    *,
    now: datetime,
    dry_run: bool = False,
    confirmed: bool = False,
    report: Reporter = SILENT,
) -> PushSummary:
    """What became of the changes of one store at one destination; its fault stands in the summary.

    `confirmed`: a person looked at what would be sent (see `push`). Nothing is sent while the
    store differs too much from its source (a dry run goes on).
    Raises BadSettings when the store has no profiles yet.
    """
    as_of = kept_day(warehouse, store)
    if as_of is None:
        raise BadSettings(f"store {store} has no profiles yet; run `enrich profiles` first")
    profiles = warehouse.profiles(store)
    ledger = WarehouseLedger(warehouse)
    held = None if dry_run else unproven(warehouse, store)
    with recorded(warehouse, "push", store, now) as run:
        done = (
            not_begun(outlet.name, store, held)
            if held
            else push(
                outlet.destination,
                Target(outlet.name, store, as_of),
                profiles,
                ledger,
                run_id=run.run_id,
                now=now,
                dry_run=dry_run,
                confirmed=confirmed,
                requests_per_second=outlet.requests_per_second,
                progress=lambda done, total: report.step(f"{store} to {outlet.name}", done, total),
            )
        )
        run.note({"destination": outlet.name, "dry_run": dry_run, **done.as_json()})
        run.note({"held": isinstance(done.fault, HeldBack)})
        if done.fault is not None:
            run.fail(done.fault)
    return done
