"""The read copy: one DuckDB file, swapped in whole, so that nobody sees half of it.

It is there twice: our own, which no other program opens, and the shared one, which is a copy of it.
Whatever an analyst's program does to the shared one, the next publish puts a true one in its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from enrich.durable import private_files
from enrich.warehouse.connection import ROW_GROUPS
from enrich.warehouse.dictionary import column_note, table_notes, view_names
from enrich.warehouse.scripts import (
    quoted,
    quoted_name,
    read,
    scripts_in,
    statement,
    transaction,
)
from enrich.warehouse.sharing import READ_COPY_NAME, Sharing, share, shown_columns
from enrich.warehouse.swapping import remove, replace

STORAGE_VERSION = "v1.2.0"
"""Analysts' tools carry older DuckDB versions than the writer; 1.2 and later read this file."""

PUBLISHED = (
    *(script.removeprefix("typed/") for script in scripts_in("typed")),
    "order_customers",
    "contact_deletions",
    "customers",
    "purchases",
    "purchase_orders",
    "purchase_lines",
    "purchase_promo_codes",
    "unmatched_refunds",
    "customer_merges",
    "customer_splits",
    "identity_links",
    "identity_conflicts",
    "resolve_report",
    "reconciliation",
    "profiles",
    "profiles_today",
    "rfm_cut_points",
    "rfm_cut_point_history",
    "segment_history",
    "profile_runs",
    "prediction_models",
    "prediction_backtests",
    "prediction_calibration",
    "replenishment",
    "own_fields",
    "audience_history",
    "audience_counts",
    "audience_assignments",
    "push_runs",
    "push_batches",
    "push_jobs",
    "push_exports",
    "consent_statements",
    "consent_decisions",
    "consents",
    "email_bounces",
)
"""All that sql/typed fills, and the rest; not the raw documents, the rejects and the listing."""

DERIVED = ("watermarks", "runs", "reject_counts", "push_records")
"""Tables of the copy that a query of sql/published.sql makes."""


OWN_COPY = Path(".analysis") / READ_COPY_NAME
"""The copy that enrich itself reads, in the data folder: no other program opens it, so none can
change it or hold it."""


def publish(
    connection: duckdb.DuckDBPyConnection,
    data_dir: Path,
    sharing: Sharing,
    comments: Mapping[str, Mapping[str, str]],
    *,
    keep_before: bool,
) -> Path:
    """The path of the new read copy for other programs; our own is new as well.

    `comments` (by table, then column) stand before those of sql/views/columns.toml. Without
    `keep_before` nothing of an older version is left for who still reads it.
    """
    own = data_dir / OWN_COPY
    _make_folder(own.parent)
    with _made(connection, own.with_name(f"new-{own.name}"), comments) as new:
        replace(new, own)
    if sharing.contacts:
        return share(connection, own, sharing, data_dir, keep_before=keep_before)
    bare = own.with_name(f"bare-{READ_COPY_NAME}")
    with _made(connection, bare, comments, without_contacts=True):
        return share(connection, bare, sharing, data_dir, keep_before=keep_before)


def _make_folder(folder: Path) -> None:
    """A folder for its owner alone; what has its name and is none goes, it was not ours."""
    if folder.is_symlink() or folder.is_file():
        folder.unlink()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)


@contextmanager
def _made(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    comments: Mapping[str, Mapping[str, str]],
    *,
    without_contacts: bool = False,
) -> Iterator[Path]:
    """A copy at `path` while the block runs; `without_contacts`: see sql/views/shared.toml."""
    remove(path)
    try:
        with _attached(connection, path):
            there = set(read(connection, "state/tables")["table_name"])
            for table in (name for name in PUBLISHED if name in there):
                _create(connection.table(table), table, without_contacts)
            for table in DERIVED:
                _create(connection.sql(statement(f"published/{table}")), table, without_contacts)
            for view in view_names():
                _add_view(connection, view)
            _comment_all(connection, comments)
        path.chmod(0o600)
        yield path
    finally:
        remove(path)


def _create(relation: duckdb.DuckDBPyRelation, table: str, without_contacts: bool) -> None:
    if without_contacts:
        kinds = [str(kind) for kind in relation.types]
        columns = shown_columns(table, list(zip(relation.columns, kinds, strict=True)))
        if not columns:
            return
        relation = relation.project(", ".join(columns))
    relation.create(f"copy.main.{table}")


@contextmanager
def _attached(connection: duckdb.DuckDBPyConnection, path: Path) -> Iterator[None]:
    options = f"storage_version '{STORAGE_VERSION}', {ROW_GROUPS}"
    with private_files():
        connection.execute(f"attach {quoted(str(path))} as copy ({options})")
    try:
        yield
    finally:
        connection.execute("detach copy")


def _add_view(connection: duckdb.DuckDBPyConnection, view: str) -> None:
    """A view of tables of the copy; where one of them, or a new field of the kept profiles, is not
    there yet, there is no view either."""
    here = connection.execute("select current_database()").fetchall()[0][0]
    connection.execute("use copy.main")
    try:
        with suppress(duckdb.CatalogException, duckdb.BinderException):
            connection.execute(f"create view {view} as {statement(f'views/{view}')}")
    finally:
        connection.execute(f"use {quoted_name(here)}.main")


def _comment_all(
    connection: duckdb.DuckDBPyConnection, comments: Mapping[str, Mapping[str, str]]
) -> None:
    """What is known of every table, view and column of the copy, in one transaction."""
    found = connection.execute(statement("published/columns")).fetchall()
    notes = [
        _on_relation(kind, table) for kind, table in dict.fromkeys((k, t) for k, t, _ in found)
    ]
    notes += [_on_column(table, column, comments.get(table, {})) for _, table, column in found]
    with transaction(connection):
        connection.execute("\n".join(notes) or "select 1")


def _on_relation(kind: str, table: str) -> str:
    note = table_notes().get(table)
    return f"comment on {kind} copy.main.{table} is {quoted(note)};" if note else ""


def _on_column(table: str, column: str, comments: Mapping[str, str]) -> str:
    words = comments.get(column) or column_note(table, column)
    place = f"copy.main.{table}.{quoted_name(column)}"
    return f"comment on column {place} is {quoted(words)};" if words else ""
