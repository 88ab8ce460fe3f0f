"""Short ways to import a text, for the tests."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from enrich.model import FileFormat, Reject
from enrich.sources.files.reading import FileFrames, read_import

ORDERS = "order_id,customer_id,ordered_at,amount"
ITEMS = "order_id,sku,quantity,amount"
ZONE = "America/Sao_Paulo"
NOW = datetime(2026, 7, 1, tzinfo=UTC)


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(
    orders: Path | None = None,
    items: Path | None = None,
    customers: Path | None = None,
    *,
    zone: str = ZONE,
    currency: str | None = None,
    **said: Any,
) -> FileFrames:
    """The files as an import reads them; `said` are settings, the same for each file."""
    formats = dict.fromkeys(("orders", "items", "customers"), FileFormat(**said))
    return read_import(
        orders, items, customers, time_zone=zone, currency=currency, now=NOW, formats=formats
    )


def orders_of(
    folder: Path, content: str | bytes, *, name: str = "orders.csv", **said: Any
) -> FileFrames:
    return read(written(folder, name, content), **said)


def items_of(folder: Path, content: str, **said: Any) -> FileFrames:
    return read(items=written(folder, "items.csv", content), **said)


def customers_of(folder: Path, content: str, **said: Any) -> FileFrames:
    return read(customers=written(folder, "customers.csv", content), **said)


def column(frames: FileFrames, name: str) -> list[object]:
    """One column of the only table that was read."""
    for frame in (frames.orders, frames.items, frames.customers):
        if frame is not None:
            return frame[name].to_list()
    raise AssertionError("nothing was read")


def faults(rejects: list[Reject]) -> list[tuple[int | None, str]]:
    return [(reject.line, reject.reason) for reject in rejects]
