"""A lake in an S3 bucket: downloaded to a folder, worked on there, uploaded with its manifest last.

The folders of a lake never change once a manifest names them, so a file that is there is not moved
again, and a reader of the S3 bucket sees the old lake whole or the new one. The buckets that a
lake is cut into are something else: parts of its people.
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

from enrich.destinations.places.s3 import S3Bucket
from enrich.durable import write_durably
from enrich.errors import BadSettings
from enrich.lake.manifest import entry_folders, only_writer, read_manifest
from enrich.warehouse.copies import LAKE_MANIFEST as NAME
from enrich.warehouse.copies import S3, UNSENT

_OF_A_LAKE = re.compile(r"store=[^/]+/(build|profiles)-[0-9a-f]{16}/")


def split_address(address: str) -> tuple[str, str]:
    """S3 bucket and key of s3://BUCKET/KEY; raises BadSettings where one is missing."""
    s3_bucket, _, key = address.removeprefix(S3).partition("/")
    if not s3_bucket or not key.strip("/"):
        raise BadSettings(f"{address} should be {S3}BUCKET/FOLDER")
    return s3_bucket, key.strip("/")


@contextmanager
def downloaded_lake(
    s3_bucket: S3Bucket, lake: Path, now: datetime, is_written: bool
) -> Iterator[None]:
    """The folder has the lake of the S3 bucket; what the block wrote there is uploaded after it.

    Raises Locked while another process downloads or writes it.
    """
    with only_writer(lake, "lake in an S3 bucket", now, ".bucket.lock"):
        theirs = download_lake(s3_bucket, lake)
        if is_written:
            write_durably(lake / UNSENT, theirs)
            yield
            upload_lake(s3_bucket, lake)
            (lake / UNSENT).unlink()
    if not is_written:
        yield


def download_lake(s3_bucket: S3Bucket, lake: Path) -> bytes:
    """The manifest of the S3 bucket, whose lake is in the folder now; b"" where there is none.

    Files of the folder stay. So does work that was not uploaded, as long as the manifest in
    the S3 bucket is the one it began with.
    """
    there = {entry.name for entry in s3_bucket.entries()}
    manifest = s3_bucket.fetch(NAME) if NAME in there else b""
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
            _download(s3_bucket, name, lake / name)
    coming.rename(before)
    return manifest


def has_lake(s3_bucket: S3Bucket) -> bool:
    """Whether the S3 bucket has anything of a lake."""
    names = [entry.name for entry in s3_bucket.entries()]
    return NAME in names or any(map(_OF_A_LAKE.match, names))


def upload_lake(s3_bucket: S3Bucket, lake: Path) -> None:
    """Upload the lake, its manifest last; then delete what the folder does not have any more."""
    there = {entry.name for entry in s3_bucket.entries()}
    named = _folders_of(lake, NAME)
    ours = {
        path.relative_to(lake).as_posix(): path
        for path in lake.rglob("*.parquet")
        if path.relative_to(lake).as_posix().startswith(named)
    }
    for name in sorted(set(ours) - there):
        _put(s3_bucket, name, ours[name])
    _put(s3_bucket, NAME, lake / NAME)
    # The folder keeps what the previous manifest named, for readers of it: so the S3 bucket does.
    kept = tuple(f"{path.relative_to(lake).as_posix()}/" for path in lake.glob("store=*/*"))
    for name in filter(_OF_A_LAKE.match, there):  # no other object is ours
        if not name.startswith(kept):
            s3_bucket.remove(name)


def download_files(s3_bucket: S3Bucket, pattern: str, folder: Path) -> Path:
    """Download the objects that the pattern names, delete other files there; their glob on disk.

    A star stays within a folder, as in the glob of a disk; raises BadSettings on two of them.
    """
    if "**" in pattern:
        raise BadSettings(f"{pattern} should name one folder: ** is not read in an S3 bucket")
    found = {
        one.name: one
        for one in s3_bucket.entries()
        if one.name.count("/") == pattern.count("/") and fnmatchcase(one.name, pattern)
    }
    for path in folder.glob(pattern):
        if path.relative_to(folder).as_posix() not in found:
            path.unlink()
    for name, entry in found.items():
        path, at = folder / name, entry.modified_at.timestamp()
        if not path.exists() or path.stat().st_mtime != at:
            _download(s3_bucket, name, path)
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


def _download(s3_bucket: S3Bucket, name: str, path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_durably(path, s3_bucket.chunks(name))


def _put(s3_bucket: S3Bucket, name: str, path: Path) -> None:
    with path.open("rb") as file:
        s3_bucket.put(name, lambda out: shutil.copyfileobj(file, out))
