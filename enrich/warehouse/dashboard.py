"""The frames of the dashboard, computed from the read copy with the statements of sql/dashboard."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import duckdb
import polars as pl

from enrich.warehouse.connection import limit_memory
from enrich.warehouse.scripts import read, registered, run, table_exists

MEMORY_LIMIT = "1GB"
"""A million customers fit; with more, DuckDB uses temporary files."""

PREPARED = ("periods", "sales", "points", "sold")
STAND_INS = (
    "profiles",
    "watermarks",
    "runs",
    "reject_counts",
    "reconciliation",
    "prediction_models",
    "prediction_backtests",
    "prediction_calibration",
    "audience_counts",
    "audience_history",
    "audience_assignments",
)
SHOWN = (
    "days_known",
    "read_filters",
    "read_periods",
    "figures",
    "to_date",
    "coupons",
    "days",
    "months",
    "grid",
    "segments",
    "movements",
    "cohorts",
    "value",
    "customers",
    "carts",
    "audiences",
    "outlook",
    "calibration",
    "backtest",
    "tiers",
    "leaving",
    "pulled",
    "runs",
    "findings",
    "reconciled",
    "pushes",
)
FROM_CURVE = "expected_months"
DIMENSIONS = ("channel", "category", "brand", "product", "promo_code")


@dataclass(frozen=True, slots=True)
class Dashboard:
    """What the dashboard shows, computed from a read copy."""

    _connection: duckdb.DuckDBPyConnection = field(repr=False)

    def models(self, store: str, as_of: date) -> pl.DataFrame:
        """The rows of the newest models up to the day; empty before the first."""
        self._stand_in("prediction_models")
        return read(self._connection, "predictions/newest_models", store=store, as_of=as_of)

    def frames(self, store: str, as_of: date, curve: pl.DataFrame) -> dict[str, pl.DataFrame]:
        """The frames of one store by the statement that answers, sales up to `as_of`.

        What sold is there per dimension, as `labels_brand`. Money is cents; figures about one to
        four people are null. `curve` (age, orders) is what a new customer is expected to order.
        """
        connection = self._connection
        limit_memory(connection, MEMORY_LIMIT)
        values = {"store": store, "as_of": as_of}
        for table in STAND_INS:
            self._stand_in(table)
        if "p_alive" not in connection.table("profiles").columns:
            run(connection, "dashboard/absent/predicted_fields")
        for script in PREPARED:
            run(connection, f"dashboard/{script}", **values)
        frames = {name: read(connection, f"dashboard/{name}", **values) for name in SHOWN}
        for dimension in DIMENSIONS:
            found = read(connection, "dashboard/labels", dimension=dimension, **values)
            frames[f"labels_{dimension}"] = found
        with registered(connection, {"curve": curve}):
            frames[FROM_CURVE] = read(connection, f"dashboard/{FROM_CURVE}", **values)
        run(connection, "dashboard/clear")
        return frames

    def _stand_in(self, table: str) -> None:
        if not table_exists(self._connection, table):
            run(self._connection, f"dashboard/absent/{table}")
