"""The read copy: one DuckDB file for analysts, swapped in whole, so that nobody sees half of it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from enrich.store.connection import ROW_GROUPS, transaction
from enrich.store.dictionary import column_note, table_notes, view_names
from enrich.store.scripts import quoted, quoted_name, statement, table_exists

STORAGE_VERSION = "v1.2.0"
"""Analysts' tools carry older DuckDB versions than the writer; 1.2 and later read this file."""

PUBLISHED = (
    "orders",
    "order_items",
    "order_refunds",
    "order_promo_codes",
    "order_customers",
    "contacts",
    "contact_deletions",
    "carts",
    "skus",
    "categories",
    "brands",
    "sales_channels",
    "coupons",
    "promotions",
    "customers",
    "purchases",
    "purchase_orders",
    "purchase_lines",
    "purchase_promo_codes",
    "unmatched_refunds",
    "customer_merges",
    "identity_links",
    "identity_conflicts",
    "resolve_report",
    "reconciliation",
    "profiles",
    "rfm_cut_points",
    "rfm_cut_point_history",
    "segment_history",
    "profile_runs",
    "push_runs",
    "push_batches",
    "push_jobs",
    "push_exports",
    "consent_statements",
    "consent_decisions",
    "consents",
    "email_bounces",
)
"""Everything but the raw documents, the rejects and the listing."""

DERIVED = ("watermarks", "runs", "reject_counts", "push_records")
"""Tables of the copy that a query of sql/published makes."""


def publish(
    connection: duckdb.DuckDBPyConnection, path: Path, comments: Mapping[str, Mapping[str, str]]
) -> Path:
    """The path of the new read copy, readable by its owner only.

    `comments` (by table, then column) stand before those of sql/views/columns.toml.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.new")
    unfinished.unlink(missing_ok=True)
    try:
        with _attached(connection, unfinished):
            for table in PUBLISHED:
                if table_exists(connection, table):
                    connection.table(table).create(f"copy.main.{table}")
            for table in DERIVED:
                connection.sql(statement(f"published/{table}")).create(f"copy.main.{table}")
            for view in view_names():
                _add_view(connection, view)
            _comment_all(connection, comments)
        unfinished.chmod(0o600)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path


@contextmanager
def _attached(connection: duckdb.DuckDBPyConnection, path: Path) -> Iterator[None]:
    previous = os.umask(0o077)
    try:
        connection.execute(
            f"attach {quoted(str(path))} as copy"
            f" (storage_version '{STORAGE_VERSION}', {ROW_GROUPS})"
        )
    finally:
        os.umask(previous)
    try:
        yield
    finally:
        connection.execute("detach copy")


def _add_view(connection: duckdb.DuckDBPyConnection, view: str) -> None:
    """A view of tables of the copy; where one of them is not there yet, there is no view either."""
    here = connection.execute("select current_database()").fetchall()[0][0]
    connection.execute("use copy.main")
    try:
        with suppress(duckdb.CatalogException):
            connection.execute(f"create view {view} as {statement(f'views/{view}')}")
    finally:
        connection.execute(f"use {quoted_name(here)}.main")


def _comment_all(
    connection: duckdb.DuckDBPyConnection, comments: Mapping[str, Mapping[str, str]]
) -> None:
    """What is known of every table, view and column of the copy, in one transaction."""
    found = connection.execute(statement("published/columns")).fetchall()
    said = [_on_relation(kind, table) for kind, table in dict.fromkeys((k, t) for k, t, _ in found)]
    said += [_on_column(table, column, comments.get(table, {})) for _, table, column in found]
    with transaction(connection):
        connection.execute("\n".join(said) or "select 1")


def _on_relation(kind: str, table: str) -> str:
    note = table_notes().get(table)
    return f"comment on {kind} copy.main.{table} is {quoted(note)};" if note else ""


def _on_column(table: str, column: str, comments: Mapping[str, str]) -> str:
    words = comments.get(column) or column_note(table, column)
    place = f"copy.main.{table}.{quoted_name(column)}"
    return f"comment on column {place} is {quoted(words)};" if words else ""
