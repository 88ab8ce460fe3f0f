"""One writer at a time: a lock file held with flock, so a killed process never leaves it held.

Somebody who only looks, or stores a little, holds it for a second or so; that is waited for, so
that a look never breaks a run.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from enrich.errors import Locked

LOOKS = frozenset({"status", "rejects", "history"})
"""Jobs that hold the lock for a second or so each time they take it."""
LONGEST_LOOK_SECONDS = 10.0
_PAUSE_SECONDS = 0.05


@contextmanager
def writer_lock(
    path: Path,
    holder: str,
    started_at: str,
    *,
    does: str = "is writing the warehouse",
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[int]:
    """Hold the lock of `path` while the block runs; raises Locked saying who holds it, who `does`.

    Nobody else has it then, and a process that is killed gives it back. A child that inherits the
    descriptor holds it too.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _take(descriptor, path, does, sleep)
        _sign(descriptor, {"pid": os.getpid(), "job": holder, "started_at": started_at})
        yield descriptor
    finally:
        os.close(descriptor)


def _take(descriptor: int, path: Path, does: str, sleep: Callable[[float], None]) -> None:
    for _ in range(round(LONGEST_LOOK_SECONDS / _PAUSE_SECONDS)):
        if _is_taken(descriptor):
            return
        if not _is_brief(_signature(path)):
            break
        sleep(_PAUSE_SECONDS)
    holder = _described(_signature(path))
    raise Locked(f"{holder} {does}; try again when it is done")


def _is_taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_brief(signature: dict[str, Any]) -> bool:
    """Whether the lock will be free at once: held for a look, or not signed again yet."""
    pid = signature.get("pid")
    return signature.get("job") in LOOKS or not isinstance(pid, int) or not _lives(pid)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _sign(descriptor: int, signature: dict[str, object]) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(signature).encode(), 0)


def _signature(path: Path) -> dict[str, Any]:
    """What the holder wrote; empty while it is being written."""
    try:
        signature = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return signature if isinstance(signature, dict) else {}


def _described(signature: dict[str, Any]) -> str:
    try:
        return f"{signature['job']} (process {signature['pid']}, since {signature['started_at']})"
    except KeyError:
        return "another run"
