"""The read copy as people see it: opened read-only, without the writer's lock.

What is asked of it may come from anybody, so the connection reaches nothing but this one file.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from polars import selectors

from enrich.errors import BadSettings, Stop
from enrich.warehouse.audiences import Audiences
from enrich.warehouse.connection import in_time, limit_memory, spill_folder
from enrich.warehouse.damage import READ_COPY, explained
from enrich.warehouse.dashboard import Dashboard
from enrich.warehouse.history import Profiles
from enrich.warehouse.parquet import rows_of
from enrich.warehouse.person import the_only_one
from enrich.warehouse.publishing import OWN_COPY
from enrich.warehouse.pushes import Pushes
from enrich.warehouse.resolved import Resolved
from enrich.warehouse.scripts import (
    frame_of,
    quoted_name,
    read,
    run,
    scripts_in,
    table_counts,
    table_exists,
)

MEMORY_LIMIT = "4GB"
READING = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN, duckdb.StatementType.MULTI)
"""Statements that only read; MULTI is what `pivot` becomes."""


class ReadCopy:
    """The analysts' copy of the warehouse, as of the last publish."""

    def __init__(self, path: Path, connection: duckdb.DuckDBPyConnection) -> None:
        self.path = path
        self.resolved = Resolved(connection)
        self.profiles = Profiles(connection, connection)
        self.audiences = Audiences(connection)
        self.pushes = Pushes(connection)
        self.dashboard = Dashboard(connection)
        self._connection = connection

    def query(self, text: str, values: dict[str, Any] | None = None) -> pl.DataFrame:
        """The whole answer of one question; see `batches`."""
        return pl.concat(self.batches(text, values))

    def batches(
        self,
        text: str,
        values: dict[str, Any] | None = None,
        *,
        rows: int = 20_000,
        max_seconds: float | None = None,
    ) -> Iterator[pl.DataFrame]:
        """The answer of one question as frames of at most so many rows, at least one frame.

        Only one of them is held in memory. Raises BadSettings with DuckDB's reason when the
        question is wrong or is no question, Stop when it takes longer than `max_seconds`.
        """
        with _asked(self._connection, max_seconds):
            question = _one_question(self._connection, text)
            answer = _answer(self._connection.sql(question, params=values))
            yield frame_of(answer.limit(0))
            for batch in answer.to_arrow_reader(rows):
                yield _within_calendar(pl.DataFrame(batch))

    def table(self, name: str, store: str | None = None) -> pl.DataFrame:
        """One table, of one store or of all; empty without columns when it does not exist."""
        if not table_exists(self._connection, name):
            return pl.DataFrame()
        rows = self._connection.table(name)
        if store is not None:
            rows = rows.filter(duckdb.ColumnExpression("store") == duckdb.ConstantExpression(store))
        return frame_of(rows)

    def customer(
        self, who: str | None, store: str | None, key: int | None = None
    ) -> dict[str, pl.DataFrame]:
        """Everything known of one customer: the answers of sql/customer by name.

        `who` and `key` mean a person as in `People.named`. Raises BadSettings when nobody or
        several are meant; the message does not repeat who.
        """
        people = read(self._connection, "customer/find", who=who, store=store, key=key)
        name, customer_key = the_only_one(people)
        has_profiles = table_exists(self._connection, "profiles")
        columns = self._connection.table("profiles").columns if has_profiles else []
        return {
            part: read(self._connection, f"customer/{part}", store=name, customer_key=customer_key)
            for part in ("person", "links", "purchases", *_OF_PROFILES, "segments", "pushes")
            if part not in _OF_PROFILES or _OF_PROFILES[part] in columns
        }

    def table_counts(self) -> pl.DataFrame:
        """table_name, row_count: one row per table."""
        return table_counts(self._connection)


_OF_PROFILES = {"scores": "customer_key", "prediction": "p_alive"}
"""What is asked of the kept profiles, and the field that it takes: older ones may not have it."""

# What no frame holds, alone or in a list; DuckDB's own spelling of it does.
_AS_TEXT = re.compile(r"\bINTERVAL\b|\bBIT\b|\bUNION\b|\bTIME WITH TIME ZONE\b")


def _answer(relation: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:
    """The rows of anybody's query as a frame can hold them; raises BadSettings when none can."""
    names = relation.columns
    if repeated := [name for name in names if names.count(name) > 1]:
        raise BadSettings(
            f"the query failed: two columns are called {repeated[0]}; rename one with `as NAME`"
        )
    columns = [
        duckdb.ColumnExpression(name).cast("varchar").alias(name)
        if _AS_TEXT.search(str(kind))
        else duckdb.ColumnExpression(name)
        for name, kind in zip(names, relation.types, strict=True)
    ]
    return relation.select(*columns)


def _within_calendar(found: pl.DataFrame) -> pl.DataFrame:
    for name in found.select(selectors.date() | selectors.datetime()).columns:
        years = found[name].drop_nulls().dt.year()  # null for infinity
        if not years.is_between(1, 9999).fill_null(False).all():
            raise BadSettings(
                f"the query failed: {name} holds a day outside of the years 1 to 9999;"
                f" ask for it as text: {name}::varchar"
            )
    return found


@contextmanager
def read_warehouse(data_dir: Path) -> Iterator[ReadCopy]:
    """The read copy in `data_dir`; raises BadSettings when nothing was published yet.

    It is our own, which no other program opens. SQL from outside reads it and nothing else: no
    other file, no extension, no setting; see `ReadCopy.query`.
    """
    path = data_dir / OWN_COPY
    with explained(path, READ_COPY), ExitStack() as stack:
        if not path.is_file():
            raise BadSettings(
                f"the read copy {path} does not exist yet; a sync makes it (`enrich sync`,"
                " `import` or `profiles`)"
            )
        connection = stack.enter_context(duckdb.connect(str(path), read_only=True))
        connection.execute("set timezone = 'UTC'")
        limit_memory(connection, MEMORY_LIMIT)
        for script in scripts_in("macros"):
            run(connection, script)
        _close_in(connection, stack.enter_context(_spill_folder(path, data_dir)))
        yield ReadCopy(path, connection)


@contextmanager
def read_lake(
    lake: Path, tables: Mapping[str, Sequence[str]], *, memory_limit: str = "4GB"
) -> Iterator[ReadCopy]:
    """The same over the files of a lake, a view for each table; SQL reaches nothing outside it."""
    with closing(duckdb.connect()) as connection:
        connection.execute("set timezone = 'UTC'")
        limit_memory(connection, memory_limit)
        for script in scripts_in("macros"):
            run(connection, script)
        for name, globs in tables.items():
            files = rows_of(map(Path, globs))
            connection.execute(f"create view {quoted_name(name)} as from {files}")
        folders = [glob.partition("*")[0] for globs in tables.values() for glob in globs]
        connection.execute("set allowed_directories = $folders", {"folders": folders})
        _close_in(connection, "")
        yield ReadCopy(lake, connection)


@contextmanager
def _spill_folder(path: Path, data_dir: Path) -> Iterator[str]:
    """A folder of its own, since SQL may read what lies in it; none where none can be made."""
    if not os.access(data_dir, os.W_OK):
        yield ""
        return
    with tempfile.TemporaryDirectory(dir=spill_folder(data_dir / path.name)) as folder:
        yield folder


def _close_in(connection: duckdb.DuckDBPyConnection, spill: str) -> None:
    """From here on nothing but this file is reached; only the memory can still be limited more."""
    connection.execute("set temp_directory = $folder", {"folder": spill})
    for setting in (
        "autoinstall_known_extensions = false",
        "autoload_known_extensions = false",
        "python_enable_replacements = false",
        "allowed_configs = ['memory_limit']",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        connection.execute(f"set {setting}")


@contextmanager
def _asked(connection: duckdb.DuckDBPyConnection, max_seconds: float | None) -> Iterator[None]:
    """A question is interrupted when its time is up; what DuckDB says of it is one line."""
    with in_time(connection, max_seconds) as is_late:
        try:
            yield
        except duckdb.OutOfMemoryException:
            raise
        except (duckdb.Error, _arrow_fault(), OSError) as error:  # late ones come through Arrow
            if is_late.is_set():
                raise Stop(
                    f"no answer within {max_seconds:g} seconds; ask for less, or say --max-seconds"
                ) from None
            raise BadSettings(f"the query failed: {str(error).splitlines()[0]}") from None


def _arrow_fault() -> type[Exception]:
    import pyarrow as pa  # a tenth of the start of every command

    fault: type[Exception] = pa.ArrowException
    return fault


def _one_question(connection: duckdb.DuckDBPyConnection, text: str) -> duckdb.Statement:
    """The only statement of the text; raises BadSettings unless it is one that reads."""
    statements = connection.extract_statements(text)
    if len(statements) != 1:
        raise BadSettings(f"ask one statement; these are {len(statements)}")
    if statements[0].type not in READING:
        raise BadSettings(
            "only a question can be asked: select, from, with, pivot, describe, summarize, explain"
        )
    return statements[0]
