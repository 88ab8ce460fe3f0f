"""Order files from elsewhere (a till, a former shop system) as a source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from enrich.model import Rules
from enrich.sources.files.reading import read_import
from enrich.sources.source import ImportFrames, Rows, Source


@dataclass(frozen=True)
class FileRows(Rows):
    """The rows of the files of one import; None for a file that is not given."""

    name = "import"
    orders: Path | None = None
    items: Path | None = None
    customers: Path | None = None

    def changed(self, since: datetime | None, now: datetime, rules: Rules) -> ImportFrames:
        """All rows, whatever is stored: importing the same files again changes nothing."""
        files = (self.orders, self.items, self.customers)
        return read_import(*files, time_zone=rules.time_zone, currency=rules.currency)


@dataclass(frozen=True)
class Files(Source):
    """The files of one import."""

    orders: Path | None = None
    items: Path | None = None
    customers: Path | None = None

    @property
    def entities(self) -> tuple[FileRows]:
        return (FileRows(self.orders, self.items, self.customers),)
