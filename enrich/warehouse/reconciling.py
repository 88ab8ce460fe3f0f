"""Proof of a sync: what the source said, order by order, against what the warehouse holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import duckdb
import polars as pl

from enrich.warehouse.scripts import read, registered, run


def reconcile(
    connection: duckdb.DuckDBPyConnection,
    store: str,
    listed: pl.DataFrame,
    whole_days: Sequence[date],
    *,
    time_zone: str,
    sales_channels: Sequence[str],
    limit_share: float,
    run_id: str,
    now: datetime,
) -> pl.DataFrame:
    """The rows of `reconciliation` of the store after the listed days were compared again."""
    days = pl.DataFrame({"day_on": whole_days}, schema={"day_on": pl.Date})
    with registered(connection, {"listed": listed, "whole_days": days}):
        run(
            connection,
            "reconcile/days",
            store=store,
            time_zone=time_zone,
            sales_channels=list(sales_channels),
            limit_share=limit_share,
            run_id=run_id,
            now=now,
        )
    run(connection, "reconcile/count", store=store, limit_share=limit_share)
    return read(connection, "reconcile/read", store=store)


def explain(
    connection: duckdb.DuckDBPyConnection, store: str, found: pl.DataFrame, *, limit_share: float
) -> pl.DataFrame:
    """The rows of `reconciliation` once unlisted orders were `found` by id (order_id, cents)."""
    with registered(connection, {"found": found}):
        run(connection, "reconcile/explain", store=store)
    run(connection, "reconcile/count", store=store, limit_share=limit_share)
    return read(connection, "reconcile/read", store=store)
