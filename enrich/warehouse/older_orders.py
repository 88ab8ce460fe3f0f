"""Orders as older schemas typed them, typed again from what raw has of them."""

from __future__ import annotations

import duckdb

from enrich.warehouse.scripts import run

ORDER_SCRIPTS = (
    "orders",
    "order_items",
    "order_promo_codes",
    "order_refunds",
)
"""The statements of sql/typed about orders, in their order."""


def type_older_orders(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill the typed tables of orders again, of every store; the caller holds the transaction."""
    stores = connection.execute("select distinct store from raw.vtex_orders").fetchall()
    for (store,) in stores:
        run(connection, "loading/all_keys", store=store, raw_table="raw.vtex_orders")
        for script in ORDER_SCRIPTS:
            run(connection, f"typed/{script}", store=store)
