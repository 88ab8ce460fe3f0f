"""Computed profiles kept: replaced per store in one go, and the history of their segments."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain

import duckdb
import polars as pl

from enrich.errors import HeldBack
from enrich.threads import made_ahead
from enrich.warehouse.coded import Vocabulary, show_profiles
from enrich.warehouse.connection import another, transaction
from enrich.warehouse.scripts import read, registered, run, table_exists

STATES = {
    "customer_key": pl.Int64,
    "rfm_segment": pl.String,
    "rfm_group": pl.String,
    "r_score": pl.Int8,
    "f_score": pl.Int8,
    "m_score": pl.Int8,
}
"""What the history follows of a profile."""


def segment_history_before(
    connection: duckdb.DuckDBPyConnection, store: str, as_of: date
) -> pl.DataFrame:
    """customer_key, rfm_segment, previous_rfm_segment, rfm_segment_changed_on before `as_of`."""
    return read(connection, "history/segments_before", store=store, as_of=as_of)


def keep_profiles(
    connection: duckdb.DuckDBPyConnection,
    store: str,
    as_of: date,
    profiles: Iterable[pl.DataFrame],
    cut_points: pl.DataFrame,
    *,
    run_id: str,
    now: datetime,
) -> None:
    """Profiles and cut points replaced, history continued.

    The blocks are laid aside in a table of their own, one transaction each, so that no more than a
    few wait in memory; what counts changes in one transaction at the end.
    """
    _refuse_going_back(connection, store, as_of)
    aside = _laid_aside(connection, store, profiles)
    with transaction(connection):
        _replace_profiles(connection, store, aside)
        _replace_cut_points(connection, store, as_of, cut_points)
        with registered(connection, {"incoming": aside.states}):
            run(connection, "history/continue", store=store, as_of=as_of)
        run(
            connection,
            "history/profile_run",
            store=store,
            as_of=as_of,
            customer_count=aside.states.height,
            history_since=history_since(connection, store),
            run_id=run_id,
            now=now,
        )
        show_profiles(connection)


@dataclass(frozen=True, slots=True)
class _Aside:
    """What lies in profiles_next: its columns, its texts, and what the history follows of it."""

    columns: list[str]
    texts: pl.DataFrame
    states: pl.DataFrame


def _laid_aside(
    connection: duckdb.DuckDBPyConnection, store: str, profiles: Iterable[pl.DataFrame]
) -> _Aside:
    """DuckDB writes a block in one thread: a few are given to it at once."""
    coming = (_with_store(block, store) for block in profiles)
    first = next(coming)
    vocabulary = Vocabulary.of(first)
    run(connection, "history/forget_next_profiles")
    with registered(connection, {"incoming": vocabulary.coded(first.clear())}):
        run(connection, "history/open_next_profiles")

    def lay_aside(block: pl.DataFrame) -> pl.DataFrame:
        frames = {"incoming": vocabulary.coded(block)}
        with (
            closing(another(connection)) as writer,
            transaction(writer),
            registered(writer, frames),
        ):
            run(writer, "history/add_next_profiles")
        return block.select(pl.col(name).cast(dtype) for name, dtype in STATES.items())

    states = made_ahead(lay_aside, chain([first], coming))
    return _Aside(first.columns, vocabulary.texts, pl.concat(states))


def _replace_profiles(connection: duckdb.DuckDBPyConnection, store: str, aside: _Aside) -> None:
    run(connection, "history/replace_profiles", store=store, columns=aside.columns)
    with registered(connection, {"incoming": aside.texts}):
        run(connection, "history/replace_profile_texts", store=store)


def _replace_cut_points(
    connection: duckdb.DuckDBPyConnection, store: str, as_of: date, cut_points: pl.DataFrame
) -> None:
    incoming = _with_store(cut_points, store)
    with registered(connection, {"incoming": incoming}):
        run(connection, "history/replace_rfm_cut_points", store=store, columns=incoming.columns)
        run(connection, "history/remember_rfm_cut_points", store=store, as_of=as_of)


def history_since(connection: duckdb.DuckDBPyConnection, store: str) -> date | None:
    """The day where knowledge of the store begins; None without a purchase."""
    found = read(connection, "history/history_since", store=store).item()
    return found if isinstance(found, date) else None


def frozen_cut_points(
    connection: duckdb.DuckDBPyConnection, store: str, since_on: date, as_of: date
) -> pl.DataFrame | None:
    """The cut points of the earliest day kept in the period before `as_of`, if there is one."""
    if not table_exists(connection, "rfm_cut_point_history"):
        return None
    found = read(
        connection, "history/frozen_rfm_cut_points", store=store, since_on=since_on, as_of=as_of
    )
    return None if found.is_empty() else found


def kept(connection: duckdb.DuckDBPyConnection, table: str, store: str) -> pl.DataFrame:
    """The rows of one kept table for a store; an empty frame when nothing was kept yet."""
    if not table_exists(connection, table):
        return pl.DataFrame()
    return read(connection, f"history/{table}", store=store)


def profile_columns(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """The columns of the kept profiles; none before the first run."""
    return tuple(read(connection, "history/coded_columns")["column_name"])


def _refuse_going_back(connection: duckdb.DuckDBPyConnection, store: str, as_of: date) -> None:
    latest = read(connection, "history/latest_run", store=store).item()
    if latest is not None and latest > as_of:
        raise HeldBack(
            f"profiles of {store} are kept for {latest}; write those of {as_of} to a file instead"
        )


def _with_store(frame: pl.DataFrame, store: str) -> pl.DataFrame:
    others = [name for name in frame.columns if name != "store"]
    return frame.select(pl.lit(store).alias("store"), *others)
