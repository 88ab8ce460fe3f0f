"""A person out of the files of the data folder, and a look whether nothing was overlooked."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from enrich.destinations.file_sets import MANIFEST, READERS, WRITERS, manifest_text

KEY = "customer_key"
CHUNK = 1 << 20


def remove_from_files(
    data_dir: Path, values: Sequence[str], customer_keys: Sequence[int]
) -> list[Path]:
    """The export files that were written again without the rows of the person."""
    found = [
        path
        for path in sorted(data_dir.rglob("*"))
        if path.suffix in READERS and path.is_file() and _rewrite(path, values, customer_keys)
    ]
    for manifest in {path.parent for path in found}:
        for path in manifest.glob(f"*{MANIFEST}"):
            _correct_manifest(path)
    return found


def _rewrite(path: Path, values: Sequence[str], customer_keys: Sequence[int]) -> bool:
    table = READERS[path.suffix](path)
    kept = table.filter(~_is_theirs(table, values, customer_keys))
    if kept.height == table.height:
        return False
    fresh = path.with_name(f".{path.name}.fresh")
    os.close(os.open(fresh, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600))
    WRITERS[path.suffix](kept, fresh)
    fresh.replace(path)
    return True


def _is_theirs(table: pl.DataFrame, values: Sequence[str], keys: Sequence[int]) -> pl.Expr:
    """Rows of our key, or with one of the identifiers in any column of text."""
    texts = [name for name, dtype in table.schema.items() if dtype == pl.String and name != KEY]
    said = [
        pl.col(name).str.to_lowercase().str.strip_prefix("'").is_in([v.lower() for v in values])
        for name in texts
    ]
    own = [pl.col(KEY).cast(pl.String).is_in([str(key) for key in keys])] * (KEY in table.columns)
    return pl.any_horizontal(*said, *own, pl.lit(False)).fill_null(False)


def _correct_manifest(path: Path) -> None:
    """Sizes and digests as the files are now; the row count is that of the first of them."""
    manifest = json.loads(path.read_text(encoding="utf-8"))
    for entry in manifest["files"]:
        file = path.with_name(entry["name"])
        entry["size_bytes"] = file.stat().st_size
        entry["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
    first = path.with_name(manifest["files"][0]["name"])
    manifest["row_count"] = READERS[first.suffix](first).height
    path.write_bytes(manifest_text(manifest))


def still_holding(data_dir: Path, values: Sequence[str]) -> list[Path]:
    """The files that hold one of the identifiers in plain bytes: old backups and copies, mostly."""
    wanted = [value.encode() for value in values]
    return [path for path in sorted(data_dir.rglob("*")) if path.is_file() and _holds(path, wanted)]


def _holds(path: Path, wanted: Sequence[bytes]) -> bool:
    return any(value in chunk for chunk in _chunks(path) for value in wanted)


def _chunks(path: Path) -> Iterator[bytes]:
    """The content in pieces that overlap, so that no text is cut in two unseen."""
    before = b""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield before + chunk
            before = chunk[-512:]
