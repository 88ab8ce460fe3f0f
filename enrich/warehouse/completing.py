"""Orders that an older schema stored without what is kept now, until VTEX is asked for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import duckdb
import polars as pl

from enrich.warehouse.scripts import read, registered, run

MAX_TRIES = 2
"""An order that VTEX did not show so often is not asked for any more."""
REACH = timedelta(days=730)
"""VTEX shows the orders of two years."""


def next_incomplete(
    connection: duckdb.DuckDBPyConnection, store: str, *, limit: int, per_day: int, now: datetime
) -> pl.DataFrame:
    """order_id, is_reachable of the next orders; none when the budget of the UTC day is used up."""
    return read(
        connection,
        "completing/next",
        store=store,
        slice=limit,
        per_day=per_day,
        max_tries=MAX_TRIES,
        reach=now - REACH,
        day=now.replace(hour=0, minute=0, second=0, microsecond=0),
    )


def mark_asked(
    connection: duckdb.DuckDBPyConnection, store: str, order_ids: Sequence[str], now: datetime
) -> None:
    """These orders were asked for at `now`."""
    asked = pl.DataFrame({"order_id": order_ids}, schema={"order_id": pl.String})
    with registered(connection, {"asked": asked}):
        run(connection, "completing/asked", store=store, now=now)


def count_left(connection: duckdb.DuckDBPyConnection, store: str) -> tuple[int, int]:
    """How many orders are left to ask for, and how many VTEX no longer has."""
    left_count, lost_count = read(
        connection, "completing/left", store=store, max_tries=MAX_TRIES
    ).row(0)
    return left_count, lost_count
