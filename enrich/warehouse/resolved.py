"""What the last resolve of a store found: to read, from the warehouse or its read copy."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import duckdb
import polars as pl

from enrich.warehouse.scripts import read, table_exists

SPLITS = pl.Schema(
    {
        "customer_key": pl.Int64(),
        "new_customer_key": pl.Int64(),
        "split_at": pl.Datetime("us"),
    }
)


@dataclass(frozen=True, slots=True)
class Resolved:
    """Findings, split customers and where the history begins; of each store."""

    _connection: duckdb.DuckDBPyConnection = field(repr=False)

    def findings(self, store: str) -> pl.DataFrame:
        """The findings of the last resolve: finding, detail, row_count, amount_cents."""
        return read(self._connection, "report/read", store=store)

    def splits(self, store: str, destination: str | None = None) -> pl.DataFrame:
        """Who got a key of their own since profiles were last accepted there, or anywhere: SPLITS.

        `customer_key` was theirs too until then. None in a copy of before they were recorded.
        """
        if not table_exists(self._connection, "customer_splits"):
            return pl.DataFrame(schema=SPLITS)
        return read(self._connection, "report/splits", store=store, destination=destination)

    def history_since(self, store: str) -> date | None:
        """The day of the oldest purchase; None without any."""
        found = read(self._connection, "history/history_since", store=store).item()
        return found if isinstance(found, date) else None
