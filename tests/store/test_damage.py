"""Each fault of a file by what DuckDB or the system says; advice to replace it only when proven."""

from __future__ import annotations

import errno
from pathlib import Path

import duckdb
import pytest

from enrich.errors import BadSettings, EnrichError, Locked, Stop
from enrich.store.damage import WAREHOUSE, explained

PATH = Path("data/warehouse.duckdb")
LOCK = (
    'IO Error: Could not set lock on file "data/warehouse.duckdb": Conflicting lock is held in'
    " /usr/bin/duckdb (PID 77). See also https://duckdb.org"
)
VERSION = (
    "IO Error: Trying to read a database file with version number 99, but we can only read versions"
    " between 64 and 67."
)
CASES = (
    (duckdb.IOException(LOCK), Locked, "open in another program (process 77)", False),
    (
        duckdb.IOException('IO Error: Cannot open file "w": Permission denied'),
        Stop,
        "no permission for the account",
        False,
    ),
    (PermissionError(errno.EACCES, "no", "data/.lock"), Stop, "no permission", False),
    (OSError(errno.EROFS, "no", "data/.tmp/x"), Stop, "no permission", False),
    (
        duckdb.TransactionException("Failed to commit: Could not write: No space left on device"),
        Stop,
        "no space left on its disk",
        False,
    ),
    (OSError(errno.EDQUOT, "no"), Stop, "no space left on its disk", False),
    (duckdb.IOException(VERSION), BadSettings, "another version of DuckDB", False),
    (duckdb.IOException("IO Error: something new"), Stop, "cannot be read or written", False),
    (duckdb.OutOfMemoryException("x"), Stop, "needs more memory", False),
    (
        duckdb.IOException('The file "w" exists, but it is not a valid DuckDB database file!'),
        BadSettings,
        "is no DuckDB file",
        True,
    ),
    (
        duckdb.FatalException("invalidated. Original error: Corrupt database file: computed"),
        Stop,
        "is damaged",
        True,
    ),
    (
        duckdb.IOException('Failure while replaying WAL file "w.wal": broken'),
        Stop,
        "keep both files",
        True,
    ),
)


@pytest.mark.parametrize(("error", "kind", "words", "is_replaceable"), CASES)
def test_a_fault_is_said_as_what_it_is(
    error: Exception, kind: type[EnrichError], words: str, is_replaceable: bool
) -> None:
    with pytest.raises(kind) as told, explained(PATH):
        raise error
    assert words in str(told.value)
    assert (WAREHOUSE.if_damaged in str(told.value)) is is_replaceable


@pytest.mark.parametrize(
    "error",
    [
        duckdb.BinderException("Binder Error: no column"),
        PermissionError(errno.EACCES, "no", "/elsewhere/orders.csv"),
        FileNotFoundError(errno.ENOENT, "no", "data/x"),
    ],
)
def test_other_faults_pass(error: Exception) -> None:
    with pytest.raises(type(error)), explained(PATH):
        raise error


def test_what_fails_while_cleaning_up_stands_for_what_failed_first() -> None:
    with pytest.raises(Stop, match="no space left"), explained(PATH):
        try:
            raise duckdb.IOException("No space left on device")
        finally:
            raise duckdb.TransactionException("no transaction is active")
