"""Rejects, export files and the inbox hold people's data for a while; it goes in its time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from enrich.receiver import FOLDER
from enrich.warehouse import Warehouse

EXPORTS = "exports"


def tidy(
    warehouse: Warehouse, *, rejects_days: int, exports_days: int, inbox_days: int, now: datetime
) -> None:
    """Drop the rejects, exports and messages that are older than so many days.

    What was rejected and is still bad is rejected again by the next sync that sees it. A message
    only grows old in the inbox of a store that is not pulled any more.
    """
    warehouse.records.drop_rejects(before=now - timedelta(days=rejects_days))
    drop_files(warehouse.path.with_name(EXPORTS), now - timedelta(days=exports_days))
    drop_files(warehouse.path.with_name(FOLDER), now - timedelta(days=inbox_days))


def drop_files(folder: Path, before: datetime) -> list[Path]:
    """The files under the folder that were written before the moment, and are gone now."""
    old = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and datetime.fromtimestamp(path.stat().st_mtime, UTC) < before
    ]
    for path in old:
        path.unlink()
    return old
