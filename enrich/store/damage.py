"""Faults of the file and the machine under the warehouse, said with what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from enrich.errors import Stop


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Raises Stop where DuckDB says that file or disk failed; other errors pass unchanged.

    DuckDB's own text stays out: it may quote a value.
    """
    try:
        yield
    except duckdb.Error as error:
        remedy = _remedy(error)
        if remedy is None:
            raise
        raise Stop(f"the warehouse {path} {remedy}; nothing is half-written") from error


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


def _remedy(error: duckdb.Error) -> str | None:
    if "corrupt database file" in str(error).lower():
        return "is damaged: put a backup in its place"
    if isinstance(error, duckdb.IOException):
        return "cannot be read or written: see room and rights of its disk, then run it again"
    return None
