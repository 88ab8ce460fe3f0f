"""Import order files of one store: read, reject the bad rows, load the good ones, resolve."""

from __future__ import annotations

from collections import Counter
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
from enrich.sync.pulling import EntityReport, Pull, is_no_accident
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

    Raises BadSettings when a file cannot be read or holds no good row, and HeldBack when so many of
    its rows are unusable that it is no accident of theirs; nothing is loaded then. Somebody who
    looked says `confirmed`.
    """
    (rows,) = files.entities
    frames = rows.changed(None, now, shop.rules)
    if not confirmed:
        brake(frames.counts)
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
    brake(frames.counts)
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


SHOWN_REASONS = 3


def brake(files: Iterable[FileCount]) -> None:
    """Raises HeldBack on a file of which more than a fifth cannot be used, as a sync does."""
    for file in files:
        if is_no_accident(len(file.rejects), file.row_count):
            raise HeldBack(
                f"{file.name}: {len(file.rejects):,} of {file.row_count:,} rows are unusable,"
                f" nothing was loaded: {_reasons(file)}; correct the file, or load its other rows"
                " with --confirm"
            )


def _reasons(file: FileCount) -> str:
    """The most frequent reasons, each with its first line; no value of the file."""
    counts = Counter(reject.reason for reject in file.rejects)
    first = {reject.reason: reject.line for reject in reversed(file.rejects)}
    return "; ".join(
        f"{reason} ({count:,} rows, the first is line {first[reason]})"
        for reason, count in counts.most_common(SHOWN_REASONS)
    )
