"""Collect statements about consent from the inbox, files, platforms and VTEX."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from enrich.consent.exports import ConsentSource, read_export
from enrich.consent.summary import ConsentSummary
from enrich.destinations.consents import ExportsConsents, ShowsConsents
from enrich.errors import EnrichError
from enrich.model import FileFormat
from enrich.shop import Shop
from enrich.sources.files.consents import read_consents
from enrich.sync.inbox import take_consents
from enrich.warehouse import Warehouse
from enrich.warehouse.consents import RECEIVED, VERIFIED


@dataclass(frozen=True)
class Gathering:
    """One store whose consents are gathered, on behalf of which run; counts go to `summary`."""

    warehouse: Warehouse
    shop: Shop
    run_id: str
    now: datetime
    summary: ConsentSummary
    looks_per_run: int
    wait_seconds: float

    def gather(self, sources: Sequence[ConsentSource], files: Sequence[Path]) -> None:
        """Take in everything; one platform's fault stays its own and is in the summary."""
        take_consents(self.warehouse, self.shop, run_id=self.run_id, now=self.now)
        for path in files:
            self._take_file(path)
        for source in sources:
            try:
                self._ask(source)
            except EnrichError as fault:
                self.summary.faults.append(fault)
        self._observe_vtex()

    def _take_file(self, path: Path) -> None:
        form = self.shop.file_formats.get("consents", FileFormat())
        found = read_consents(path, time_zone=self.shop.rules.time_zone, form=form)
        self._keep(found.rows.with_columns(received_at=self._at))
        self.summary.notes += found.notes
        if found.rejects:
            bad = found.rejects
            self.warehouse.imports.load(
                self.shop.name, None, None, None, bad, run_id=self.run_id, now=self.now
            )
            self.summary.notes.append(f"{len(bad):,} rows were rejected: `enrich rejects`")

    def _ask(self, source: ConsentSource) -> None:
        if isinstance(source.reader, ShowsConsents):
            self._look(source, source.reader)
        else:
            self._read_export(source, source.reader)

    def _look(self, source: ConsentSource, reader: ShowsConsents) -> None:
        """Ask for the people who were asked for the longest time ago."""
        consents = self.warehouse.consents(self.shop.name)
        emails = consents.people_to_look_at(source.name, self.looks_per_run)
        self._observe_people(source, reader.look_at(emails), states_no=reader.states_no)

    def _read_export(self, source: ConsentSource, reader: ExportsConsents) -> None:
        """Start an export, or go on with the one a run before could not wait for."""
        report = read_export(
            source,
            reader,
            self.warehouse.consents(self.shop.name),
            self.warehouse.path.with_name(f".consents-{source.name}.csv"),
            wait_seconds=self.wait_seconds,
            sleep=time.sleep,
            now=self.now,
        )
        if report is None:
            self.summary.notes.append(
                f"{source.name} still works on its export; the next run reads it"
            )
            return
        self._keep(
            report.statements.with_columns(
                origin=pl.lit(source.name), is_dated=pl.lit(True), received_at=self._at
            )
        )
        self._observe_people(source, report.shown)

    def _observe_people(
        self, source: ConsentSource, shown: pl.DataFrame, *, states_no: bool = True
    ) -> None:
        if not shown.is_empty():
            self.warehouse.consents(self.shop.name).observe_people(
                source.name,
                shown,
                states_no=states_no,
                run_id=self.run_id,
                now=self.now,
            )

    def _observe_vtex(self) -> None:
        """What the customer documents show since the last look; doubtful ones are read by id."""
        consents = self.warehouse.consents(self.shop.name)
        asked = consents.to_verify()
        newsletter = self.shop.newsletter
        found = {} if newsletter is None else newsletter.read(asked)
        verified = pl.DataFrame(list(found.items()), schema=VERIFIED, orient="row")
        watermark_at = self.warehouse.records.watermark(self.shop.name, "customers")
        consents.observe_contacts(
            asked,
            verified,
            looked_at=min(watermark_at or self.now, self.now),
            run_id=self.run_id,
            now=self.now,
        )

    def _keep(self, statements: pl.DataFrame) -> None:
        kept = self.warehouse.consents(self.shop.name).keep_statements(
            statements.select(RECEIVED.names()),
            run_id=self.run_id,
            now=self.now,
            keeps_unknown=self.shop.keeps_unknown,
        )
        self.summary.unusable_count += kept["unusable_count"]

    @property
    def _at(self) -> pl.Expr:
        return pl.lit(self.now.astimezone(UTC).replace(tzinfo=None), dtype=pl.Datetime("us"))
