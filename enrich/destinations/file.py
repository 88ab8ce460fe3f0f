"""File: Parquet, CSV or NDJSON with a manifest: in a folder, on SFTP, in an S3 bucket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import polars as pl
from pydantic import Field, model_validator

from enrich.destinations.base import (
    Addressee,
    Batch,
    DestinationSettings,
    FieldName,
    RecordKey,
    Row,
    Tools,
)
from enrich.destinations.entity import DestinationEntity
from enrich.destinations.file_sets import MANIFEST, drop_old, manifest_text, take_out
from enrich.destinations.file_tables import writer
from enrich.destinations.kinds import (
    AUDIENCES,
    CARTS,
    NEXT_BEST_PRODUCTS,
    PRODUCTS,
    PROFILES,
    PURCHASES,
)
from enrich.destinations.mapping import version_of
from enrich.destinations.places.local import LocalFolder
from enrich.destinations.places.place import Place
from enrich.destinations.places.s3 import S3Bucket, S3Settings
from enrich.destinations.places.sftp import SftpFolder, SftpSettings
from enrich.destinations.records import ProductKey, RecordEntity, own_records
from enrich.destinations.sending import by_hand
from enrich.errors import BadSettings
from enrich.model import Outcome, RecordResult

KEY = "customer_key"
# A file of more purchases than this holds too much of the memory while it is written.
RECORDS_PER_FILE = 100_000


class FileSettings(DestinationSettings):
    """The keys of a destination of kind `file`; it drops into `folder`, or `sftp`, or `s3`."""

    folder: Path = Path("exports")
    sftp: SftpSettings | None = None
    s3: S3Settings | None = None
    formats: tuple[Literal["parquet", "csv", "ndjson"], ...] = Field(("parquet",), min_length=1)
    mode: Literal["changes", "snapshot"] = "changes"
    fields: tuple[FieldName, ...] = ()
    list_separator: str = Field("|", min_length=1)
    formula_safe: bool = True
    allow_outside_data: bool = False
    product_key: ProductKey = "sku"
    cart_days: int = Field(30, ge=1)

    @model_validator(mode="after")
    def _one_place(self) -> FileSettings:
        given = {"folder", "sftp", "s3"} & self.model_fields_set
        if len(given) > 1:
            raise ValueError(f"{' and '.join(sorted(given))}: a file drop has one place")
        return self


class FileDrop(DestinationEntity):
    """One place that receives files."""

    kind = "file"
    version = "file-1"
    Settings = FileSettings
    settings: FileSettings
    example = {"folder": "exports", "formats": ["parquet", "csv", "ndjson"]}
    record_key: RecordKey = "customer_key"
    transport = "file"
    confirms_first = False
    idempotency_key = "file name, made from the content"
    null_meaning = "clears"

    def __init__(self, settings: FileSettings, tools: Tools) -> None:
        super().__init__(settings, tools)
        self.place = _place(settings, tools)

    def adapt(self) -> None:
        """A whole table should show today's ages, so there a new day is a change."""
        self.whole_table = self.name == PROFILES and self.settings.mode == "snapshot"
        self.diff_days_since = self.whole_table
        super().adapt()

    @property
    def mapping_version(self) -> str:
        settings = self.settings
        return version_of(
            self.version, settings.formats, settings.list_separator, settings.formula_safe
        )

    def problems(self) -> list[str]:
        """Whether the place is reached and lets us in."""
        return self.place.check()

    def validate(self, row: Row) -> str | None:
        """Everything can be written."""
        return None if row["record_id"] is not None else f"no {KEY}"

    def push(self, batch: Batch) -> list[RecordResult]:
        """All accepted once the files and, last, the manifest are whole there."""
        with closing(self.place):
            self._write(batch)
        return [RecordResult(record_id, Outcome.ACCEPTED) for record_id in batch.frame["record_id"]]

    def erase(self, records: Sequence[Addressee]) -> list[RecordResult]:
        """Out of the files that are still there; whoever took some must erase what was in them.

        `enrich forget` searches the data folder by itself.
        """
        message = "whoever took the files must delete the person by hand"
        if not self.place.is_searched:
            message = f"{self._taken_out(records)}; {message}"
        return [by_hand(one, message) for one in records]

    def drop_files(self, before: datetime) -> list[str]:
        """The names of our files from before the moment, removed from the place."""
        with closing(self.place):
            return drop_old(self.place, before)

    def _taken_out(self, records: Sequence[Addressee]) -> str:
        column = next((f.target for f in self.fields if f.source == KEY), None)
        if column is None:
            return "the files have no customer_key to find the person by: delete them"
        with closing(self.place):
            count = take_out(self.place, (column, KEY), [one.record_id for one in records])
        return f"{count} file(s) there were written again without the person"

    def _write(self, batch: Batch) -> None:
        table = batch.frame.select(pl.col(f.source).alias(f.target) for f in self.fields)
        set_name = f"{batch.store}-{batch.entity}-{batch.as_of.isoformat()}-{batch.batch_id[:8]}"
        files = [
            self.place.put(
                f"{set_name}.{written}",
                writer(table, written, self.settings.list_separator, self.settings.formula_safe),
            )
            for written in self.settings.formats
        ]
        manifest = manifest_text(self._manifest(batch, table, files))
        self.place.put(f"{set_name}{MANIFEST}", lambda out: out.write(manifest))

    def _manifest(
        self, batch: Batch, table: pl.DataFrame, files: Sequence[Mapping[str, Any]]
    ) -> dict[str, Any]:
        return {
            "batch_id": batch.batch_id,
            "store": batch.store,
            "entity": batch.entity,
            "mode": "snapshot" if self.whole_table else "changes",
            "as_of": batch.as_of.isoformat(),
            "written_at": batch.sent_at.isoformat(),
            "row_count": table.height,
            "columns": [{"name": name, "type": str(kind)} for name, kind in table.schema.items()],
            "files": list(files),
        }


def _place(settings: FileSettings, tools: Tools) -> Place:
    """Where the settings say, with its secrets read."""
    if settings.sftp is not None:
        names = ("password", "private_key", "passphrase")
        given = {name: getattr(settings.sftp, name) for name in names}
        secrets = {name: tools.secret(source) for name, source in given.items() if source}
        return SftpFolder(settings.sftp, secrets, tools.data_dir, tools.sleep)
    if settings.s3 is not None:
        return S3Bucket(
            settings.s3,
            tools.secret(settings.s3.access_key_id),
            tools.secret(settings.s3.secret_access_key),
            tools.data_dir,
        )
    folder = _folder(settings, tools.data_dir)
    return LocalFolder(folder, is_searched=folder.is_relative_to(tools.data_dir.resolve()))


def _folder(settings: FileSettings, data_dir: Path) -> Path:
    """The folder, resolved; outside the data folder only when the settings say so."""
    inside = data_dir.resolve()
    folder = (inside / settings.folder).resolve()
    if not settings.allow_outside_data and not folder.is_relative_to(inside):
        raise BadSettings(
            f"folder {settings.folder} is outside the data folder;"
            " set allow_outside_data = true if that is meant"
        )
    return folder


class _Records(RecordEntity, FileDrop):
    """Other records, all columns of what changed each time."""

    example = {}
    record_key = "record_id"
    max_records = RECORDS_PER_FILE


FileDrop.others = own_records(_Records, PRODUCTS, PURCHASES, CARTS, NEXT_BEST_PRODUCTS, AUDIENCES)
