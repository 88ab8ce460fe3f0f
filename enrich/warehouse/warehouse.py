"""The warehouse: one DuckDB file, every write in a transaction, the connection never handed out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl

from enrich.model import Rules
from enrich.warehouse import publishing, resolving
from enrich.warehouse.audiences import Audiences
from enrich.warehouse.completing import IncompleteOrders
from enrich.warehouse.consents import Consents
from enrich.warehouse.contacts import Contacts
from enrich.warehouse.damage import memory_explained
from enrich.warehouse.forgetting import People
from enrich.warehouse.history import Profiles
from enrich.warehouse.importing import Imports
from enrich.warehouse.loading import Records
from enrich.warehouse.own_fields import OwnValues
from enrich.warehouse.parquet import write_rows
from enrich.warehouse.predictions import Predictions
from enrich.warehouse.pushes import Pushes
from enrich.warehouse.reconciling import Orders
from enrich.warehouse.resolved import Resolved
from enrich.warehouse.runs import Runs
from enrich.warehouse.scripts import frame_of, quoted, run, table_counts, transaction
from enrich.warehouse.sharing import Sharing
from enrich.warehouse.today import Today


class Warehouse:
    """An open warehouse, owned by this process while it is open: an object for each subject."""

    def __init__(
        self,
        path: Path,
        connection: duckdb.DuckDBPyConnection,
        reader: duckdb.DuckDBPyConnection,
        sharing: Sharing = Sharing(),
        memory_limit: str = "4 GB",
    ) -> None:
        self.path = path
        self.memory_limit = memory_limit
        self.records = Records(connection)
        self.imports = Imports(connection)
        self.orders = Orders(connection)
        self.incomplete_orders = IncompleteOrders(connection)
        self.contacts = Contacts(connection)
        self.resolved = Resolved(connection)
        self.profiles = Profiles(connection, reader)
        self.today = Today(connection)
        self.predictions = Predictions(connection)
        self.own_values = OwnValues(connection)
        self.audiences = Audiences(connection)
        self.pushes = Pushes(connection)
        self.people = People(connection)
        self.runs = Runs(connection)
        self._connection = connection
        self._sharing = sharing

    def consents(self, store: str) -> Consents:
        """The consent of a store."""
        return Consents(self._connection, store)

    def resolve(self, store: str, rules: Rules, *, run_id: str, now: datetime) -> pl.DataFrame:
        """The findings of a resolve: finding, detail, row_count, amount_cents.

        Customers, purchases and their lines are built again from the typed tables, in one
        transaction, unless nothing was loaded since the last time. Raises HeldBack, leaving
        yesterday's, when a check finds rows.
        """
        with memory_explained("resolving", self.memory_limit), transaction(self._connection):
            return resolving.resolve(self._connection, store, rules, run_id=run_id, now=now)

    def publish(
        self,
        comments: Mapping[str, Mapping[str, str]] | None = None,
        *,
        keep_before: bool = True,
    ) -> Path:
        """The read copy for other programs, swapped in whole; `comments`: table -> column -> text.

        Where it lies and what it holds is settled when the warehouse is opened. Without
        `keep_before` nothing of an older version is left, even for who still reads it.
        """
        return publishing.publish(
            self._connection,
            self.path.parent,
            self._sharing,
            comments or {},
            keep_before=keep_before,
        )

    def copy_out(self, table: str, path: Path, store: str | None = None, extra: str = "") -> None:
        """The rows of a table, of one store or of all, as Parquet; `extra` columns in front."""
        kept = f" where store = {quoted(store)}" if store is not None else ""
        query = f"select {extra} * from {table}{kept}"  # noqa: S608 - our own names
        write_rows(self._connection, query, path)

    def highest_key(self) -> int:
        """The highest customer_key that anybody ever had."""
        run(self._connection, "identity/highest_key")
        return int(frame_of(self._connection.sql("from highest_key")).item())

    def table_counts(self) -> pl.DataFrame:
        """table_name, row_count: one row per table."""
        return table_counts(self._connection)
