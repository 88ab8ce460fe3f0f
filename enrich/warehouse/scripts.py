"""The SQL statements: where they are, and running one with named values.

A statement is named by its file, `typed/orders`; short ones share the file of their subject, each
under a line `-- name: start_run`: the one in sql/state.sql is `state/start_run`. Values come by
`getvariable('name')`, so a person can open a file, `set variable` and run it as it is. A value that
is asked for and was not given is a fault of the caller.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import duckdb
import polars as pl

_VARIABLE = re.compile(r"getvariable\('([a-z_0-9]+)'\)")
_NAME = re.compile(r"^-- name: (.+)$", re.MULTILINE)
_PLAIN = (str, int, bool, float, date, datetime)
"""Types whose equal values are equal in SQL too; not lists, which may hold mixed types."""
_VALUES: WeakKeyDictionary[duckdb.DuckDBPyConnection, dict[str, Any]] = WeakKeyDictionary()
"""The variables of each open connection; safe to remember, as a rollback does not undo them."""
_PACKAGE = Path(__file__).resolve().parent.parent


def sql_folder() -> Path:
    """Where the SQL files are: inside an installed package, else beside it in the repository."""
    installed = _PACKAGE / "_sql"
    return installed if installed.is_dir() else _PACKAGE.parent / "sql"


def statement(name: str) -> str:
    """The text of the statement of this name, or of the few that belong together."""
    try:
        return statements()[name]
    except KeyError:
        subject, _, key = name.rpartition("/")
        where = f"sql/{name}.sql, nor `-- name: {key}` in sql/{subject}.sql"
        raise LookupError(f"there is no {where}") from None


def scripts_in(folder: str) -> list[str]:
    """The names of the statements of one folder or grouped file, in the order they stand there."""
    return [name for name in statements() if name.rpartition("/")[0] == folder]


@cache
def statements() -> dict[str, str]:
    """The text of every statement by name."""
    folder = sql_folder()
    return statements_of(
        {
            path.relative_to(folder).with_suffix("").as_posix(): path.read_text(encoding="utf-8")
            for path in sorted(folder.rglob("*.sql"))
        }
    )


def statements_of(files: Mapping[str, str]) -> dict[str, str]:
    """The text of every statement by name, of the texts of files by path without suffix.

    Raises ValueError when two have the same name, or when a grouped file begins without one.
    """
    found = [one for path, text in files.items() for one in _statements_in(path, text)]
    counts = Counter(name for name, _ in found)
    doubled = [name for name, count in counts.items() if count > 1]
    if doubled:
        raise ValueError(f"more than one statement is named {', '.join(doubled)}")
    return dict(found)


def _statements_in(path: str, text: str) -> list[tuple[str, str]]:
    before, *sections = _NAME.split(text)
    if not sections:
        return [(path, text)]
    if before:
        raise ValueError(f"sql/{path}.sql has text before its first `-- name:`")
    pairs = zip(sections[::2], sections[1::2], strict=True)
    return [(f"{path}/{key}", f"{body.strip()}\n") for key, body in pairs]


def run(connection: duckdb.DuckDBPyConnection, name: str, **values: Any) -> None:
    """Execute the statement of this name, or the few, with the named values."""
    _set(connection, name, values)
    connection.execute(statement(name))


def read(connection: duckdb.DuckDBPyConnection, name: str, **values: Any) -> pl.DataFrame:
    """The answer of the statement of this name, a single query, as a frame."""
    _set(connection, name, values)
    return frame_of(connection.sql(statement(name)))


def frame_of(relation: duckdb.DuckDBPyRelation) -> pl.DataFrame:
    """The rows of a relation, as an Arrow stream, without a Python value per cell."""
    return pl.DataFrame(relation)


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Everything in the block is stored, or nothing of it."""
    connection.begin()
    try:
        yield
    except BaseException:
        with suppress(duckdb.Error):  # rolled back already; the fault itself must come out
            connection.rollback()
        raise
    connection.commit()


def quoted(text: str) -> str:
    """The text as an SQL literal; DDL takes no parameters."""
    return "'" + text.replace("'", "''") + "'"


def quoted_name(text: str) -> str:
    """The text as an SQL name."""
    return '"' + text.replace('"', '""') + '"'


def table_exists(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether there is this table or view; some are made when they are first filled."""
    found = connection.execute(
        "select 1 from information_schema.tables where table_name = $table", {"table": table}
    )
    return bool(found.fetchall())  # an unread result would block the connection


def table_counts(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """table_name, row_count: one row per table."""
    names = read(connection, "state/tables")["table_name"].to_list()
    counts = [frame_of(connection.table(name).aggregate("count(*)")).item() for name in names]
    return pl.DataFrame(
        {"table_name": names, "row_count": counts},
        schema={"table_name": pl.String, "row_count": pl.Int64},
    )


@contextmanager
def registered(
    connection: duckdb.DuckDBPyConnection, frames: Mapping[str, pl.DataFrame]
) -> Iterator[None]:
    """The frames are readable by name in SQL while the block runs; no row passes through Python."""
    for name, frame in frames.items():
        # DuckDB refuses a stream with a column that has no type because all of it is null.
        connection.register(name, _ArrowStream(frame.cast({pl.Null: pl.String})))
    try:
        yield
    finally:
        for name in frames:
            # In a failed transaction nothing can be taken back; the fault itself must come out.
            with suppress(duckdb.TransactionException):
                connection.unregister(name)


@dataclass(frozen=True, slots=True)
class _ArrowStream:
    """A frame as nothing but an Arrow stream: given the frame itself, DuckDB loads pyarrow."""

    frame: pl.DataFrame

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.frame.__arrow_c_stream__(requested_schema)


def _set(connection: duckdb.DuckDBPyConnection, name: str, values: Mapping[str, Any]) -> None:
    """Set what the statement asks for and nothing else."""
    wanted = set(_VARIABLE.findall(statement(name)))
    missing = wanted - values.keys()
    if missing:
        raise TypeError(f"{name} needs {sorted(missing)}")
    for key in sorted(wanted):
        set_variable(connection, key, values[key])


def set_variable(connection: duckdb.DuckDBPyConnection, name: str, value: Any) -> None:
    """Set what `getvariable('name')` returns; set variables only here, or the cache is wrong.

    A `set variable` costs as much as a small statement, so an unchanged value is not set again.
    """
    known = _VALUES.setdefault(connection, {})
    if name in known and type(known[name]) is type(value) and known[name] == value:
        return
    known.pop(name, None)
    connection.execute(f"set variable {name} = $value", {"value": value})
    if value is None or type(value) in _PLAIN:
        known[name] = value
