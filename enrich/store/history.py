"""Computed profiles kept: replaced per store in one go, and the history of their segments."""

from __future__ import annotations

from datetime import date, datetime

import duckdb
import polars as pl

from enrich.errors import HeldBack
from enrich.store.scripts import read, registered, run, table_exists


def segment_history_before(
    connection: duckdb.DuckDBPyConnection, store: str, as_of: date
) -> pl.DataFrame:
    """customer_key, rfm_segment, previous_rfm_segment, rfm_segment_changed_on before `as_of`."""
    return read(connection, "history/segments_before", store=store, as_of=as_of)


def keep_profiles(
    connection: duckdb.DuckDBPyConnection,
    store: str,
    as_of: date,
    profiles: pl.DataFrame,
    cut_points: pl.DataFrame,
    *,
    run_id: str,
    now: datetime,
) -> None:
    """Profiles and cut points replaced, history continued; the caller holds the transaction."""
    _refuse_going_back(connection, store, as_of)
    for table, frame in (("profiles", profiles), ("rfm_cut_points", cut_points)):
        _replace(connection, table, store, frame)
    with registered(connection, {"incoming": profiles}):
        run(connection, "history/continue", store=store, as_of=as_of)
    run(
        connection,
        "history/profile_run",
        store=store,
        as_of=as_of,
        customer_count=profiles.height,
        run_id=run_id,
        now=now,
    )


def kept(connection: duckdb.DuckDBPyConnection, table: str, store: str) -> pl.DataFrame:
    """The rows of one kept table for a store; an empty frame when nothing was kept yet."""
    if not table_exists(connection, table):
        return pl.DataFrame()
    return read(connection, f"history/{table}", store=store)


def _refuse_going_back(connection: duckdb.DuckDBPyConnection, store: str, as_of: date) -> None:
    latest = read(connection, "history/latest_run", store=store).item()
    if latest is not None and latest > as_of:
        raise HeldBack(
            f"profiles of {store} are kept for {latest}; write those of {as_of} to a file instead"
        )


def _replace(
    connection: duckdb.DuckDBPyConnection, table: str, store: str, frame: pl.DataFrame
) -> None:
    """The store's rows of `table` become `frame`, and the table takes the columns of the frame."""
    incoming = _with_store(frame, store)
    with registered(connection, {"incoming": incoming}):
        run(connection, f"history/replace_{table}", store=store, columns=incoming.columns)


def _with_store(frame: pl.DataFrame, store: str) -> pl.DataFrame:
    others = [name for name in frame.columns if name != "store"]
    return frame.select(pl.lit(store).alias("store"), *others)
