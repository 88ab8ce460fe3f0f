"""Order files from elsewhere (a till, a former shop system) as a source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from enrich.model import FileFormat, Rules
from enrich.sources.files.reading import FileFrames, read_import
from enrich.sources.source import Rows, Source


@dataclass(frozen=True)
class FileRows(Rows):
    """The rows of the files of one import; None for a file that is not given."""

    name = "import"
    orders: Path | None = None
    items: Path | None = None
    customers: Path | None = None
    formats: Mapping[str, FileFormat] = field(default_factory=dict)

    def changed(self, since: datetime | None, now: datetime, rules: Rules) -> FileFrames:
        """All rows, whatever is stored: importing the same files again changes nothing."""
        return read_import(
            self.orders,
            self.items,
            self.customers,
            time_zone=rules.time_zone,
            currency=rules.currency,
            now=now,
            formats=self.formats,
        )


@dataclass(frozen=True)
class Files(Source):
    """The files of one import; `formats` says how they are written, by orders, items, customers."""

    orders: Path | None = None
    items: Path | None = None
    customers: Path | None = None
    formats: Mapping[str, FileFormat] = field(default_factory=dict)

    @property
    def entities(self) -> tuple[FileRows]:
        return (FileRows(self.orders, self.items, self.customers, self.formats),)
