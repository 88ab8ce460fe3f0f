"""Putting a new file in the place of one that other programs read, and perhaps write.

Beside a DuckDB file lies the log of whoever has it open for writing, `NAME.wal`, and DuckDB takes
such a log in wherever it finds one: a log for the file of before would change the new one. So no
program can leave one: the name of the log is a link that leads nowhere. A reader never notices; the
first change of a writer fails, in its own program.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path

LOGS = (".wal", ".wal.checkpoint", ".wal.recovery")
NOWHERE = ".no-program-may-write-here/none"


def put(source: Path, path: Path, prepare: Callable[[int], None]) -> None:
    """A copy of `source` stands at `path`, whole or not at all, without the log of anybody.

    `prepare` gets the open copy, for its owner alone so far, before anybody sees it. What lies at
    `path` and is a folder is moved out of the way, not deleted.
    """
    for left in path.parent.glob(f".{path.name}.*.new"):
        left.unlink()
    descriptor, name = tempfile.mkstemp(".new", f".{path.name}.", path.parent)
    new = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as target, source.open("rb") as content:
            shutil.copyfileobj(content, target, 1 << 20)
            target.flush()
            prepare(target.fileno())
        replace(new, path)
    finally:
        new.unlink(missing_ok=True)


def replace(new: Path, path: Path) -> None:
    """`new` takes the place of `path`, and no log counts for it."""
    step_aside(path)
    block_logs(path)
    new.replace(path)
    block_logs(path)


def block_logs(path: Path) -> None:
    """No log lies beside the file any more, and none can be begun."""
    for suffix in LOGS:
        log = path.with_name(f"{path.name}{suffix}")
        step_aside(log)
        if not (log.is_symlink() and str(log.readlink()) == NOWHERE):
            log.unlink(missing_ok=True)
    with suppress(FileExistsError, PermissionError):  # a file system without links has none
        path.with_name(f"{path.name}.wal").symlink_to(NOWHERE)


def remove(path: Path) -> None:
    """Neither the file nor anything beside it that belongs to it is left."""
    for suffix in ("", *LOGS):
        beside = path.with_name(f"{path.name}{suffix}")
        if beside.is_symlink() or beside.is_file():
            beside.unlink()


def step_aside(path: Path) -> None:
    """A folder where a file or a link of ours belongs is not ours to delete: it is moved."""
    if path.is_dir() and not path.is_symlink():
        free = (path.with_name(f"{path.name}.in-the-way-{number}") for number in count(1))
        path.rename(next(name for name in free if not name.exists()))
