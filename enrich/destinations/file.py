"""File: profiles written into a folder as Parquet, CSV or NDJSON, with a manifest beside them."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, Literal

import polars as pl
from pydantic import Field

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
from enrich.destinations.mapping import JSON_FORMATS, own_names, render_fields, version_of
from enrich.destinations.sending import by_hand
from enrich.errors import BadSettings, Stop
from enrich.model import Outcome, RecordResult

FORMATS = ("parquet", "csv", "ndjson")
# A spreadsheet runs a cell that begins like this; a plain signed number is harmless.
FORMULA = r"^[=+\-@\t\r\n]"
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
    """The keys of a destination of kind `file`."""

    folder: Path = Path("exports")
    formats: tuple[Literal["parquet", "csv", "ndjson"], ...] = Field(("parquet",), min_length=1)
    mode: Literal["changes", "snapshot"] = "changes"
    fields: tuple[FieldName, ...] = ()
    list_separator: str = Field("|", min_length=1)
    formula_safe: bool = True
    allow_outside_data: bool = False


@dataclass(frozen=True)
class FileDrop:
    """One folder that receives files."""

    settings: FileSettings
    capabilities: Capabilities
    fields: tuple[MappedField, ...]
    folder: Path

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
        """Whether the folder, or what it will be made in, can be written."""
        nearest = next(path for path in (self.folder, *self.folder.parents) if path.exists())
        if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
            return []
        return [f"{self.folder} cannot be written"]

    def validate(self, row: Row) -> str | None:
        """Every profile can be written."""
        return None if row["customer_key"] is not None else "no customer_key"

    def render(self, row: Row, *, is_known: bool) -> Payload:
        """The line of a profile without its nulls; in files a null is an empty cell."""
        return render_fields(row, self.fields, JSON_FORMATS, is_known=is_known, empty=None)

    def push(self, batch: Batch) -> list[RecordResult]:
        """All accepted once the files and, last, the manifest are whole on disk; else Stop."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._write(batch)
        except OSError as error:
            raise Stop(f"{self.folder} cannot be written: {error.strerror}") from None
        return [RecordResult(record_id, Outcome.ACCEPTED) for record_id in batch.frame["record_id"]]

    def poll(self, job_id: str, records: Sequence[Addressee]) -> None:
        """A file is whole or not there; there is no job."""

    def erase(self, records: Sequence[Addressee]) -> list[RecordResult]:
        """Who took the files must erase what was in them."""
        return by_hand(records)

    def requests_for(self, record_count: int, byte_count: int) -> int:
        return requests_needed(self.capabilities, record_count, byte_count)

    def _write(self, batch: Batch) -> None:
        table = batch.frame.select(pl.col(f.source).alias(f.target) for f in self.fields)
        stem = f"{batch.store}-{batch.entity}-{batch.as_of.isoformat()}-{batch.batch_id[:8]}"
        files = [
            write_whole(self.folder / f"{stem}.{written}", self._writer(table, written))
            for written in self.settings.formats
        ]
        manifest = json.dumps(self._manifest(batch, table, files), indent=2).encode()
        write_whole(self.folder / f"{stem}.manifest.json", lambda out: out.write(manifest))

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


def write_whole(path: Path, write: Callable[[IO[bytes]], object]) -> dict[str, Any]:
    """Name, size and sha256 of a file that appears whole or not at all, readable by its owner."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    descriptor = os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w+b") as out:
        os.fchmod(out.fileno(), 0o600)
        write(out)
        out.flush()
        os.fsync(out.fileno())
        out.seek(0)
        digest = hashlib.file_digest(out, "sha256").hexdigest()
        size = out.tell()
    unfinished.replace(path)
    _sync_folder(path.parent)
    return {"name": path.name, "size_bytes": size, "sha256": digest}


def as_cells(table: pl.DataFrame, list_separator: str, formula_safe: bool) -> pl.DataFrame:
    """The table for CSV: lists joined, and no text a spreadsheet would run."""
    joined = table.with_columns(
        pl.col(name)
        .list.eval(pl.element().str.replace_all(list_separator, " ", literal=True))
        .list.join(list_separator)
        for name, kind in table.schema.items()
        if isinstance(kind, pl.List)
    )
    return joined.with_columns(harmless(pl.col(pl.String))) if formula_safe else joined


def harmless(text: pl.Expr) -> pl.Expr:
    """The texts with a quote before what a spreadsheet would run; signed numbers stay."""
    is_formula = text.str.contains(FORMULA) & ~text.str.contains(SIGNED_NUMBER)
    return pl.when(is_formula).then("'" + text).otherwise(text).name.keep()


def as_numbers(table: pl.DataFrame) -> pl.DataFrame:
    """The table for NDJSON, where an amount is a number, not a text."""
    return table.with_columns(
        pl.col(name).cast(pl.Float64)
        for name, kind in table.schema.items()
        if isinstance(kind, pl.Decimal)
    )


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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
        folder=_folder(settings, tools.data_dir),
    )


ADAPTER = Adapter(
    settings=FileSettings,
    capabilities=CAPABILITIES,
    mapping=own_names(),
    open=_open,
    example={"folder": "exports", "formats": ["parquet", "csv", "ndjson"]},
)
