"""Import files as validated frames: good rows in the store's shape, bad rows as rejects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

import polars as pl

from enrich.errors import BadSettings
from enrich.model import EARLIEST, FileFormat, Reject
from enrich.sources.files.batches import LINE
from enrich.sources.files.checking import TableRead, Understood, read_table
from enrich.sources.files.spec import IMPORTED
from enrich.sources.files.tables import Table, customers_table, items_table, orders_table

SAMPLE_ROWS = 5

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


@dataclass(frozen=True, slots=True)
class FileCount:
    """How many rows a file has, the rejects among them, and the words in it that nobody knows,
    each with its rows and its first line."""

    name: str
    row_count: int
    rejects: list[Reject] = field(repr=False)
    unknown: Mapping[str, tuple[int, int]] = field(default_factory=dict, repr=False)

    @property
    def reasons(self) -> dict[str, tuple[int, int | None]]:
        """How many rows each reason rejected and the first line, most frequent first; no value."""
        counts = Counter(reject.reason for reject in self.rejects)
        first = {reject.reason: reject.line for reject in reversed(self.rejects)}
        return {reason: (count, first[reason]) for reason, count in counts.most_common()}


@dataclass(frozen=True)
class FileSeen:
    """How a file was understood: about the whole, and each column; `sample` has its first rows."""

    kind: str
    name: str
    understood: str
    columns: tuple[Understood, ...]
    sample: pl.DataFrame = field(repr=False)
    personal: frozenset[str]


@dataclass(frozen=True)
class ImportFrames:
    """What the files hold; None for a file that was not given.

    orders, a row per order_id: order_id, customer_id (null: anonymous), email, ordered_at (UTC,
      naive, microseconds), amount_cents (negative: a refund), currency, status, promo_code,
      refund_of, source (the name of the file), line.
    items: order_id, line_no (from 1 within the order, as in the file), sku, quantity, amount_cents,
      product, brand, category. A repeated line is a repeated sale.
    customers, a row per customer_id: customer_id, email, first_name, last_name, phone, birth_date,
      document, gender, newsletter_opt_in, locale, extra_fields (JSON text, null without any).
    rejects: the bad rows of all files. counts: how many rows and rejects each file has. notes: what
      was ignored or left out, a line each. seen: how each file was understood.
    """

    orders: pl.DataFrame | None
    items: pl.DataFrame | None
    customers: pl.DataFrame | None
    rejects: list[Reject] = field(default_factory=list, repr=False)
    counts: list[FileCount] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seen: list[FileSeen] = field(default_factory=list, repr=False)


COLUMNS: Mapping[Literal["orders", "items", "customers"], tuple[str, ...]] = {
    "orders": orders_table("UTC", None, EARLIEST, FileFormat()).names,
    "items": items_table(FileFormat()).names,
    "customers": customers_table(EARLIEST, FileFormat()).names,
}
"""Our columns of each kind of file that is imported."""


def read_import(
    orders: Path | None,
    items: Path | None,
    customers: Path | None,
    *,
    time_zone: str,
    currency: str | None,
    now: datetime,
    formats: Mapping[str, FileFormat] | None = None,
) -> ImportFrames:
    """The rows of up to three import files; `currency` is that of orders which name none.

    `formats` says, by orders, items and customers, how they are written. An order after the UTC
    moment `now` is rejected. A bad row becomes a Reject with its line (the first line of a CSV is
    1; a Parquet file has no header, its first row is line 1) and the good rows stay. Raises
    BadSettings, one line with file, column and the setting that helps, when a file cannot be
    understood, lacks a required column or has no good row.
    """
    said = {kind: (formats or {}).get(kind, FileFormat()) for kind in IMPORTED}
    asked = (
        (orders, orders_table(time_zone, currency, now, said["orders"])),
        (items, items_table(said["items"])),
        (customers, customers_table(now, said["customers"])),
    )
    reads = {table.name: (path, table, read_table(path, table)) for path, table in asked if path}
    if not reads:
        raise BadSettings("nothing to import; name a file of orders, items or customers")
    frames = {kind: _FRAMES[kind](read, path) for kind, (path, _, read) in reads.items()}
    return ImportFrames(
        frames.get("orders"),
        frames.get("items"),
        frames.get("customers"),
        [reject for _, _, read in reads.values() for reject in read.rejects],
        [
            FileCount(path.name, read.row_count, read.rejects, read.unknown)
            for path, _, read in reads.values()
        ],
        [note for _, _, read in reads.values() for note in read.notes],
        [_seen(path, table, read) for path, table, read in reads.values()],
    )


def _seen(path: Path, table: Table, read: TableRead) -> FileSeen:
    first = read.rows.head(SAMPLE_ROWS)
    shown = {
        column.name: pl.col(column.output_name)
        for column in table.columns
        if first[column.output_name].null_count() < first.height
    }
    money = {name: cell / 100 for name, cell in shown.items() if f"{name}_cents" in first.columns}
    personal = {column.name for column in table.columns if column.is_personal}
    return FileSeen(
        table.name,
        path.name,
        read.understood,
        read.columns,
        first.select(line=pl.col(LINE), **{**shown, **money}),
        frozenset({*personal, "customer_id"}),
    )


def _orders(read: TableRead, path: Path) -> pl.DataFrame:
    return read.rows.select(*_ORDERS, pl.lit(path.name).alias("source"), pl.col(LINE).alias("line"))


def _items(read: TableRead, _: Path) -> pl.DataFrame:
    place = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("order_id")
    return read.rows.with_columns(place.alias("line_no")).select(_ITEMS)


def _customers(read: TableRead, _: Path) -> pl.DataFrame:
    return read.rows.drop(LINE)


_FRAMES = {"orders": _orders, "items": _items, "customers": _customers}
