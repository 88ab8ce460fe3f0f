"""Files that outlive a power cut, for their owner alone: whole under their name, or not there."""

from __future__ import annotations

import os
from pathlib import Path

UNFINISHED = ".unfinished"


def write_durably(path: Path, content: bytes) -> None:
    """The file with this content, mode 0600, on disk when this returns; raises OSError."""
    unfinished = path.with_name(f".{path.name}{UNFINISHED}")
    try:
        descriptor = os.open(unfinished, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        unfinished.replace(path)
        sync_folder(path.parent)
    finally:
        unfinished.unlink(missing_ok=True)


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
