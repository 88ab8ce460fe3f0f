"""What the program did: runs of jobs, and what each platform was sent and accepted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

import duckdb
import polars as pl

from enrich.store.scripts import frame_of, read, registered, run

_RESULTS = {
    "record_id": pl.String,
    "hash": pl.String,
    "outcome": pl.String,
    "code": pl.String,
    "message": pl.String,
    "remote_key": pl.String,
    "job_id": pl.String,
    "memo": pl.String,
}


def table_counts(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """table_name, row_count: one row per table."""
    names = read(connection, "state/tables")["table_name"].to_list()
    counts = [_height(connection.table(name)) for name in names]
    return pl.DataFrame(
        {"table_name": names, "row_count": counts},
        schema={"table_name": pl.String, "row_count": pl.Int64},
    )


def finish_run(
    connection: duckdb.DuckDBPyConnection,
    run_id: str,
    status: str,
    summary: Mapping[str, object],
    now: datetime,
) -> None:
    """Write down how a job ended."""
    run(
        connection,
        "state/finish_run",
        run_id=run_id,
        status=status,
        summary=_json(summary),
        now=now,
    )


def pushed_state(
    connection: duckdb.DuckDBPyConnection, destination: str, store: str, entity: str
) -> pl.DataFrame:
    """record_id, hash, accepted_at, outcome of every record a platform was sent."""
    return read(
        connection, "push/pushed_state", destination=destination, store=store, entity=entity
    )


def start_push(
    connection: duckdb.DuckDBPyConnection,
    run_id: str,
    destination: str,
    store: str,
    entity: str,
    now: datetime,
) -> None:
    """Write down that a push has begun."""
    run(
        connection,
        "push/start_run",
        run_id=run_id,
        destination=destination,
        store=store,
        entity=entity,
        now=now,
    )


def record_batch(
    connection: duckdb.DuckDBPyConnection,
    destination: str,
    store: str,
    entity: str,
    results: pl.DataFrame,
    *,
    run_id: str,
    batch_id: str,
    now: datetime,
    closed_job: str | None = None,
    export_id: str | None = None,
) -> None:
    """The outcomes of one batch, or of the job that is over; absent columns count as null."""
    columns = [
        (pl.col(name) if name in results.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in _RESULTS.items()
    ]
    with registered(connection, {"incoming": results.select(columns)}):
        run(
            connection,
            "push/record_batch",
            destination=destination,
            store=store,
            entity=entity,
            run_id=run_id,
            batch_id=batch_id,
            now=now,
            closed_job=closed_job,
            export_id=export_id,
        )


def intend(
    connection: duckdb.DuckDBPyConnection,
    destination: str,
    store: str,
    entity: str,
    record_ids: pl.Series,
    *,
    run_id: str,
    batch_id: str,
    now: datetime,
    memos: pl.Series | None = None,
) -> None:
    """Write down that these records are about to be sent."""
    said = pl.Series([None] * len(record_ids), dtype=pl.String) if memos is None else memos
    leaving = pl.DataFrame({"record_id": record_ids.alias(""), "memo": said})
    with registered(connection, {"leaving": leaving}):
        run(
            connection,
            "push/intend",
            destination=destination,
            store=store,
            entity=entity,
            run_id=run_id,
            batch_id=batch_id,
            now=now,
        )


def finish_push(
    connection: duckdb.DuckDBPyConnection,
    run_id: str,
    destination: str,
    store: str,
    entity: str,
    status: str,
    summary: Mapping[str, object],
    now: datetime,
) -> None:
    """Write down how a push ended."""
    run(
        connection,
        "push/finish_run",
        run_id=run_id,
        destination=destination,
        store=store,
        entity=entity,
        status=status,
        summary=_json(summary),
        now=now,
    )


def _height(relation: duckdb.DuckDBPyRelation) -> int:
    return int(frame_of(relation.aggregate("count(*)")).item())


def _json(summary: Mapping[str, object]) -> str:
    return json.dumps(dict(summary), default=str, ensure_ascii=False, sort_keys=True)
