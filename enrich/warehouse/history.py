"""Computed profiles kept: replaced per store in one go, and the history of their segments."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import chain

import duckdb
import polars as pl

from enrich.errors import HeldBack
from enrich.threads import made_ahead
from enrich.warehouse.coded import Vocabulary, show_profiles
from enrich.warehouse.connection import another
from enrich.warehouse.parts import EVERYBODY, StoreParts, store_parts
from enrich.warehouse.resolved import Resolved
from enrich.warehouse.scripts import read, registered, run, table_exists, transaction
from enrich.warehouse.today import settle

STATES = {
    "customer_key": pl.Int64,
    "rfm_segment": pl.String,
    "rfm_group": pl.String,
    "r_score": pl.Int8,
    "f_score": pl.Int8,
    "m_score": pl.Int8,
}
"""What the history follows of a profile."""


@dataclass(frozen=True, slots=True)
class Profiles:
    """What profiles are computed from, the kept ones, and the history of their segments.

    What is read through `_reader` may be read in another thread while `_connection` writes.
    """

    _connection: duckdb.DuckDBPyConnection = field(repr=False)
    _reader: duckdb.DuckDBPyConnection = field(repr=False)

    def parts(self, store: str, customers_per_part: int | None = None) -> StoreParts:
        """What the profile core reads, in parts of neighbouring customers, read when asked for.

        Without a size there is one part, unless the shop is so large that memory asks for more.
        """
        return store_parts(self._reader, store, customers_per_part)

    def ranking_inputs(self, store: str) -> tuple[pl.Series, pl.DataFrame]:
        """The keys of the store's customers, and purchases as the profile core reads them."""
        keys = read(self._connection, "input/customer_keys", store=store)["customer_key"]
        values = {"store": store, "first_key": 0, "last_key": EVERYBODY}
        return keys, read(self._connection, "input/purchases", **values)

    def keep(
        self,
        store: str,
        as_of: date,
        profiles: Iterable[pl.DataFrame],
        cut_points: pl.DataFrame,
        *,
        run_id: str,
        now: datetime,
    ) -> None:
        """Profiles and cut points of the store replaced, history continued: all or nothing.

        `profiles` are blocks of the customers. They are laid aside in a table of their own, one
        transaction each, so that no more than a few wait in memory; what counts changes in one
        transaction at the end. Raises HeldBack when profiles of a later day are kept already.
        """
        connection = self._connection
        self._refuse_going_back(store, as_of)
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
                history_since=Resolved(connection).history_since(store),
                run_id=run_id,
                now=now,
            )
            show_profiles(connection)
            settle(connection, store, as_of)

    def of(self, store: str) -> pl.DataFrame:
        """The kept profiles of a store, with the column `store`; empty before the first run."""
        if not table_exists(self._connection, "profiles"):
            return pl.DataFrame()
        return read(self._connection, "history/profiles", store=store)

    def columns(self) -> tuple[str, ...]:
        """The columns of the kept profiles; none before the first run."""
        return tuple(read(self._connection, "history/coded_columns")["column_name"])

    def newest_day(self, store: str) -> date | None:
        """The day the newest profiles of the store are for; None before the first."""
        found = read(self._connection, "history/latest_run", store=store).item()
        return found if isinstance(found, date) else None

    def days(self, store: str) -> list[date]:
        """The days for which profiles of the store were kept, oldest first."""
        found = read(self._connection, "history/profile_days", store=store)["as_of"].to_list()
        return [day for day in found if isinstance(day, date)]

    def segments_on(self, store: str, day: date) -> pl.DataFrame:
        """customer_key, rfm_segment as kept for the day; empty when nothing was."""
        return read(self._connection, "history/segments_on", store=store, as_of=day)

    def segments_before(self, store: str, as_of: date) -> pl.DataFrame:
        """What each customer was before `as_of`, as the profile core reads it (HISTORY).

        Previous segment and days of changes are null while a customer has never changed.
        """
        return read(self._connection, "history/segments_before", store=store, as_of=as_of)

    def frozen_cut_points(self, store: str, since_on: date, as_of: date) -> pl.DataFrame | None:
        """The cut points of the earliest day kept from `since_on` to before `as_of`, if any."""
        if not table_exists(self._connection, "rfm_cut_point_history"):
            return None
        days = {"since_on": since_on, "as_of": as_of}
        found = read(self._connection, "history/frozen_rfm_cut_points", store=store, **days)
        return None if found.is_empty() else found

    def _refuse_going_back(self, store: str, as_of: date) -> None:
        latest = self.newest_day(store)
        if latest is not None and latest > as_of:
            raise HeldBack(
                f"profiles of {store} are kept for {latest};"
                f" write those of {as_of} to a file instead"
            )


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
    changed = set(read(connection, "history/changed_columns")["column_name"])
    columns = [name for name in aside.columns if name not in changed]
    run(connection, "history/replace_profiles", store=store, columns=columns)
    with registered(connection, {"incoming": aside.texts}):
        run(connection, "history/replace_profile_texts", store=store)


def _replace_cut_points(
    connection: duckdb.DuckDBPyConnection, store: str, as_of: date, cut_points: pl.DataFrame
) -> None:
    incoming = _with_store(cut_points, store)
    with registered(connection, {"incoming": incoming}):
        run(connection, "history/replace_rfm_cut_points", store=store, columns=incoming.columns)
        run(connection, "history/remember_rfm_cut_points", store=store, as_of=as_of)


def _with_store(frame: pl.DataFrame, store: str) -> pl.DataFrame:
    others = [name for name in frame.columns if name != "store"]
    return frame.select(pl.lit(store).alias("store"), *others)
