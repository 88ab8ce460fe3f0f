"""Faults of a DuckDB file and of the machine under it, each named by what it is and what to do.

DuckDB distinguishes most of them by their text alone, so that is read here and nowhere else. To
replace a file is advised only where its content was read and is wrong: a file that is merely open
in another program, unreadable for this account or on a full disk holds all its data.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb

from enrich.errors import BadSettings, EnrichError, Locked, Stop

Kind = Literal[
    "busy",
    "no permission",
    "no room",
    "other version",
    "damaged log",
    "no database",
    "damaged",
    "no memory",
    "unreachable",
]
REPLACEABLE: tuple[Kind, ...] = ("other version", "damaged log", "no database", "damaged")
"""What the content of the file itself proves; only then may another one take its place."""

# The first that fits counts: what the machine refuses says nothing about the content.
_TEXTS: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    ("busy", ("could not set lock on file", "unique file handle conflict")),
    (
        "no permission",
        ("permission denied", "operation not permitted", "read-only file system"),
    ),
    ("no room", ("no space left on device", "disk quota exceeded", "file too large")),
    (
        "other version",
        ("trying to read a database file with version number", "failed to deserialize"),
    ),
    ("damaged log", ("failure while replaying wal file",)),
    ("no database", ("not a valid duckdb database file",)),
    ("damaged", ("corrupt database file", "could not read enough bytes")),
)
_NUMBERS: dict[int, Kind] = {
    errno.EACCES: "no permission",
    errno.EPERM: "no permission",
    errno.EROFS: "no permission",
    errno.ENOSPC: "no room",
    errno.EDQUOT: "no room",
    errno.EFBIG: "no room",
}
# Where neither text nor number says more.
_CLASSES: tuple[tuple[Kind, type[Exception]], ...] = (
    ("no memory", duckdb.OutOfMemoryException),
    ("unreachable", duckdb.IOException),
)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What a DuckDB file is called, and what to do when its content is proven unusable."""

    name: str
    if_damaged: str
    if_other_version: str


WAREHOUSE = StoredFile(
    "the warehouse",
    "`enrich restore FILE` puts a backup in its place and keeps this one beside it",
    "install the version of enrich that wrote it, or a newer one; nothing was changed",
)
READ_COPY = StoredFile(
    "the read copy", "the next run makes it again", "the next run makes it again"
)
BACKUP = StoredFile(
    "the backup",
    "choose another backup; nothing was changed",
    "install the version of enrich that wrote it, or a newer one; nothing was changed",
)


@contextmanager
def explained(path: Path, file: StoredFile = WAREHOUSE) -> Iterator[None]:
    """Raises Locked, Stop or BadSettings where file, disk or memory failed; others pass unchanged.

    DuckDB's own text stays out: it may quote a value.
    """
    try:
        yield
    except (duckdb.Error, OSError) as error:
        fault = _fault_of(error, path, file)
        if fault is None:
            raise
        raise fault from error


@contextmanager
def memory_explained(doing: str, memory_limit: str) -> Iterator[None]:
    """Raises Stop naming the setting where DuckDB runs out of memory while `doing`."""
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise Stop(
            f"out of memory while {doing}; raise `[warehouse] memory_limit` (now {memory_limit}) "
            "or free disk for temporary files"
        ) from error


_FAULTS: dict[Kind, tuple[type[EnrichError], str]] = {
    "busy": (
        Locked,
        "{subject} is open in another program{holder}: close it there, or try again when it is"
        " done",
    ),
    "no permission": (
        Stop,
        "{subject}: no permission for the account that runs enrich; let it read and write the file"
        " and its folder",
    ),
    "no room": (
        Stop,
        "{subject}: no space left on its disk; make room, then run it again; nothing is"
        " half-written",
    ),
    "other version": (
        BadSettings,
        "{subject} was written by another version of DuckDB; {file.if_other_version}",
    ),
    "damaged log": (
        Stop,
        "the log {path}.wal of {file.name} cannot be read, keep both files; {file.if_damaged}",
    ),
    "no database": (BadSettings, "{subject} is no DuckDB file; {file.if_damaged}"),
    "damaged": (Stop, "{subject} is damaged; {file.if_damaged}"),
    "no memory": (
        Stop,
        "{subject} needs more memory or temporary space than there is: free some, then run it"
        " again; nothing is half-written",
    ),
    "unreachable": (
        Stop,
        "{subject} cannot be read or written: look at its disk, then run it again; nothing is"
        " half-written",
    ),
}


def _fault_of(error: Exception, path: Path, file: StoredFile) -> EnrichError | None:
    kind = kind_of(error, path)
    if kind is None:
        return None
    fault, text = _FAULTS[kind]
    subject = f"{file.name} {path}"
    return fault(text.format(subject=subject, path=path, file=file, holder=_holder(error)))


def kind_of(error: BaseException, path: Path) -> Kind | None:
    """What failed, None where the error does not say.

    An error while cleaning up after another one stands for that first one.
    """
    seen: BaseException | None = error
    while seen is not None:
        if kind := _kind_of_one(seen, path):
            return kind
        seen = seen.__cause__ or seen.__context__
    return next((kind for kind, known in _CLASSES if isinstance(error, known)), None)


def _kind_of_one(error: BaseException, path: Path) -> Kind | None:
    if isinstance(error, OSError):
        kind = _NUMBERS.get(error.errno or 0)
        # A full disk is one wherever it is met; a permission may be about somebody else's file.
        return kind if kind == "no room" or _is_about(error, path) else None
    if not isinstance(error, duckdb.Error):
        return None
    text = str(error).lower()
    return next((kind for kind, words in _TEXTS if any(word in text for word in words)), None)


def _is_about(error: OSError, path: Path) -> bool:
    named = {Path(str(name)) for name in (error.filename, error.filename2) if name is not None}
    return any(path.parent in (name, name.parent, name.parent.parent) for name in named)


def _holder(error: Exception) -> str:
    found = re.search(r"\(PID (\d+)\)", str(error))
    return f" (process {found[1]})" if found else ""
