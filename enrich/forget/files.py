"""People out of the files of the data folder, and a look whether nothing was overlooked."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import polars as pl
from polars.exceptions import PolarsError

from enrich.destinations.file_sets import MANIFEST, OURS, manifest_text
from enrich.durable import whole_file
from enrich.forget.journal import CERTIFICATES, FOLDER, Case
from enrich.receiver import FOLDER as INBOX
from enrich.receiver import inboxes_in
from enrich.warehouse import IDENTIFIER_COLUMNS, REMEMBERED_NAME, Traces, is_database, traces_of
from enrich.warehouse.copies import COPIES_NAME
from enrich.warehouse.parquet_copy import VERSIONS_NAME

KEY = "customer_key"
CHUNK_BYTES = 1 << 20
Readable = IO[bytes] | gzip.GzipFile

SCANS: Mapping[str, Callable[[Path], pl.LazyFrame]] = {
    ".parquet": pl.scan_parquet,
    ".csv": lambda path: pl.scan_csv(path, infer_schema=False),
    ".ndjson": lambda path: pl.scan_ndjson(path, infer_schema_length=None),
}
SINKS: Mapping[str, Callable[[pl.LazyFrame, Path], object]] = {
    ".parquet": lambda table, path: table.sink_parquet(path),
    ".csv": lambda table, path: table.sink_csv(path),
    ".ndjson": lambda table, path: table.sink_ndjson(path),
}
BROKEN = (
    PolarsError, OSError, ValueError, KeyError, IndexError, TypeError, EOFError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What reading a file of somebody else's making may raise."""
OWN_FOLDERS = frozenset({FOLDER, CERTIFICATES, INBOX, ".tmp", VERSIONS_NAME})
OWN_FILES = frozenset({COPIES_NAME, REMEMBERED_NAME, ".lock"})


@dataclass(frozen=True, slots=True)
class SearchedPeople:
    """Whom the files are searched for, by store."""

    traces: Mapping[str, Traces] = field(repr=False)
    customer_keys: frozenset[int]

    def of_file(self, name: str) -> list[Traces]:
        """The traces to look for in a file; one of our exports is about its own store alone."""
        if OURS.match(name):
            whole = name.lstrip(".")
            return [
                one
                for store, one in self.traces.items()
                if re.match(rf"{re.escape(store)}-[a-z_]+-\d{{4}}-", whole)
            ]
        return list(self.traces.values())


def searched_people(case: Case) -> SearchedPeople:
    """Whom a case is about."""
    return SearchedPeople(
        {store: traces_of(people.traces) for store, people in case.people.items()},
        frozenset(key for people in case.people.values() for key in people.named.customer_keys),
    )


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Which files were written again without the people; which somebody has to look at, and why."""

    rewritten: tuple[str, ...]
    left: Mapping[str, str]


def clean_files(data_dir: Path, people: SearchedPeople, only: Iterable[str] = ()) -> Cleaned:
    """The files of the data folder without the people; `only`: just these, of an earlier try.

    A file that cannot be read is named and stops nothing.
    """
    rewritten: list[Path] = []
    left: dict[Path, str] = {}
    asked = [path for name in only if (path := data_dir / name).is_file()]
    for path in asked if only else list(_files(data_dir)):
        try:
            if path.suffix in SCANS and _rewrite(path, people):
                rewritten.append(path)
            if _names_somebody(path, people):
                left[path] = HOLDS
        except BROKEN as fault:
            left[path] = f"cannot be read ({type(fault).__name__})"
    for path in _manifests_of(rewritten):
        try:
            _correct_manifest(path)
        except BROKEN as fault:
            left[path] = f"is not corrected ({type(fault).__name__})"
    rewritten += _clean_inboxes(data_dir, people)
    return Cleaned(
        _inside(rewritten, data_dir),
        dict(zip(_inside(list(left), data_dir), left.values(), strict=True)),
    )


HOLDS = "names the person"


def files_naming(data_dir: Path, people: SearchedPeople) -> tuple[str, ...]:
    """The files that name one of the people, or that cannot be read; nothing is changed."""
    found = []
    for path in _files(data_dir):
        try:
            scan = SCANS.get(path.suffix)
            named = bool(scan and _has(scan(path), path, people)) or _names_somebody(path, people)
        except BROKEN:
            named = True
        if named:
            found.append(path)
    return _inside(found, data_dir)


def _files(data_dir: Path) -> Iterator[Path]:
    """The files somebody may stand in, without databases and what the program keeps for itself."""
    for path in sorted(data_dir.rglob("*")):
        inside = path.relative_to(data_dir)
        is_own = inside.parts[0] in OWN_FOLDERS or inside.name in OWN_FILES
        if is_own or path.name.endswith(MANIFEST) or not path.is_file():
            continue
        if path.suffix in SCANS or not is_database(path):
            yield path


def _rewrite(path: Path, people: SearchedPeople) -> bool:
    """Whether the file was written again without the rows of the people; its age stays."""
    table = SCANS[path.suffix](path)
    if not _has(table, path, people):
        return False
    before = path.stat()
    with whole_file(path) as fresh:
        SINKS[path.suffix](table.filter(~_is_theirs(table, path.name, people)), fresh)
        os.utime(fresh, ns=(before.st_atime_ns, before.st_mtime_ns))
    return True


def _has(table: pl.LazyFrame, path: Path, people: SearchedPeople) -> bool:
    found = table.select(_is_theirs(table, path.name, people).any())
    return bool(found.collect(engine="streaming").item())


def _is_theirs(table: pl.LazyFrame, name: str, people: SearchedPeople) -> pl.Expr:
    """Rows of our key, or that name one of the people in any column of text."""
    schema = table.collect_schema()
    theirs = [pl.lit(False)]
    if KEY in schema.names():
        keys = [str(key) for key in people.customer_keys]
        theirs.append(pl.col(KEY).cast(pl.String).is_in(keys))
    for traces in people.of_file(name):
        for column, kind in schema.items():
            theirs += _naming(column, kind, traces)
    return pl.any_horizontal(theirs).fill_null(False)


def _naming(column: str, kind: pl.DataType, traces: Traces) -> list[pl.Expr]:
    if column == KEY or kind not in (pl.String, pl.List(pl.String)):
        return []
    texts = pl.col(column) if kind == pl.String else pl.col(column).list.join(" ")
    found = [texts.map_batches(traces.in_texts, return_dtype=pl.Boolean)]
    if column.lower() in IDENTIFIER_COLUMNS and kind == pl.String:
        found.append(pl.col(column).map_batches(traces.in_values, return_dtype=pl.Boolean))
    return found


def _manifests_of(files: Sequence[Path]) -> list[Path]:
    """The manifests that may list one of the files."""
    names = {path.name for path in files}
    folders = {path.parent for path in files}
    return [
        path
        for folder in sorted(folders)
        for path in sorted(folder.glob(f"*{MANIFEST}"))
        if any(name.startswith(path.name.removesuffix(MANIFEST)) for name in names)
    ]


def _correct_manifest(path: Path) -> None:
    """Sizes and digests as the files are now; the row count is that of the first of them."""
    manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    for entry in manifest["files"]:
        file = path.with_name(entry["name"])
        entry["size_bytes"] = file.stat().st_size
        with file.open("rb") as content:
            entry["sha256"] = hashlib.file_digest(content, "sha256").hexdigest()
    first = path.with_name(manifest["files"][0]["name"])
    manifest["row_count"] = SCANS[first.suffix](first).select(pl.len()).collect().item()
    path.write_bytes(manifest_text(manifest))


def _clean_inboxes(data_dir: Path, people: SearchedPeople) -> list[Path]:
    return [
        path
        for store, inbox in inboxes_in(data_dir).items()
        if store in people.traces
        for path in inbox.forget(people.traces[store].values)
    ]


def _names_somebody(path: Path, people: SearchedPeople) -> bool:
    """Whether the content names one of the people: plain text, gzip, zip and Excel.

    Of tables too: the first line of a CSV file, or what is nested, is no row that could go.
    """
    return any(
        traces.in_texts(pl.Series([text])).any()
        for content in _contents(path)
        for text in _texts(content)
        for traces in people.of_file(path.name)
    )


def _contents(path: Path) -> Iterator[Readable]:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                with archive.open(name) as content:
                    yield content
        return
    with _opened(path) as content:
        yield content


@contextmanager
def _opened(path: Path) -> Iterator[Readable]:
    with path.open("rb") as file:
        is_gzip = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        if not is_gzip:
            yield file
            return
        with gzip.open(file) as content:
            yield content


def _texts(content: Readable) -> Iterator[str]:
    """The content in pieces that overlap, so that no text is cut in two unseen.

    UTF-16 without its zeros is what identifiers are in UTF-8.
    """
    before = b""
    while chunk := content.read(CHUNK_BYTES):
        yield (before + chunk).replace(b"\0", b"").decode("utf-8", errors="replace")
        before = chunk[-512:]


def _inside(paths: Sequence[Path], data_dir: Path) -> tuple[str, ...]:
    return tuple(path.relative_to(data_dir).as_posix() for path in paths)
