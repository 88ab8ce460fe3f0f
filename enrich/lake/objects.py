"""A lake that lies in a bucket of S3: worked on in a folder, sent back with its manifest last.

The folders of a lake never change once a manifest names them, so a file that is there is not moved
again, and a reader of the bucket sees the lake of before or the new one whole.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path

from enrich.destinations.places.s3 import Bucket
from enrich.durable import write_durably
from enrich.errors import BadSettings
from enrich.lake.manifest import entry_folders, only_writer, read_manifest
from enrich.warehouse.copies import LAKE_MANIFEST as NAME

S3 = "s3://"
_OF_A_LAKE = re.compile(r"store=[^/]+/(build|profiles)-[0-9a-f]{16}/")


def split_address(address: str) -> tuple[str, str]:
    """Bucket and key of s3://BUCKET/KEY; raises BadSettings where one is missing."""
    bucket, _, key = address.removeprefix(S3).partition("/")
    if not bucket or not key.strip("/"):
        raise BadSettings(f"{address} should be {S3}BUCKET/FOLDER")
    return bucket, key.strip("/")


@contextmanager
def brought_lake(objects: Bucket, lake: Path, now: datetime, is_written: bool) -> Iterator[None]:
    """The lake of the bucket is in the folder, and what was written there in the bucket after it.

    Raises Locked while another process brings or writes it.
    """
    with only_writer(lake, "lake in a bucket", now, ".bucket.lock"):
        bring_lake(objects, lake)
        if is_written:
            yield
            send_lake(objects, lake)
    if not is_written:
        yield


def bring_lake(objects: Bucket, lake: Path) -> None:
    """The folder has the lake as the bucket has it; files that are there stay."""
    there = {entry.name for entry in objects.entries()}
    if NAME not in there:
        return
    manifest = objects.fetch(NAME)
    if (lake / NAME).is_file() and (lake / NAME).read_bytes() == manifest:
        return
    before, coming = lake / NAME, lake / f"new-{NAME}"
    before.unlink(missing_ok=True)  # until all files are here there is no lake in the folder
    write_durably(coming, manifest)
    for name in sorted(there):
        if name.startswith(_folders_of(lake, coming.name)) and not (lake / name).exists():
            _save(lake / name, objects.fetch(name))
    coming.rename(before)


def send_lake(objects: Bucket, lake: Path) -> None:
    """The bucket has the lake of the folder: files, then the manifest; then what neither names."""
    there = {entry.name for entry in objects.entries()}
    named = _folders_of(lake, NAME)
    ours = {
        path.relative_to(lake).as_posix(): path
        for path in lake.rglob("*.parquet")
        if path.relative_to(lake).as_posix().startswith(named)
    }
    for name in sorted(set(ours) - there):
        _put(objects, name, ours[name])
    _put(objects, NAME, lake / NAME)
    # What the manifest of before named stays in the folder for those who read it, so there too.
    kept = tuple(f"{path.relative_to(lake).as_posix()}/" for path in lake.glob("store=*/*"))
    for name in filter(_OF_A_LAKE.match, there):  # what else lies there is not ours
        if not name.startswith(kept):
            objects.remove(name)


def bring_files(objects: Bucket, pattern: str, folder: Path) -> Path:
    """The glob, in the folder, of the objects that the pattern names; others there are removed.

    A star stays within a folder, as in the glob of a disk; raises BadSettings on two of them.
    """
    if "**" in pattern:
        raise BadSettings(f"{pattern} should name one folder: ** is not read in a bucket")
    found = {
        one.name: one
        for one in objects.entries()
        if one.name.count("/") == pattern.count("/") and fnmatchcase(one.name, pattern)
    }
    for path in folder.glob(pattern):
        if path.relative_to(folder).as_posix() not in found:
            path.unlink()
    for name, entry in found.items():
        path, at = folder / name, entry.modified_at.timestamp()
        if not path.exists() or path.stat().st_mtime != at:
            _save(path, objects.fetch(name))
            os.utime(path, (at, at))
    return folder / pattern


def _folders_of(lake: Path, manifest: str) -> tuple[str, ...]:
    return tuple(
        f"store={store}/{folder}/"
        for store, entry in read_manifest(lake, manifest).items()
        for folder in entry_folders(entry)
    )


def _save(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_durably(path, content)


def _put(objects: Bucket, name: str, path: Path) -> None:
    with path.open("rb") as file:
        objects.put(name, lambda out: shutil.copyfileobj(file, out))
