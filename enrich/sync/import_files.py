"""Import order files of one store: read, reject the bad rows, load the good ones, resolve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from enrich.errors import HeldBack
from enrich.model import FileFormat, Loaded
from enrich.runs.record import recorded
from enrich.runs.reporting import SILENT, Reporter
from enrich.shop import Shop
from enrich.sources.files import ImportFrames, read_import
from enrich.sync.import_doubts import beside_the_store, unknown_words, unusable_rows
from enrich.warehouse import Warehouse


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
    warehouse: Warehouse,
    shop: Shop,
    files: Files,
    *,
    now: datetime,
    formats: Mapping[str, FileFormat] | None = None,
    confirmed: bool = False,
    report: Reporter = SILENT,
) -> ImportReport:
    """What one import did; importing the same files again changes nothing.

    `formats` says how the files are written, else the shop's settings do. Raises BadSettings when a
    file cannot be understood or holds no good row, and HeldBack when it is doubtful; nothing is
    loaded then. Somebody who looked says `confirmed`; a status nobody knows holds it all the same.
    """
    said = shop.file_formats if formats is None else formats
    frames = read_files(shop, files, now=now, formats=said)
    hold(warehouse, shop, frames, confirmed=confirmed)
    with recorded(warehouse, "import", shop.name, now) as run:
        report.say(f"{shop.name}: loading the files")
        loaded = warehouse.imports.load(
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


def read_files(
    shop: Shop, files: Files, *, now: datetime, formats: Mapping[str, FileFormat]
) -> ImportFrames:
    """What the files hold; raises BadSettings when one cannot be understood."""
    return read_import(
        files.orders,
        files.items,
        files.customers,
        time_zone=shop.rules.time_zone,
        currency=shop.rules.currency,
        now=now,
        formats=formats,
    )


def hold(warehouse: Warehouse, shop: Shop, frames: ImportFrames, *, confirmed: bool) -> None:
    """Raises HeldBack, with all that is doubtful, unless somebody looked and confirmed it."""
    if unknown := [problem for file in frames.counts if (problem := unknown_words(file))]:
        raise HeldBack(f"nothing was loaded: {'; '.join(unknown)}")
    if confirmed:
        return
    given = {"orders": frames.orders, "items": frames.items, "customers": frames.customers}
    doubts = [
        *(problem for file in frames.counts if (problem := unusable_rows(file))),
        *beside_the_store(warehouse.imports.doubts(shop.name, given)),
    ]
    if doubts:
        raise HeldBack(
            f"nothing was loaded: {'; '.join(doubts)}; correct the file, or load it as it is with"
            " --confirm"
        )
