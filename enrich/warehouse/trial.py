"""The real ledger of pushes in a database in memory, to try a destination with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

import duckdb
import polars as pl

from enrich.warehouse.pushes import Pushes, PushTarget
from enrich.warehouse.scripts import run


class Ledger:
    """The real ledger of one entity, in a database in memory, and what stands in its tables."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, entity: str) -> None:
        self.pushes = Pushes(connection)
        self.target = PushTarget("there", "main", entity)
        self._connection = connection

    @property
    def records(self) -> dict[str, dict[str, Any]]:
        """The row of every record, in the order of their numbers."""
        rows = self._table("push_records").iter_rows(named=True)
        return {row["record_id"]: row for row in sorted(rows, key=_number)}

    @property
    def known_since(self) -> datetime | None:
        return self.pushes.status(self.target).known_since

    @property
    def batch_count(self) -> int:
        return self._table("push_batches").height

    @property
    def runs(self) -> dict[str, str]:
        return dict(self._table("push_runs").select("run_id", "status").iter_rows())

    @property
    def jobs(self) -> list[dict[str, Any]]:
        return self.pushes.open_jobs(self.target).to_dicts()

    @property
    def intents(self) -> list[str]:
        return self._table("push_intents")["record_id"].to_list()

    @property
    def former_addresses(self) -> pl.DataFrame:
        return self._table("push_addresses")

    def outcomes(self) -> dict[str, str]:
        return {key: row["outcome"] for key, row in self.records.items()}

    def forget(self, *tables: str) -> None:
        """As if these tables (unset: all) had been lost."""
        for table in tables or TABLES:
            self._connection.execute(
                f"delete from {table} where entity = $entity",  # noqa: S608 - our own names
                {"entity": self.target.entity},
            )

    def set_hash(self, record_id: str, value: str) -> None:
        """Another hash for a record, which is then sent again."""
        self._connection.execute(
            "update push_records set hash = $hash where record_id = $id",
            {"hash": value, "id": record_id},
        )

    def _table(self, name: str) -> pl.DataFrame:
        query = f"select * from {name} where entity = $entity order by rowid"  # noqa: S608
        return pl.DataFrame(self._connection.sql(query, params={"entity": self.target.entity}))


def _number(row: Mapping[str, Any]) -> tuple[int, str]:
    return len(row["record_id"]), row["record_id"]


TABLES = (
    "push_records",
    "push_batches",
    "push_runs",
    "push_jobs",
    "push_job_records",
    "push_intents",
    "push_confirmations",
    "push_addresses",
)


def emptied() -> Callable[[str], Ledger]:
    """The ledgers by entity, with nothing in them."""
    connection = _in_memory()
    for table in TABLES:
        connection.execute(f"delete from {table}")  # noqa: S608
    return lambda entity: Ledger(connection, entity)


@cache
def _in_memory() -> duckdb.DuckDBPyConnection:
    """A database in memory with the tables of the ledger, the same for all trials of a process."""
    connection = duckdb.connect()
    connection.execute("set threads = 1")
    for script in ("schema/consent", "schema/push"):
        run(connection, script)
    return connection
