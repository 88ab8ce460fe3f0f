"""Import order files of one store: read, set the bad rows aside, load the good ones, resolve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from enrich.imports import read_import
from enrich.jobs.reporting import SILENT, Reporter
from enrich.jobs.runs import recorded
from enrich.jobs.shops import Shop
from enrich.model import Loaded
from enrich.store import Warehouse


@dataclass(frozen=True, slots=True)
class Files:
    """The files of one import; None for what is not given."""

    orders: Path | None = None
    items: Path | None = None
    customers: Path | None = None


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of the rows, by orders, items, customers; `notes` are for a person."""

    store: str
    loaded: Mapping[str, Loaded]
    reject_count: int
    notes: tuple[str, ...]
    checks: pl.DataFrame


def import_store(
    warehouse: Warehouse, shop: Shop, files: Files, *, now: datetime, report: Reporter = SILENT
) -> ImportReport:
    """What one import did; importing the same files again changes nothing.

    Raises BadSettings when a file cannot be read or holds no good row; nothing is loaded then.
    """
    frames = read_import(
        files.orders,
        files.items,
        files.customers,
        time_zone=shop.rules.time_zone,
        currency=shop.rules.currency,
    )
    with recorded(warehouse, "import", shop.name, now) as run:
        report.say(f"{shop.name}: loading the files")
        loaded = warehouse.load_import(
            shop.name,
            frames.orders,
            frames.items,
            frames.customers,
            frames.rejects,
            run_id=run.run_id,
            now=now,
        )
        report.say(f"{shop.name}: resolving customers and purchases")
        checks = warehouse.resolve(shop.name, shop.rules, run_id=run.run_id, now=now)
        kept = {entity: count for entity, count in loaded.items() if entity != "rejects"}
        done = ImportReport(shop.name, kept, len(frames.rejects), tuple(frames.notes), checks)
        run.note({entity: asdict(count) for entity, count in kept.items()})
        run.note({"rejected": done.reject_count, "notes": list(done.notes)})
    return done
