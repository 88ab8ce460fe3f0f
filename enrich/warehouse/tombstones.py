"""Who was forgotten stays away: a tombstone is a salted digest of an identifier, never a value."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

import duckdb
import polars as pl

from enrich.warehouse.scripts import read, registered, run, transaction

REMEMBERED_NAME = "forgotten.ndjson"
"""In the data folder, a line per identifier of whoever was forgotten: it outlives the warehouse."""


def make_salt(connection: duckdb.DuckDBPyConnection) -> None:
    """The salt of every digest is there afterwards, and the table tombstone_salts of all salts."""
    run(connection, "state/salt", fresh_salt=secrets.token_hex(32))
    run(connection, "forget/salts")


def adopt_remembered(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """The warehouse knows what the file beside it knows of forgotten people.

    One that was restored or newly created does not; then `has_adopted_tombstones` until somebody
    looked for them.
    """
    byte_count = path.stat().st_size if path.is_file() else 0
    known = connection.execute("select byte_count from state.tombstones_read").fetchall()
    if byte_count and known != [(byte_count,)]:
        with transaction(connection):
            run(connection, "forget/adopt", path=str(path), byte_count=byte_count)


def read_remembered(data_dir: Path) -> tuple[list[dict[str, str]], list[int]]:
    """The lines of `forgotten.ndjson`, and the numbers of those that cannot be read."""
    path = data_dir / REMEMBERED_NAME
    content = path.read_bytes().splitlines() if path.is_file() else []
    parsed = [_remembered_line(line) for line in content]
    damaged = [number for number, line in enumerate(parsed, 1) if line is None]
    return [line for line in parsed if line is not None], damaged


def _remembered_line(line: bytes) -> dict[str, str] | None:
    try:
        known = json.loads(line)
    except ValueError:
        return None
    wanted = {"store", "digest", "salt", "certificate"}
    return known if isinstance(known, dict) and wanted <= known.keys() else None


def keep_away(connection: duckdb.DuckDBPyConnection, store: str, entity: str) -> None:
    """Take whoever was forgotten out of `incoming_documents`."""
    if entity in ("orders", "customers") and _has_tombstones(connection, store):
        run(connection, "forget/salts")
        run(connection, f"forget/incoming_{entity}", store=store)


def without_forgotten(
    connection: duckdb.DuckDBPyConnection, store: str, entity: str, frame: pl.DataFrame
) -> pl.DataFrame:
    """An imported frame without whoever was forgotten; of orders only the person is taken out."""
    if entity not in ("orders", "customers") or not _has_tombstones(connection, store):
        return frame
    run(connection, "forget/salts")
    run(connection, "forget/imported")
    with registered(connection, {"incoming": frame}):
        return read(connection, f"forget/imported_{entity}", store=store)


def _has_tombstones(connection: duckdb.DuckDBPyConnection, store: str) -> bool:
    return bool(read(connection, "forget/tombstones", store=store).item())
