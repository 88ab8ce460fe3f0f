"""What was said about consent, and which contacts a source deleted: records of their own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import duckdb
import polars as pl

from enrich.store.forgetting import make_salt
from enrich.store.scripts import read, registered, run

SAID = pl.Schema(
    {
        "email": pl.String(),
        "origin": pl.String(),
        "event": pl.String(),
        "changed_at": pl.Datetime("us"),
        "is_dated": pl.Boolean(),
        "by_person": pl.Boolean(),
        "received_at": pl.Datetime("us"),
    }
)
"""Statements as they come in; event is subscribed, unsubscribed or bounced, moments are UTC."""


def keep_statements(
    connection: duckdb.DuckDBPyConnection, store: str, said: pl.DataFrame, run_id: str
) -> dict[str, int]:
    """statement_count (new ones), bounce_count, unusable_count; `said` as SAID."""
    make_salt(connection)
    with registered(connection, {"incoming": said.select(SAID.names()).cast(SAID)}):
        run(connection, "consent/keep_statements", store=store, run_id=run_id)
        return read(connection, "consent/kept_counts").row(0, named=True)


def settle_deletions(
    connection: duckdb.DuckDBPyConnection,
    store: str,
    gone: Mapping[str, datetime],
    there: list[str],
    run_id: str,
) -> None:
    """Marks the contacts VTEX has no more (key -> UTC moment), unmarks those it has just shown."""
    frames = {
        "gone": pl.DataFrame(
            {
                "contact_id": list(gone),
                "deleted_at": [at.replace(tzinfo=None) for at in gone.values()],
            },
            schema={"contact_id": pl.String, "deleted_at": pl.Datetime("us")},
        ),
        "there": pl.DataFrame({"contact_id": there}, schema={"contact_id": pl.String}),
    }
    with registered(connection, frames):
        run(connection, "deletions/settle", store=store, run_id=run_id)
