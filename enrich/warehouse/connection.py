"""Opening the DuckDB file: limits, the schema, its version, and transactions."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from pathlib import Path

import duckdb

from enrich.durable import private_files, whole_file
from enrich.errors import BadSettings
from enrich.warehouse.loading import type_again
from enrich.warehouse.older_profiles import take_over_older_profiles
from enrich.warehouse.scripts import (
    quoted,
    run,
    scripts_in,
    statement,
    table_exists,
    transaction,
)

ROW_GROUPS = "type duckdb, row_group_size 40960"
"""Options of attaching a file. Rows of a transaction that fill no row group are written twice: with
DuckDB's own size of 122,880 that would be all customers of most shops."""

_DECLARATION = re.compile(r"^create table if not exists [^;]+;", re.MULTILINE)
"""A table that one statement alone fills is declared above it, in its file of sql/typed."""


def connect(path: Path, memory_limit: str, threads: int | None) -> duckdb.DuckDBPyConnection:
    """A connection to the warehouse file, created for its owner alone, with schema and macros.

    An older file is copied beside itself, then brought up to date in one transaction; a newer one
    is refused with BadSettings. What DuckDB raises is to be `explained`.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists():
        path.chmod(0o600)
    connection = _open(path)
    version = schema_version(connection)
    if is_outdated(path, version):
        connection.execute("checkpoint")
        connection.close()
        copy_privately(path, path.with_name(f"{path.stem}.before-schema-{SCHEMA_VERSION}.duckdb"))
        connection = _open(path)
    _limit(connection, spill_folder(path), memory_limit, threads)
    for script in scripts_in("macros"):
        run(connection, script)
    if version != SCHEMA_VERSION or _mark(connection) != _marked(connection):
        with transaction(connection):
            _migrate(connection, version)
    return connection


def schema_version(connection: duckdb.DuckDBPyConnection) -> int | None:
    """The version that the open file says it has; None for a file without tables of ours."""
    if not table_exists(connection, "schema_version"):
        return None
    found = connection.execute("select max(version) from state.schema_version").fetchall()
    return None if found[0][0] is None else int(found[0][0])


def is_outdated(path: Path, version: int | None) -> bool:
    """Whether a file of this version is to be brought up to date; raises BadSettings on a newer."""
    if version is not None and version > SCHEMA_VERSION:
        raise BadSettings(
            f"{path} has schema {version}, this program knows {SCHEMA_VERSION}: update the program"
        )
    return version is not None and version < SCHEMA_VERSION


def copy_privately(source: Path, target: Path) -> None:
    """A whole copy that only its owner reads: at `target` when it is complete, or not at all."""
    with whole_file(target) as half:
        shutil.copyfile(source, half)


def spill_folder(path: Path) -> Path:
    """Where DuckDB lays aside what does not fit into memory: beside the file, for its owner alone.

    DuckDB makes the files in it readable for all, so the folder must not be.
    """
    folder = path.parent / ".tmp"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def limit_memory(connection: duckdb.DuckDBPyConnection, most: str) -> None:
    """DuckDB takes no more than this, nor more than half of the machine or container it runs in."""
    connection.execute("set memory_limit = '50%'")
    half = connection.execute("select current_setting('memory_limit')").fetchall()[0][0]
    is_less = connection.execute(
        "select parse_formatted_bytes($most) < parse_formatted_bytes($half)",
        {"most": most, "half": half},
    ).fetchall()[0][0]
    if is_less:
        connection.execute("set memory_limit = $most", {"most": most})


@contextmanager
def in_time(
    connection: duckdb.DuckDBPyConnection, max_seconds: float | None
) -> Iterator[threading.Event]:
    """What the connection does in the block is interrupted when its time is up; then the event is
    set."""
    is_answered, is_late = threading.Event(), threading.Event()

    def interrupt() -> None:
        if is_answered.wait(max_seconds):
            return
        is_late.set()
        while not is_answered.wait(0.2):
            connection.interrupt()

    watch = threading.Thread(target=interrupt, daemon=True)
    watch.start()
    try:
        yield is_late
    finally:
        is_answered.set()
        watch.join()


def another(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """One more connection to the same warehouse, for another thread."""
    cursor = connection.cursor()
    cursor.execute("use warehouse")
    return cursor


def _open(path: Path) -> duckdb.DuckDBPyConnection:
    """Attached, not connected to: the size of row groups can be set no other way."""
    connection = duckdb.connect()
    try:
        with private_files():
            connection.execute(f"attach {quoted(str(path))} as warehouse ({ROW_GROUPS})")
        connection.execute("use warehouse")
        return connection
    except BaseException:
        connection.close()
        raise


def _limit(
    connection: duckdb.DuckDBPyConnection, temporary: Path, memory_limit: str, threads: int | None
) -> None:
    """Days need UTC as the session zone; nothing is fetched from the network by itself.

    A checkpoint rewrites the last row group of a table, so there is one in 256 MB, not in 16.
    """
    limit_memory(connection, memory_limit)
    settings = {
        "temp_directory": str(temporary),
        "timezone": "UTC",
        "preserve_insertion_order": False,
        "checkpoint_threshold": "256MB",
        "autoinstall_known_extensions": False,
        **({"threads": threads} if threads else {}),
    }
    for name, value in settings.items():
        connection.execute(f"set {name} = $value", {"value": value})


def _migrate(connection: duckdb.DuckDBPyConnection, version: int | None) -> None:
    """The migrations after the file's version, what is missing of the schema, the new version."""
    for number, script in _migrations():
        if version is not None and number > version:
            run(connection, script)
    make_tables(connection)
    if version != SCHEMA_VERSION:
        take_over_older_profiles(connection)
        if version is not None and version < WHOLE_ORDERS:
            stores = connection.execute("select distinct store from raw.vtex_orders").fetchall()
            for (store,) in stores:
                type_again(connection, store, "orders")
        connection.execute("delete from state.schema_version")
        connection.execute(
            "insert into state.schema_version values ($version, 'enrich')",
            {"version": SCHEMA_VERSION},
        )
    connection.execute(f"comment on table state.schema_version is {quoted(_mark(connection))}")


def _mark(connection: duckdb.DuckDBPyConnection) -> str:
    """Digest of this program's schema, then the file's counts of tables, columns and views.

    A file whose stored mark equals this has the whole schema and is not migrated again.
    """
    found = connection.execute(
        "select count(*), sum(column_count),"
        " (select count(*) from duckdb_views() where database_name = 'warehouse' and not internal)"
        " from duckdb_tables() where database_name = 'warehouse'"
    ).fetchall()
    return " ".join(map(str, (_schema_digest(), *found[0])))


def _marked(connection: duckdb.DuckDBPyConnection) -> str | None:
    """The mark that the last migration stored; None for a file that has none."""
    found = connection.execute(
        "select comment from duckdb_tables()"
        " where database_name = 'warehouse' and schema_name = 'state'"
        " and table_name = 'schema_version'"
    ).fetchall()
    return found[0][0] if found else None


@cache
def _schema_digest() -> str:
    names = (name for folder in ("schema", "typed") for name in scripts_in(folder))
    return sha256("\0".join(map(statement, names)).encode()).hexdigest()[:16]


def make_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """What is missing of the schema of today."""
    for script in scripts_in("schema"):
        run(connection, script)
    for script in scripts_in("typed"):
        for declaration in _DECLARATION.findall(statement(script)):
            connection.execute(declaration)


def _migrations() -> list[tuple[int, str]]:
    """The number and name of each migration; the file `0002_...` leads from schema 1 to 2."""
    names = scripts_in("migrations")
    return [(int(name.rpartition("/")[2].partition("_")[0]), name) for name in names]


WHOLE_ORDERS = 7
"""The schema from which on the typed tables have all that an order says."""

SCHEMA_VERSION = max(number for number, _ in _migrations())
