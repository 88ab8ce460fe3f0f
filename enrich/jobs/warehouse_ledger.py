"""The push ledger, kept in the warehouse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from enrich.destinations.kinds import CONSENTS
from enrich.jobs.push_ledger import Standing, Target
from enrich.store import Warehouse


@dataclass(frozen=True, slots=True)
class WarehouseLedger:
    """What the pushes know and write down; each call stands for itself."""

    warehouse: Warehouse

    def pushed_state(self, target: Target) -> pl.DataFrame:
        return self.warehouse.pushed_state(*target.place)

    def standing(self, target: Target) -> Standing:
        return Standing(**self.warehouse.push_standing(*target.place))

    def sent_since(self, target: Target, since: datetime) -> int:
        return self.warehouse.pushed_since(*target.place, since)

    def confirm(self, run_id: str, target: Target, now: datetime) -> None:
        self.warehouse.confirm_push(*target.place, run_id=run_id, now=now)

    def start_push(self, run_id: str, target: Target, now: datetime) -> None:
        self.warehouse.start_push(run_id, *target.place, now=now)

    def intend(
        self,
        run_id: str,
        target: Target,
        batch_id: str,
        record_ids: pl.Series,
        now: datetime,
        memos: pl.Series | None = None,
    ) -> None:
        self.warehouse.intend_push(
            *target.place, record_ids, run_id=run_id, batch_id=batch_id, now=now, memos=memos
        )

    def unanswered(self, target: Target) -> Sequence[str]:
        return self.warehouse.unanswered_pushes(*target.place)

    def open_jobs(self, target: Target) -> pl.DataFrame:
        return self.warehouse.open_push_jobs(*target.place)

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
            *target.place,
            results,
            run_id=run_id,
            batch_id=batch_id,
            now=now,
            closed_job=closed_job,
            export_id=target.export_id,
        )

    def finish_push(
        self, run_id: str, target: Target, status: str, summary: Mapping[str, Any], now: datetime
    ) -> None:
        self.warehouse.finish_push(run_id, *target.place, status, summary, now=now)


class ConsentLedger(WarehouseLedger):
    """The ledger of consents: beside the usual, each decision is written down with its end."""

    def intend(
        self,
        run_id: str,
        target: Target,
        batch_id: str,
        record_ids: pl.Series,
        now: datetime,
        memos: pl.Series | None = None,
    ) -> None:
        consents = self.warehouse.consents(target.store)
        consents.intend_platform(target.destination, record_ids, run_id=run_id, now=now)
        WarehouseLedger.intend(self, run_id, target, batch_id, record_ids, now, memos)

    def record_push(
        self,
        run_id: str,
        target: Target,
        batch_id: str,
        results: pl.DataFrame,
        now: datetime,
        closed_job: str | None = None,
    ) -> None:
        WarehouseLedger.record_push(self, run_id, target, batch_id, results, now, closed_job)
        consents = self.warehouse.consents(target.store)
        consents.settle_platform(target.destination, results, now=now)


def ledger_of(warehouse: Warehouse, entity: str) -> WarehouseLedger:
    """What remembers the pushes of an entity."""
    return ConsentLedger(warehouse) if entity == CONSENTS else WarehouseLedger(warehouse)
