"""Everything that is held about some people: every row of every table that is about them.

A table is about a person by its columns, so that a new table is in it without being named here.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import polars as pl

from enrich.warehouse.scripts import frame_of, quoted_name

_ABOUT = {
    "customer_key": "customer_key in (select customer_key from forgotten_customers)",
    "merged_customer_key": "merged_customer_key in (select customer_key from forgotten_customers)",
    "other_customer_key": "other_customer_key in (select customer_key from forgotten_customers)",
    "new_customer_key": "new_customer_key in (select customer_key from forgotten_customers)",
    "email_digest": "email_digest in (select digest from forgotten_digests)",
    "order_id": "order_id in (select order_id from forgotten_orders)",
    "contact_id": "contact_id in (select contact_id from forgotten_contacts)",
    "purchase_no": "purchase_no in (select purchase_no from forgotten_purchases)",
}
"""How a row with such a column is known to be about the people."""

_PUSHED = """
case
    when entity = 'purchases' then record_id in (select order_id from forgotten_orders)
    when entity = 'consents' then record_id in (select digest from forgotten_digests)
    when entity in ('products', 'coupons') then false
    else split_part(record_id, ':', 1) in (select customer_key::varchar from forgotten_customers)
end
"""
_BY_TABLE = {
    "raw.vtex_orders": "key in (select order_id from forgotten_orders)",
    "raw.vtex_customers": "key in (select contact_id from forgotten_contacts)",
    "raw.imported_customers": (
        "customer_id in (select contact_id from forgotten_contacts where source = 'import')"
    ),
    "push_records": _PUSHED,
    "push_intents": _PUSHED,
    "push_job_records": _PUSHED,
    "push_addresses": _PUSHED,
    "state.rejects": "rowid in (select reject from forgotten_rejects)",
}
"""Tables whose rows are known otherwise."""

_LEFT_OUT = frozenset({"coded_profiles", "numbered_lines", "split_orders", "state.tombstones"})
"""Views show these in words; the last is of people who are gone."""


def rows_about_people(connection: duckdb.DuckDBPyConnection) -> dict[str, pl.DataFrame]:
    """By table, as SQL names it: its rows about the found people; a table without any is left out.

    The caller has found them: see `find_people`.
    """
    connection.execute(
        "create or replace temp table forgotten_purchases as select purchase_no from purchases"
        " where store = getvariable('store')"
        " and customer_key in (select customer_key from forgotten_customers)"
    )
    ways = ways_to_people(connection)
    found = {table: _rows(connection, table, way) for table, way in sorted(ways.items())}
    return {table: rows for table, rows in found.items() if rows.height}


def ways_to_people(connection: duckdb.DuckDBPyConnection) -> Mapping[str, str]:
    """By table: the condition that picks its rows about the people; no table about nobody."""
    columns = connection.execute(
        "select case when schema_name = 'main' then table_name"
        " else schema_name || '.' || table_name end, list(column_name)"
        " from duckdb_columns() where not internal and database_name = current_database()"
        " group by all"
    ).fetchall()
    ways = {table: _way(table, set(names)) for table, names in columns if "store" in names}
    return {table: way for table, way in ways.items() if way and table not in _LEFT_OUT}


def _way(table: str, columns: set[str]) -> str:
    if table in _BY_TABLE:
        return _BY_TABLE[table]
    return " or ".join(way for column, way in _ABOUT.items() if column in columns)


def _rows(connection: duckdb.DuckDBPyConnection, table: str, way: str) -> pl.DataFrame:
    """`table` and `way` are of the catalog and of this file, never a user's text."""
    name = ".".join(quoted_name(part) for part in table.split("."))
    return frame_of(
        connection.sql(f"select * from {name} where store = getvariable('store') and ({way})")  # noqa: S608
    )
