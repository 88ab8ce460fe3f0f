"""What every place can: make a file appear whole or not at all, list, read and remove files."""

from __future__ import annotations

import hashlib
import importlib
import itertools
import random
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import IO, Any, Protocol, TypeVar

from enrich.client import wait_seconds
from enrich.client.waiting import TRIES_WHEN_FAILING
from enrich.errors import BadSettings, TryAgain
from enrich.installed import install_command

CHUNK_BYTES = 1 << 20

Write = Callable[[IO[bytes]], object]
Done = TypeVar("Done")


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file of a place as its own clock dates it (UTC)."""

    name: str
    modified_at: datetime


class Place(Protocol):
    """A flat set of files. Raises Refused, Stop or TryAgain, never an error of a library.

    `is_searched`: `enrich forget` looks through it by itself, as it lies in the data folder.
    """

    @property
    def is_searched(self) -> bool: ...

    def check(self) -> list[str]:
        """What is wrong with reach, credentials or rights, a line each; nothing is written."""
        ...

    def put(self, name: str, write: Write) -> dict[str, Any]:
        """name, size_bytes and sha256 of the file, once it is there whole."""
        ...

    def entries(self) -> list[FileEntry]:
        """The files that are there, unfinished ones too."""
        ...

    def fetch(self, name: str) -> bytes: ...

    def remove(self, name: str) -> None:
        """Gone, also when it was not there."""
        ...

    def close(self) -> None:
        """Ends the connection, if there is one."""
        ...


def described(name: str, file: IO[bytes]) -> dict[str, Any]:
    """name, size_bytes and sha256 of what was written; the file stands at its end afterwards."""
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(CHUNK_BYTES):
        digest.update(chunk)
    return {"name": name, "size_bytes": file.tell(), "sha256": digest.hexdigest()}


def spooled(data_dir: Path, write: Write) -> IO[bytes]:
    """An open file without a name, so that nothing of it outlives the process."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = tempfile.TemporaryFile(dir=data_dir)  # noqa: SIM115 - the caller closes it
    write(file)
    return file


def patiently(
    what: str,
    attempt: Callable[[], Done],
    passing: tuple[type[Exception], ...],
    sleep: Callable[[float], None],
    jitter: Callable[[], float] = random.random,
) -> Done:
    """What the attempt gives, tried again after each passing fault as the HTTP client would."""
    for try_no in itertools.count(1):
        try:
            return attempt()
        except passing as fault:
            wait = wait_seconds(None, TRIES_WHEN_FAILING, try_no, None, jitter())
            if wait is None:
                kind = type(fault).__name__
                raise TryAgain(f"{what}: no answer after {try_no} tries ({kind})") from None
            sleep(wait)
    raise AssertionError("unreachable")


def load_extra(
    module: str, extra: str, load: Callable[[str], ModuleType] = importlib.import_module
) -> Any:
    """The library of an optional extra; raises BadSettings naming what to install."""
    try:
        return load(module)
    except ImportError:
        raise BadSettings(
            f"{extra} needs {module}, which is not installed: {install_command(extra)}"
        ) from None
