"""One writer at a time: a lock file held with flock, so a killed process never leaves it held."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from enrich.errors import Locked


@contextmanager
def writer_lock(path: Path, holder: str, started_at: str) -> Iterator[None]:
    """Hold the lock of `path` while the block runs; raises Locked saying who holds it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _take(descriptor, path)
        _sign(descriptor, {"pid": os.getpid(), "job": holder, "started_at": started_at})
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Locked(
            f"{_holder(path)} is writing the warehouse; try again when it is done"
        ) from None


def _sign(descriptor: int, signature: dict[str, object]) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(signature).encode(), 0)


def _holder(path: Path) -> str:
    try:
        signature = json.loads(path.read_text(encoding="utf-8"))
        return f"{signature['job']} (process {signature['pid']}, since {signature['started_at']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another run"
