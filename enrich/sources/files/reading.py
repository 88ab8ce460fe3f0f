"""Import files as validated frames: good rows in the store's shape, bad rows as rejects."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from enrich.errors import BadSettings
from enrich.sources.files.batches import LINE
from enrich.sources.files.checking import TableRead, read_table
from enrich.sources.files.tables import customers_table, items_table, orders_table
from enrich.sources.source import FileCount, ImportFrames

_ORDERS = [
    "order_id",
    "customer_id",
    "email",
    "ordered_at",
    "amount_cents",
    "currency",
    "status",
    "promo_code",
    "refund_of",
]
_ITEMS = [
    "order_id",
    "line_no",
    "sku",
    "quantity",
    "amount_cents",
    "product",
    "brand",
    "category",
]


def read_import(
    orders: Path | None,
    items: Path | None,
    customers: Path | None,
    *,
    time_zone: str,
    currency: str | None,
) -> ImportFrames:
    """The rows of up to three import files; `currency` is that of orders which name none.

    A bad row becomes a Reject with its line (the header of a CSV is line 1; a Parquet file has no
    header, its first row is line 1) and the good rows stay. Raises BadSettings, one line with file
    and column, when a file cannot be read, lacks a required column or has no good row.
    """
    order_read = read_table(orders, orders_table(time_zone, currency)) if orders else None
    item_read = read_table(items, items_table()) if items else None
    customer_read = read_table(customers, customers_table()) if customers else None
    tables = ((orders, order_read), (items, item_read), (customers, customer_read))
    reads = [read for _, read in tables if read is not None]
    if not reads:
        raise BadSettings("nothing to import; name a file of orders, items or customers")
    return ImportFrames(
        _orders(order_read, orders) if order_read and orders else None,
        _items(item_read) if item_read else None,
        customer_read.rows.drop(LINE) if customer_read else None,
        [reject for read in reads for reject in read.rejects],
        [
            FileCount(path.name, read.row_count, read.rejects)
            for path, read in tables
            if path and read
        ],
        [note for read in reads for note in read.notes],
    )


def _orders(read: TableRead, path: Path) -> pl.DataFrame:
    return read.rows.select(*_ORDERS, pl.lit(path.name).alias("source"), pl.col(LINE).alias("line"))


def _items(read: TableRead) -> pl.DataFrame:
    place = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("order_id")
    return read.rows.with_columns(place.alias("line_no")).select(_ITEMS)
