"""Rejects and export files hold people's data for a while; they go when its time is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from enrich.store import Warehouse

EXPORTS = "exports"


def tidy(warehouse: Warehouse, *, rejects_days: int, exports_days: int, now: datetime) -> None:
    """Drop the rejects and the files of the folder `exports` that are older than so many days.

    What was set aside and is still bad is set aside anew by the next sync that sees it.
    """
    warehouse.drop_rejects(before=now - timedelta(days=rejects_days))
    drop_files(warehouse.path.with_name(EXPORTS), now - timedelta(days=exports_days))


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
