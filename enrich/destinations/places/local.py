"""A folder of this machine, readable by its owner alone."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, TypeVar

from enrich.destinations.places.place import FileEntry, Write, described
from enrich.errors import Stop

Done = TypeVar("Done")


@dataclass(frozen=True)
class LocalFolder:
    """A folder with mode 0700, whose files have mode 0600."""

    folder: Path
    is_searched: bool

    def check(self) -> list[str]:
        """Whether the folder, or what it will be made in, can be written."""
        nearest = next(path for path in (self.folder, *self.folder.parents) if path.exists())
        if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
            return []
        return [f"{self.folder} cannot be written"]

    def put(self, name: str, write: Write) -> dict[str, Any]:
        return self._or_stop("written", lambda: self._put(name, write))

    def _put(self, name: str, write: Write) -> dict[str, Any]:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return write_whole(self.folder / name, write)

    def entries(self) -> list[FileEntry]:
        return [
            FileEntry(path.name, datetime.fromtimestamp(path.stat().st_mtime, UTC))
            for path in sorted(self.folder.glob("*"))
            if path.is_file()
        ]

    def fetch(self, name: str) -> bytes:
        return self._or_stop("read", (self.folder / name).read_bytes)

    def remove(self, name: str) -> None:
        self._or_stop("written", lambda: (self.folder / name).unlink(missing_ok=True))

    def close(self) -> None:
        """Nothing is open between two calls."""

    def _or_stop(self, what: str, act: Callable[[], Done]) -> Done:
        try:
            return act()
        except OSError as error:
            raise Stop(f"{self.folder} cannot be {what}: {error.strerror}") from None


def write_whole(path: Path, write: Callable[[IO[bytes]], object]) -> dict[str, Any]:
    """Name, size and sha256 of a file that appears whole or not at all, readable by its owner."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    descriptor = os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w+b") as out:
        os.fchmod(out.fileno(), 0o600)
        write(out)
        out.flush()
        os.fsync(out.fileno())
        entry = described(path.name, out)
    unfinished.replace(path)
    _sync_folder(path.parent)
    return entry


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
