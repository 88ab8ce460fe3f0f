"""Import order files of one store: read, reject the bad rows, load the good ones, resolve."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

import polars as pl

from enrich.errors import HeldBack
from enrich.model import Loaded
from enrich.runs.record import Run, recorded
from enrich.runs.reporting import SILENT, Reporter
from enrich.shop import Shop
from enrich.sources.files import Files
from enrich.sources.source import FileCount, ImportFrames, Rows
from enrich.sync.import_doubts import beside_the_store, unknown_words, unusable_rows
from enrich.sync.pulling import EntityReport, Pull
from enrich.warehouse import Warehouse


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
    confirmed: bool = False,
    report: Reporter = SILENT,
) -> ImportReport:
    """What one import did; importing the same files again changes nothing.

    Raises BadSettings when a file cannot be understood or holds no good row, and HeldBack when it
    is doubtful; nothing is loaded then. Somebody who looked says `confirmed`; a status nobody knows
    holds it all the same.
    """
    (rows,) = files.entities
    frames = rows.changed(None, now, shop.rules)
    hold(warehouse, shop, frames, confirmed=confirmed)
    with recorded(warehouse, "import", shop.name, now) as run:
        report.say(f"{shop.name}: loading the files")
        loaded = _load(warehouse, shop, frames, run)
        report.say(f"{shop.name}: resolving customers and purchases")
        checks = warehouse.resolve(shop.name, shop.rules, run_id=run.run_id, now=now)
        kept = {entity: count for entity, count in loaded.items() if entity != "rejects"}
        done = ImportReport(shop.name, kept, len(frames.rejects), tuple(frames.notes), checks)
        run.note({entity: asdict(count) for entity, count in kept.items()})
        run.note({"rejected": done.reject_count, "notes": list(done.notes)})
    return done


def pull_rows(pull: Pull, rows: Rows) -> EntityReport:
    """What a source brought in our own columns; raises HeldBack as an import does."""
    frames = rows.changed(pull.watermark(rows.name), pull.now, pull.shop.rules)
    refuse_many_rejects(frames.counts)
    loaded = _load(pull.warehouse, pull.shop, frames, pull.run)
    pull.move_watermark(rows.name, rows.known_until(pull.now))
    count = sum(one.row_count for one in frames.counts)
    total = sum(loaded.values(), start=Loaded())
    return EntityReport(rows.name, count, count, total, "; ".join(frames.notes) or None)


def _load(warehouse: Warehouse, shop: Shop, frames: ImportFrames, run: Run) -> dict[str, Loaded]:
    return warehouse.imports.load(
        shop.name,
        frames.orders,
        frames.items,
        frames.customers,
        frames.rejects,
        run_id=run.run_id,
        now=run.now,
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


def refuse_many_rejects(files: Iterable[FileCount]) -> None:
    """Raises HeldBack when more than a fifth of what a source brought cannot be used."""
    if problems := [problem for file in files if (problem := unusable_rows(file))]:
        raise HeldBack(f"nothing was loaded: {'; '.join(problems)}")
