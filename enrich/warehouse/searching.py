"""Looking for people in copies of the warehouse: opened as databases, column by column.

DuckDB compresses texts, so the bytes of a file tell nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb
import polars as pl

from enrich.errors import BadSettings
from enrich.warehouse.scripts import quoted, quoted_name, table_exists
from enrich.warehouse.traces import IDENTIFIER_COLUMNS, Traces

BATCH_ROWS = 50_000
_MAGIC = slice(8, 12)


def is_database(path: Path) -> bool:
    """Whether the file is one of DuckDB's, by its first bytes; one that cannot be read is none."""
    try:
        with path.open("rb") as file:
            return file.read(16)[_MAGIC] == b"DUCK"
    except OSError:
        return False


def tables_naming(path: Path, traces: Mapping[str, Traces]) -> list[str]:
    """The tables of a copy that name one of the people of each store; empty when none does.

    Every column of text, of JSON and of lists is read, and the words behind coded profiles. Raises
    BadSettings when the copy cannot be read.
    """
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            return [
                table
                for table, columns in _text_columns(connection).items()
                if any(
                    _names(connection, table, columns, store, one) for store, one in traces.items()
                )
            ]
    except duckdb.Error as error:
        raise BadSettings(f"{path} cannot be read ({type(error).__name__})") from None


def _text_columns(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """By table as SQL names it: the columns that can hold a text; `store` among them if there."""
    found = connection.execute(
        "select schema_name, table_name, column_name from duckdb_columns() where not internal"
        " and database_name = current_database()"
        " and (data_type like '%VARCHAR%' or data_type like '%JSON%')"
        " and table_name in (select table_name from duckdb_tables())"
    ).fetchall()
    columns: dict[str, list[str]] = {}
    for schema, table, column in found:
        columns.setdefault(f"{quoted_name(schema)}.{quoted_name(table)}", []).append(column)
    return columns


def _names(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: list[str],
    store: str,
    traces: Traces,
) -> bool:
    """Whether a row of the store, or of a table without stores, names one of the people."""
    searched = [name for name in columns if name != "store"]
    if not searched or traces.are_none:
        return False
    only = f"where store = {quoted(store)}" if "store" in columns else ""
    texts = ", ".join(f"{quoted_name(name)}::varchar as {quoted_name(name)}" for name in searched)
    rows = connection.sql(f"select {texts} from {table} {only}")  # noqa: S608 - names of the catalog
    return any(_is_named(pl.DataFrame(batch), traces) for batch in rows.to_arrow_reader(BATCH_ROWS))


def _is_named(batch: pl.DataFrame, traces: Traces) -> bool:
    return any(
        traces.in_texts(column).any()
        or (column.name in IDENTIFIER_COLUMNS and traces.in_values(column).any())
        for column in batch
    )


def holds_forgotten(path: Path, store: str, digests: set[str], salt: str) -> bool:
    """Whether a copy links an identifier with one of these salted digests; raises BadSettings."""
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            return table_exists(connection, "identity_links") and bool(
                connection.execute(
                    "select 1 from identity_links where store = $store and"
                    " sha256($salt || kind || ':' || lower(value)) in (select unnest($digests))"
                    " limit 1",
                    {"store": store, "salt": salt, "digests": sorted(digests)},
                ).fetchall()
            )
    except duckdb.Error as error:
        raise BadSettings(f"{path} cannot be read ({type(error).__name__})") from None
