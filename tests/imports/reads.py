"""Short ways to import a text, for the tests."""

from __future__ import annotations

from pathlib import Path

from enrich.model import Reject
from enrich.sources.files import ImportFrames, read_import

ORDERS = "order_id,customer_id,ordered_at,amount"
ITEMS = "order_id,sku,quantity,amount"
ZONE = "America/Sao_Paulo"


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def orders_of(
    folder: Path,
    content: str | bytes,
    *,
    name: str = "orders.csv",
    zone: str = ZONE,
    currency: str | None = None,
) -> ImportFrames:
    path = written(folder, name, content)
    return read_import(path, None, None, time_zone=zone, currency=currency)


def items_of(folder: Path, content: str) -> ImportFrames:
    path = written(folder, "items.csv", content)
    return read_import(None, path, None, time_zone=ZONE, currency=None)


def customers_of(folder: Path, content: str) -> ImportFrames:
    path = written(folder, "customers.csv", content)
    return read_import(None, None, path, time_zone=ZONE, currency=None)


def column(frames: ImportFrames, name: str) -> list[object]:
    """One column of the only table that was read."""
    for frame in (frames.orders, frames.items, frames.customers):
        if frame is not None:
            return frame[name].to_list()
    raise AssertionError("nothing was read")


def faults(rejects: list[Reject]) -> list[tuple[int | None, str]]:
    return [(reject.line, reject.reason) for reject in rejects]
