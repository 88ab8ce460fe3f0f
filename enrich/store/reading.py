"""The read copy as people see it: opened read-only, without the writer's lock."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from polars import selectors

from enrich.errors import BadSettings
from enrich.store.connection import limit_memory, spill_folder
from enrich.store.desk import desk_frames
from enrich.store.parts import EVERYBODY
from enrich.store.person import person_frames
from enrich.store.pushes import Pushes
from enrich.store.scripts import frame_of, read, run, scripts_in, table_counts, table_exists


@dataclass(frozen=True, slots=True)
class ReadCopy:
    """The analysts' copy of the warehouse, as of the last publish."""

    path: Path
    _connection: duckdb.DuckDBPyConnection = field(repr=False)

    def query(
        self, text: str, values: Sequence[Any] | dict[str, Any] | None = None
    ) -> pl.DataFrame:
        """The answer of one query; raises BadSettings with DuckDB's reason when it is wrong."""
        try:
            relation = self._connection.sql(text, params=values)
            return pl.DataFrame() if relation is None else _answer(relation)
        except duckdb.Error as error:
            raise BadSettings(f"the query failed: {str(error).splitlines()[0]}") from None

    def table(self, name: str, store: str | None = None) -> pl.DataFrame:
        """One table, of one store or of all; empty without columns when it does not exist."""
        if not table_exists(self._connection, name):
            return pl.DataFrame()
        rows = self._connection.table(name)
        if store is not None:
            rows = rows.filter(duckdb.ColumnExpression("store") == duckdb.ConstantExpression(store))
        return frame_of(rows)

    def desk(self, store: str, as_of: date) -> dict[str, pl.DataFrame]:
        """The frames of the dashboard of one store, sales up to the day; see `desk_frames`."""
        return desk_frames(self._connection, store, as_of)

    def customer(
        self, who: str | None, store: str | None, key: int | None = None
    ) -> dict[str, pl.DataFrame]:
        """Everything known of one customer, found by a word or our key; see `person`."""
        return person_frames(self._connection, who, store, key)

    def profiles_day(self, store: str) -> date | None:
        """The day the newest profiles of the store are for; None before the first."""
        found = read(self._connection, "history/latest_run", store=store).item()
        return found if isinstance(found, date) else None

    def profiles_days(self, store: str) -> list[date]:
        """The days for which profiles of the store were kept, oldest first."""
        found = read(self._connection, "history/profile_days", store=store)["as_of"].to_list()
        return [day for day in found if isinstance(day, date)]

    def segments_on(self, store: str, day: date) -> pl.DataFrame:
        """customer_key, rfm_segment as kept for the day; empty when nothing was."""
        return read(self._connection, "history/segments_on", store=store, as_of=day)

    def ranking_inputs(self, store: str) -> tuple[pl.Series, pl.DataFrame]:
        """The keys of the store's customers, and purchases as the profile core reads them."""
        keys = read(self._connection, "input/customer_keys", store=store)["customer_key"]
        values = {"store": store, "first_key": 0, "last_key": EVERYBODY}
        return keys, read(self._connection, "input/purchases", **values)

    @property
    def pushes(self) -> Pushes:
        """The ledger of pushes."""
        return Pushes(self._connection)

    def table_counts(self) -> pl.DataFrame:
        """table_name, row_count: one row per table."""
        return table_counts(self._connection)


# What no frame holds, alone or in a list; DuckDB's own spelling of it does.
_AS_TEXT = re.compile(r"\bINTERVAL\b|\bBIT\b|\bUNION\b|\bTIME WITH TIME ZONE\b")


def _answer(relation: duckdb.DuckDBPyRelation) -> pl.DataFrame:
    """The rows of anybody's query; raises BadSettings on what a frame cannot hold."""
    names = relation.columns
    if repeated := [name for name in names if names.count(name) > 1]:
        raise BadSettings(
            f"the query failed: two columns are called {repeated[0]}; rename one with `as NAME`"
        )
    columns = [
        duckdb.ColumnExpression(name).cast("varchar").alias(name)
        if _AS_TEXT.search(str(kind))
        else duckdb.ColumnExpression(name)
        for name, kind in zip(names, relation.types, strict=True)
    ]
    found = frame_of(relation.select(*columns))
    for name in found.select(selectors.date() | selectors.datetime()).columns:
        years = found[name].drop_nulls().dt.year()  # null for infinity
        if not years.is_between(1, 9999).fill_null(False).all():
            raise BadSettings(
                f"the query failed: {name} holds a day outside of the years 1 to 9999;"
                f" ask for it as text: {name}::varchar"
            )
    return found


@contextmanager
def read_warehouse(data_dir: Path, *, memory_limit: str = "4GB") -> Iterator[ReadCopy]:
    """The read copy in `data_dir`; raises BadSettings when nothing was published yet."""
    path = data_dir / "analysis.duckdb"
    if not path.is_file():
        raise BadSettings(f"{path} does not exist yet; a sync makes it")
    connection = _open(path)
    try:
        connection.execute("set timezone = 'UTC'")
        limit_memory(connection, memory_limit)
        if os.access(data_dir, os.W_OK):
            folder = str(spill_folder(path))
            connection.execute("set temp_directory = $folder", {"folder": folder})
        for script in scripts_in("macros"):
            run(connection, script)
        yield ReadCopy(path, connection)
    finally:
        connection.close()


def _open(path: Path) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(str(path), read_only=True)
    except duckdb.IOException:
        raise BadSettings(
            f"the read copy {path} cannot be read; delete it, the next run makes it anew"
        ) from None
