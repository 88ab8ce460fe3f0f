"""File: profiles as Parquet, CSV or NDJSON with a manifest: in a folder, on SFTP, in a bucket."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Literal

import polars as pl
from pydantic import Field, model_validator

from enrich.destinations.base import (
    Adapter,
    Addressee,
    Batch,
    Capabilities,
    DestinationSettings,
    FieldName,
    MappedField,
    Payload,
    Policy,
    Row,
    Tools,
)
from enrich.destinations.batches import requests_needed
from enrich.destinations.file_sets import MANIFEST, drop_old, manifest_text, take_out
from enrich.destinations.mapping import (
    JSON_FORMATS,
    own_names,
    render_fields,
    render_rows,
    version_of,
)
from enrich.destinations.places import (
    Bucket,
    LocalFolder,
    Place,
    S3Settings,
    SftpFolder,
    SftpSettings,
)
from enrich.errors import BadSettings
from enrich.model import Outcome, RecordResult

FORMATS = ("parquet", "csv", "ndjson")
# A spreadsheet runs a cell that begins like this; a plain signed number is harmless.
FORMULA = r"^[=+\-@\t\r]"
SIGNED_NUMBER = r"^[+-]?[0-9][0-9., ]*$"

CAPABILITIES = Capabilities(
    entities=("profile",),
    modes=("upsert", "snapshot"),
    record_key="customer_key",
    transport="file",
    result_fidelity="per_record",
    null_meaning="clears",
    idempotency_key="file name, made from the content",
    confirms_first=False,
)


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

    @model_validator(mode="after")
    def _one_place(self) -> FileSettings:
        given = {"folder", "sftp", "s3"} & self.model_fields_set
        if len(given) > 1:
            raise ValueError(f"{' and '.join(sorted(given))}: a file drop has one place")
        return self


@dataclass(frozen=True)
class FileDrop:
    """One place that receives files."""

    settings: FileSettings
    capabilities: Capabilities
    fields: tuple[MappedField, ...]
    place: Place

    @property
    def policy(self) -> Policy:
        return self.settings.policy

    @property
    def mapping_version(self) -> str:
        return version_of(
            "file-1",
            self.settings.formats,
            self.settings.list_separator,
            self.settings.formula_safe,
        )

    def check(self) -> list[str]:
        """Whether the place is reached and lets us in."""
        return self.place.check()

    def validate(self, row: Row) -> str | None:
        """Every profile can be written."""
        return None if row["customer_key"] is not None else "no customer_key"

    def render(self, row: Row, *, is_known: bool) -> Payload:
        """The line of a profile without its nulls; in files a null is an empty cell."""
        return render_fields(row, self.fields, JSON_FORMATS, is_known=is_known, empty=None)

    def render_all(self, frame: pl.DataFrame) -> list[Payload]:
        return list(render_rows(frame, self.fields, JSON_FORMATS, sends_empty=True, empty=None))

    def push(self, batch: Batch) -> list[RecordResult]:
        """All accepted once the files and, last, the manifest are whole there."""
        with closing(self.place):
            self._write(batch)
        return [RecordResult(record_id, Outcome.ACCEPTED) for record_id in batch.frame["record_id"]]

    def poll(self, job_id: str, records: Sequence[Addressee]) -> None:
        """A file is whole or not there; there is no job."""

    def erase(self, records: Sequence[Addressee]) -> list[RecordResult]:
        """Out of the files that are still there; whoever took some must erase what was in them.

        `enrich forget` searches the data folder by itself.
        """
        message = "whoever took the files must delete the person by hand"
        if not self.place.is_searched:
            message = f"{self._taken_out(records)}; {message}"
        return [RecordResult(one.record_id, Outcome.INVALID, "by_hand", message) for one in records]

    def drop_files(self, before: datetime) -> list[str]:
        """The names of our files from before the moment, removed from the place."""
        with closing(self.place):
            return drop_old(self.place, before)

    def requests_for(self, record_count: int, byte_count: int) -> int:
        return requests_needed(self.capabilities, record_count, byte_count)

    def _taken_out(self, records: Sequence[Addressee]) -> str:
        column = next((f.target for f in self.fields if f.source == "customer_key"), None)
        if column is None:
            return "the files have no customer_key to find the person by: delete them"
        with closing(self.place):
            count = take_out(self.place, column, [one.record_id for one in records])
        return f"{count} file(s) there were written again without the person"

    def _write(self, batch: Batch) -> None:
        table = batch.frame.select(pl.col(f.source).alias(f.target) for f in self.fields)
        stem = f"{batch.store}-{batch.entity}-{batch.as_of.isoformat()}-{batch.batch_id[:8]}"
        files = [
            self.place.put(f"{stem}.{written}", self._writer(table, written))
            for written in self.settings.formats
        ]
        manifest = manifest_text(self._manifest(batch, table, files))
        self.place.put(f"{stem}{MANIFEST}", lambda out: out.write(manifest))

    def _writer(self, table: pl.DataFrame, written: str) -> Callable[[IO[bytes]], object]:
        if written == "parquet":
            return table.write_parquet
        if written == "ndjson":
            return as_numbers(table).write_ndjson
        return as_cells(table, self.settings.list_separator, self.settings.formula_safe).write_csv

    def _manifest(
        self, batch: Batch, table: pl.DataFrame, files: Sequence[Mapping[str, Any]]
    ) -> dict[str, Any]:
        return {
            "batch_id": batch.batch_id,
            "store": batch.store,
            "entity": batch.entity,
            "mode": self.settings.mode,
            "as_of": batch.as_of.isoformat(),
            "written_at": batch.sent_at.isoformat(),
            "row_count": table.height,
            "columns": [{"name": name, "type": str(kind)} for name, kind in table.schema.items()],
            "files": list(files),
        }


def as_cells(table: pl.DataFrame, list_separator: str, formula_safe: bool) -> pl.DataFrame:
    """The table for CSV: lists joined, and no text a spreadsheet would run."""
    joined = table.with_columns(
        pl.col(name)
        .list.eval(pl.element().str.replace_all(list_separator, " ", literal=True))
        .list.join(list_separator)
        for name, kind in table.schema.items()
        if isinstance(kind, pl.List)
    )
    if not formula_safe:
        return joined
    text = pl.col(pl.String)
    is_formula = text.str.contains(FORMULA) & ~text.str.contains(SIGNED_NUMBER)
    return joined.with_columns(pl.when(is_formula).then("'" + text).otherwise(text).name.keep())


def as_numbers(table: pl.DataFrame) -> pl.DataFrame:
    """The table for NDJSON, where an amount is a number, not a text."""
    return table.with_columns(
        pl.col(name).cast(pl.Float64)
        for name, kind in table.schema.items()
        if isinstance(kind, pl.Decimal)
    )


def _place(settings: FileSettings, tools: Tools) -> Place:
    """Where the settings say, with its secrets read."""
    if settings.sftp is not None:
        names = ("password", "private_key", "passphrase")
        given = {name: getattr(settings.sftp, name) for name in names}
        secrets = {name: tools.secret(source) for name, source in given.items() if source}
        return SftpFolder(settings.sftp, secrets, tools.data_dir, tools.sleep)
    if settings.s3 is not None:
        return Bucket(
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


def _open(settings: FileSettings, tools: Tools) -> FileDrop:
    is_snapshot = settings.mode == "snapshot"
    # A whole table should show today's ages, so there a new day is a change.
    is_diffed = is_snapshot if settings.diff_days_since is None else settings.diff_days_since
    return FileDrop(
        settings=settings,
        capabilities=replace(CAPABILITIES, whole_table=is_snapshot, diff_days_since=is_diffed),
        fields=own_names(settings.fields, settings.names, diff_days_since=is_diffed),
        place=_place(settings, tools),
    )


ADAPTER = Adapter(
    settings=FileSettings,
    capabilities=CAPABILITIES,
    mapping=own_names(),
    open=_open,
    example={"folder": "exports", "formats": ["parquet", "csv", "ndjson"]},
)
