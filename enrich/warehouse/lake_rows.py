"""The rows of a lake taken into a warehouse, where nothing is lost by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from enrich.errors import HeldBack
from enrich.warehouse.lake import KEYED_TABLES, SHARED_TABLES, SOURCE_TABLES
from enrich.warehouse.parquet import rows_of
from enrich.warehouse.scripts import read, run, transaction
from enrich.warehouse.warehouse import Warehouse

CATALOGUE = tuple(table for table in SHARED_TABLES if not table.startswith("state."))
RESULTS = (*KEYED_TABLES, "sold_things", "segment_history")


@dataclass(frozen=True, slots=True)
class LakeRows:
    """The folders of a build and of its results; `is_exported`: it was made of a warehouse.

    `findings`: finding, detail, row_count, amount_cents of all buckets together.
    """

    build: Path
    results: Path
    findings: Sequence[Sequence[Any]]
    is_exported: bool
    built_at: datetime

    def sources(self, table: str) -> list[Path]:
        return sorted((self.build / "tables" / table).glob("*/*.parquet"))

    def resolved(self, table: str) -> list[Path]:
        return sorted((self.results / table).glob("*.parquet"))

    def shared(self, table: str) -> list[Path]:
        return [self.build / "shared" / f"{table}.parquet"]


def take_rows(warehouse: Warehouse, store: str, lake: LakeRows, now: datetime) -> None:
    """Who bought what, as resolved in the lake, stands in the warehouse: all or nothing.

    Orders, lines and contacts come along unless the lake was made of this very warehouse. Raises
    HeldBack where the warehouse has rows or people that the lake does not know of.
    """
    connection = warehouse._connection
    salt = rows_of(lake.shared("state.control_salt"))
    same = f"select exists (from {salt} where salt in (from state.control_salt))"
    is_own = lake.is_exported and bool(connection.execute(same).fetchall()[0][0])
    with transaction(connection):
        _open(connection, lake)
        _refuse(connection, store, lake, is_own)
        if not is_own:
            connection.execute("delete from state.control_salt")
            connection.execute(f"insert into state.control_salt by name from {salt}")
            for table in SOURCE_TABLES:
                _replace(connection, store, table, lake.sources(table))
            for table in CATALOGUE:
                _replace(connection, store, table, lake.shared(table))
        run(connection, "lake/merges", store=store, now=now)
        for table in RESULTS:
            _replace(connection, store, table, lake.resolved(table))
        run(connection, "lake/unresolved", store=store)
        if lake.findings:
            rows = [[store, *finding] for finding in lake.findings]
            connection.executemany("insert into resolve_report values (?, ?, ?, ?, ?)", rows)


def _open(connection: duckdb.DuckDBPyConnection, lake: LakeRows) -> None:
    views = {"links": ("identity_links", lake.resolved("identity_links"))}
    views |= {table: (table, lake.sources(table)) for table in ("orders", "contacts")}
    for name, (table, files) in views.items():
        rows = f"from {rows_of(files)}" if files else f"from {table} where false"
        connection.execute(f"create or replace temp view theirs_{name} as {rows}")
    salt = rows_of(lake.shared("state.control_salt"))
    connection.execute(f"create or replace temp view their_salt as from {salt}")


def _refuse(
    connection: duckdb.DuckDBPyConnection, store: str, lake: LakeRows, is_own: bool
) -> None:
    """Raise HeldBack saying what the lake does not know."""
    values = {"store": store, "built_at": lake.built_at, "is_own": is_own}
    for reason, count in read(connection, "lake/unknown", **values).iter_rows():
        if count:
            raise HeldBack(
                f"{store}: {count:,} {reason}; `enrich lake export` makes one of this warehouse"
            )


def _replace(
    connection: duckdb.DuckDBPyConnection, store: str, table: str, files: Sequence[Path]
) -> None:
    connection.execute(f"delete from {table} where store = $store", {"store": store})  # noqa: S608
    if files:
        rows = f"from {rows_of(files)} where store = $store"
        connection.execute(f"insert into {table} by name {rows}", {"store": store})
