"""Opening the DuckDB file: limits, the schema, its version, and transactions."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from enrich.errors import BadSettings
from enrich.store.scripts import run, scripts_in

SCHEMA_VERSION = 1


def connect(path: Path, memory_limit: str, threads: int | None) -> duckdb.DuckDBPyConnection:
    """A connection to the warehouse file, created for its owner alone, with schema and macros."""
    _create_private(path)
    connection = _open(path)
    _limit(connection, path.parent / ".tmp", memory_limit, threads)
    for script in scripts_in("macros"):
        run(connection, script)
    with transaction(connection):
        _migrate(connection)
    return connection


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Everything in the block is stored, or nothing of it."""
    connection.begin()
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def _create_private(path: Path) -> None:
    """An empty file with mode 0600, into which DuckDB writes; an existing one is tightened."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        path.chmod(0o600)


def _open(path: Path) -> duckdb.DuckDBPyConnection:
    previous = os.umask(0o077)
    try:
        return duckdb.connect(str(path))
    except duckdb.IOException as error:
        reason = str(error).splitlines()[0]
        raise BadSettings(f"the warehouse {path} cannot be opened: {reason}") from None
    finally:
        os.umask(previous)


def _limit(
    connection: duckdb.DuckDBPyConnection, temporary: Path, memory_limit: str, threads: int | None
) -> None:
    """Days need UTC as the session zone; nothing is fetched from the network by itself."""
    settings = {
        "memory_limit": memory_limit,
        "temp_directory": str(temporary),
        "timezone": "UTC",
        "preserve_insertion_order": False,
        "autoinstall_known_extensions": False,
        **({"threads": threads} if threads else {}),
    }
    for name, value in settings.items():
        connection.execute(f"set {name} = $value", {"value": value})


def _migrate(connection: duckdb.DuckDBPyConnection) -> None:
    for script in scripts_in("schema"):
        run(connection, script)
    found = connection.execute("select max(version) from state.schema_version").fetchall()
    version = found[0][0]
    if version is None:
        connection.execute(
            "insert into state.schema_version values ($version, 'enrich')",
            {"version": SCHEMA_VERSION},
        )
    elif version > SCHEMA_VERSION:
        raise BadSettings(
            f"the warehouse has schema {version}, this program knows {SCHEMA_VERSION}: update it"
        )
