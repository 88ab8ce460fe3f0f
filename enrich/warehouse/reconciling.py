"""Proof of a sync: the order list, order by order, against what the warehouse holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import duckdb
import polars as pl

from enrich.warehouse.scripts import read, registered, run, transaction


@dataclass(frozen=True, slots=True)
class Orders:
    """The orders as the list of a source shows them, and how the stored ones compare."""

    _connection: duckdb.DuckDBPyConnection = field(repr=False)

    def listing(self, store: str, order_ids: Sequence[str]) -> pl.DataFrame:
        """How these orders were last listed: one row per order known."""
        asked = pl.DataFrame({"order_id": order_ids}, schema={"order_id": pl.String})
        with registered(self._connection, {"asked": asked}):
            return read(self._connection, "state/listing", store=store)

    def keep_listing(self, store: str, rows: pl.DataFrame) -> None:
        """Remember how these orders were listed, once their details are stored."""
        with transaction(self._connection), registered(self._connection, {"incoming": rows}):
            run(self._connection, "state/load_listing", store=store)

    def stored_since(self, store: str, since: datetime) -> list[str]:
        """The stored orders of VTEX that were created since the UTC moment, sorted."""
        stored = read(self._connection, "completing/stored_since", store=store, since=since)
        return stored["order_id"].to_list()

    def reconcile(
        self,
        store: str,
        listed: pl.DataFrame,
        whole_days: Sequence[date],
        *,
        time_zone: str,
        sales_channels: Sequence[str] = (),
        limit_share: float,
        run_id: str,
        now: datetime,
    ) -> pl.DataFrame:
        """The table reconciliation of the store, the listed days compared again.

        `listed` is what was listed (order_id, created_at, total_value, last_change_at);
        in `whole_days` an order that is stored and no longer listed is a difference too.
        """
        days = pl.DataFrame({"day_on": whole_days}, schema={"day_on": pl.Date})
        frames = {"listed": listed, "whole_days": days}
        with transaction(self._connection):
            with registered(self._connection, frames):
                run(
                    self._connection,
                    "reconcile/days",
                    store=store,
                    time_zone=time_zone,
                    sales_channels=list(sales_channels),
                    limit_share=limit_share,
                    run_id=run_id,
                    now=now,
                )
            return self._counted(store, limit_share)

    def unexplained(self, store: str) -> pl.DataFrame:
        """order_id, day_on, kind (missing, unlisted, differing) of each, newest day first."""
        return read(self._connection, "reconcile/unexplained", store=store)

    def explain(self, store: str, found: pl.DataFrame, *, limit_share: float) -> pl.DataFrame:
        """The table reconciliation of the store, once unlisted orders were asked for by id.

        `found` (order_id, cents) is what the source showed; those stored with these cents are no
        difference any more.
        """
        with transaction(self._connection):
            with registered(self._connection, {"found": found}):
                run(self._connection, "reconcile/explain", store=store)
            return self._counted(store, limit_share)

    def reconciliation(self, store: str) -> pl.DataFrame:
        """What the last sync that listed each day found: one row per day, newest first."""
        return read(self._connection, "reconcile/read", store=store)

    def _counted(self, store: str, limit_share: float) -> pl.DataFrame:
        run(self._connection, "reconcile/count", store=store, limit_share=limit_share)
        return self.reconciliation(store)
