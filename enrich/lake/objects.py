"""A lake that lies in a bucket of S3: worked on in a folder, uploaded with its manifest last.

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
from enrich.warehouse.copies import S3, UNSENT

_OF_A_LAKE = re.compile(r"store=[^/]+/(build|profiles)-[0-9a-f]{16}/")


def split_address(address: str) -> tuple[str, str]:
    """Bucket and key of s3://BUCKET/KEY; raises BadSettings where one is missing."""
    bucket, _, key = address.removeprefix(S3).partition("/")
    if not bucket or not key.strip("/"):
        raise BadSettings(f"{address} should be {S3}BUCKET/FOLDER")
    return bucket, key.strip("/")


@contextmanager
def downloaded_lake(objects: Bucket, lake: Path, now: datetime, is_written: bool) -> Iterator[None]:
    """The lake of the bucket is in the folder, and what was written there in the bucket after it.

    Raises Locked while another process downloads or writes it.
    """
    with only_writer(lake, "lake in a bucket", now, ".bucket.lock"):
        theirs = download_lake(objects, lake)
        if is_written:
            write_durably(lake / UNSENT, theirs)
            yield
            upload_lake(objects, lake)
            (lake / UNSENT).unlink()
    if not is_written:
        yield


def download_lake(objects: Bucket, lake: Path) -> bytes:
    """The manifest of the bucket, whose lake is in the folder; b"" where there is none.

    Files that are there stay, and so does work that was not uploaded, on what the bucket has still.
    """
    there = {entry.name for entry in objects.entries()}
    manifest = objects.fetch(NAME) if NAME in there else b""
    before, coming, unsent = lake / NAME, lake / f"new-{NAME}", lake / UNSENT
    if unsent.is_file() and unsent.read_bytes() == manifest:
        return manifest
    unsent.unlink(missing_ok=True)
    if not manifest:
        _empty(lake)  # somebody deleted it there, for good
        return manifest
    if before.is_file() and before.read_bytes() == manifest:
        return manifest
    write_durably(coming, manifest)
    for name in sorted(there):
        if name.startswith(_folders_of(lake, coming.name)) and not (lake / name).exists():
            _download(objects, name, lake / name)
    coming.rename(before)
    return manifest


def is_in(objects: Bucket) -> bool:
    """Whether the bucket has anything of a lake."""
    names = [entry.name for entry in objects.entries()]
    return NAME in names or any(map(_OF_A_LAKE.match, names))


def upload_lake(objects: Bucket, lake: Path) -> None:
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


def download_files(objects: Bucket, pattern: str, folder: Path) -> Path:
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
            _download(objects, name, path)
            os.utime(path, (at, at))
    return folder / pattern


def _empty(lake: Path) -> None:
    (lake / NAME).unlink(missing_ok=True)
    for folder in lake.glob("store=*"):
        shutil.rmtree(folder)


def _folders_of(lake: Path, manifest: str) -> tuple[str, ...]:
    return tuple(
        f"store={store}/{folder}/"
        for store, entry in read_manifest(lake, manifest).items()
        for folder in entry_folders(entry)
    )


def _download(objects: Bucket, name: str, path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_durably(path, objects.chunks(name))


def _put(objects: Bucket, name: str, path: Path) -> None:
    with path.open("rb") as file:
        objects.put(name, lambda out: shutil.copyfileobj(file, out))
