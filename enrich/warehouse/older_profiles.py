"""Profiles as schema 3 kept them, with a text wherever there is a code now, taken over."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from enrich.warehouse.coded import show_profiles
from enrich.warehouse.scripts import quoted_name, read, run, table_exists

_TEXTS = {
    "list": "select unnest({0}) from older_profiles",
    "text": "select {0} from older_profiles",
}
"""The texts in a column, by how it held them."""

_CODES = {
    "list": "list_transform({0}::older_text[], lambda text: enum_code(text)::uinteger + 1) as {0}",
    "text": "enum_code({0}::older_text)::uinteger + 1 as {0}",
}
"""The codes of a column, likewise."""

Columns = Iterable[tuple[str, str]]


def take_over_older_profiles(connection: duckdb.DuckDBPyConnection) -> None:
    """What the migration to schema 4 laid aside is coded; the caller holds the transaction."""
    if not table_exists(connection, "older_profiles"):
        return
    found = read(connection, "migrations/older_profiles/columns").rows()
    columns = [(quoted_name(name), held) for name, held in found]
    connection.execute(f"create type older_text as enum ({_all_texts(columns)})")
    run(connection, "migrations/older_profiles/keep_texts")
    coded = ", ".join(_CODES.get(held, "{0}").format(name) for name, held in columns)
    connection.execute(f"create table coded_profiles as select {coded} from older_profiles")  # noqa: S608 - names of our own columns
    run(connection, "migrations/older_profiles/drop")
    show_profiles(connection)


def _all_texts(columns: Columns) -> str:
    found = [_TEXTS[held].format(name) for name, held in columns if held in _TEXTS]
    texts = " union ".join(found) or "select null::varchar"
    return f"select text from ({texts}) as found (text) where text is not null order by text"  # noqa: S608
