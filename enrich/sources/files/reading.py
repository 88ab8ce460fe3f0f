"""Import files as validated frames: good rows in the store's shape, bad rows as rejects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

import polars as pl

from enrich.errors import BadSettings
from enrich.model import EARLIEST, FileFormat
from enrich.sources.files.batches import LINE
from enrich.sources.files.checking import TableRead, Understood, read_table
from enrich.sources.files.spec import IMPORTED
from enrich.sources.files.tables import Table, customers_table, items_table, orders_table
from enrich.sources.source import FileCount, ImportFrames

SAMPLE_ROWS = 5


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
class FileFrames(ImportFrames):
    """What the files hold, and how each one was understood."""

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
) -> FileFrames:
    """The rows of up to three import files; `currency` is that of orders which name none.

    `formats` says, by orders, items and customers, how they are written. An order after the UTC
    moment `now` is rejected. A bad row becomes a Reject with its line (the first line of a CSV is
    1; a Parquet file has no header, its first row is line 1) and the good rows stay. Raises
    BadSettings, one line with file, column and the setting that helps, when a file cannot be
    understood, lacks a required column or has no good row.
    """
    forms = {kind: (formats or {}).get(kind, FileFormat()) for kind in IMPORTED}
    asked = (
        (orders, orders_table(time_zone, currency, now, forms["orders"])),
        (items, items_table(forms["items"])),
        (customers, customers_table(now, forms["customers"])),
    )
    reads = {table.name: (path, table, read_table(path, table)) for path, table in asked if path}
    if not reads:
        raise BadSettings("nothing to import; name a file of orders, items or customers")
    frames = {kind: _FRAMES[kind](read, path) for kind, (path, _, read) in reads.items()}
    return FileFrames(
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
    return read.rows.rename({LINE: "line"}).with_columns(source=pl.lit(path.name))


def _items(read: TableRead, _: Path) -> pl.DataFrame:
    place = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("order_id")
    return read.rows.drop("unit_price", LINE).with_columns(line_no=place)


def _customers(read: TableRead, _: Path) -> pl.DataFrame:
    return read.rows.drop(LINE)


_FRAMES = {"orders": _orders, "items": _items, "customers": _customers}
