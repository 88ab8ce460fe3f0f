"""Files for their owner alone: whole under their name, or not there; some outlive a power cut."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

UNFINISHED = ".unfinished"


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """An empty file, mode 0600, to write in the block; it stands at `path` after it, or is gone."""
    unfinished = path.with_name(f".{path.name}{UNFINISHED}")
    unfinished.unlink(missing_ok=True)  # what a killed run left
    try:
        os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        yield unfinished
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def private_files() -> Iterator[None]:
    """What a library creates in the block is for its owner alone."""
    previous = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(previous)


def write_durably(path: Path, content: bytes | Iterable[bytes]) -> None:
    """The file with this content, mode 0600, on disk when this returns; raises OSError."""
    with whole_file(path) as unfinished, unfinished.open("wb") as out:
        out.writelines([content] if isinstance(content, bytes) else content)
        out.flush()
        os.fsync(out.fileno())
    sync_folder(path.parent)


def append_durably(path: Path, lines: bytes) -> None:
    """The lines at the end of the file, on disk when this returns; a torn line before them ends."""
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        size = file.seek(0, os.SEEK_END)
        if size and os.pread(file.fileno(), 1, size - 1) != b"\n":
            file.write(b"\n")
        file.write(lines)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """A new name is only safe when its folder is; some systems cannot open a folder."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
