"""Orders that an older schema stored without what is kept now, until VTEX is asked for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import duckdb
import polars as pl

from enrich.model import Loaded, RawRecord
from enrich.warehouse.loading import load_documents
from enrich.warehouse.scripts import read, registered, run, transaction

MAX_TRIES = 2
"""An order that VTEX did not show so often is not asked for any more."""
REACH = timedelta(days=730)
"""VTEX shows the orders of two years."""


@dataclass(frozen=True, slots=True)
class IncompleteOrders:
    """The orders still to be asked for; any load of one settles it."""

    _connection: duckdb.DuckDBPyConnection = field(repr=False)

    def next(self, store: str, *, limit: int, per_day: int, now: datetime) -> pl.DataFrame:
        """order_id, is_reachable of the next ones; none when `per_day` were asked for on the UTC
        day of `now`."""
        return read(
            self._connection,
            "completing/next",
            store=store,
            slice=limit,
            per_day=per_day,
            max_tries=MAX_TRIES,
            reach=now - REACH,
            day=now.replace(hour=0, minute=0, second=0, microsecond=0),
        )

    def load(
        self,
        store: str,
        asked: Sequence[str],
        records: Sequence[RawRecord],
        *,
        run_id: str,
        now: datetime,
    ) -> Loaded:
        """What became of the records; all that were `asked` for are marked as asked for."""
        values = {"store": store, "entity": "orders", "run_id": run_id, "now": now}
        frame = pl.DataFrame({"order_id": asked}, schema={"order_id": pl.String})
        with transaction(self._connection):
            loaded = load_documents(self._connection, records, values)
            with registered(self._connection, {"asked": frame}):
                run(self._connection, "completing/asked", **values)
        return loaded

    def count(self, store: str) -> tuple[int, int]:
        """How many orders are left to ask for, and how many VTEX no longer has."""
        counts = read(self._connection, "completing/left", store=store, max_tries=MAX_TRIES)
        left_count, lost_count = counts.row(0)
        return left_count, lost_count
