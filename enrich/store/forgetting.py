"""One person out of everything, and kept out: tombstones are salted digests, never a value."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl

from enrich.errors import BadSettings
from enrich.store.connection import ROW_GROUPS, schema_version
from enrich.store.scripts import quoted, read, registered, run, table_exists

OF_CUSTOMERS = ("coded_profiles",)
"""Tables of customers that are not there from the beginning."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was removed of one person in one store.

    `counts`: (what, rows); `pushed`: destination, record_id, remote_key of every record a platform
    accepted; `values` are the person's identifiers, to search for afterwards and then to drop.
    """

    counts: tuple[tuple[str, int], ...]
    pushed: pl.DataFrame = field(repr=False)
    values: tuple[str, ...] = field(repr=False)
    customer_keys: tuple[int, ...]

    @property
    def is_known(self) -> bool:
        return bool(self.customer_keys) or dict(self.counts).get("orders made anonymous", 0) > 0


def forget(
    connection: duckdb.DuckDBPyConnection,
    store: str,
    who: str,
    now: datetime,
) -> Forgotten:
    """What was removed of the person `who` names; the caller holds the transaction.

    The typed orders of `loaded_keys` are to be filled again, then the store is to be resolved.
    `who` is an e-mail, a document, the source's customer id or our customer_key.
    """
    make_salt(connection)
    run(connection, "forget/find", store=store, who=who, now=now)
    run(connection, "forget/consents")
    found = Forgotten(
        counts=tuple(
            row
            for script in ("forget/counts", "forget/consent_count")
            for row in read(connection, script, store=store).iter_rows()
        ),
        pushed=pl.concat(
            [
                read(connection, "forget/pushed", store=store),
                read(connection, "forget/pushed_consents", store=store),
            ]
        ).unique(["destination", "remote_key"], maintain_order=True),
        values=tuple(read(connection, "forget/values", store=store)["value"]),
        customer_keys=_keys(connection),
    )
    for script in ("forget/remove", "forget/remove_consents"):
        run(connection, script, store=store)
    for table in OF_CUSTOMERS:
        if table_exists(connection, table):
            _remove_customers(connection, table)
    return found


def make_salt(connection: duckdb.DuckDBPyConnection) -> None:
    """The salt of every digest is there afterwards."""
    run(connection, "state/salt", fresh_salt=secrets.token_hex(32))


def _keys(connection: duckdb.DuckDBPyConnection) -> tuple[int, ...]:
    found = connection.execute("select customer_key from forgotten_customers order by all")
    return tuple(key for (key,) in found.fetchall())


def _remove_customers(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """`table` is one of OF_CUSTOMERS, never a user's text."""
    connection.execute(
        f"delete from {table} where store = getvariable('store') and customer_key in "  # noqa: S608
        "(select customer_key from forgotten_customers)"
    )


def keep_away(connection: duckdb.DuckDBPyConnection, store: str, entity: str) -> None:
    """Take whoever was forgotten out of `incoming_documents`."""
    if entity in ("orders", "customers") and _has_tombstones(connection, store):
        run(connection, f"forget/incoming_{entity}", store=store)


def without_forgotten(
    connection: duckdb.DuckDBPyConnection, store: str, entity: str, frame: pl.DataFrame
) -> pl.DataFrame:
    """An imported frame without whoever was forgotten; of orders only the person is taken out."""
    if entity not in ("orders", "customers") or not _has_tombstones(connection, store):
        return frame
    with registered(connection, {"incoming": frame}):
        return read(connection, f"forget/imported_{entity}", store=store)


def _has_tombstones(connection: duckdb.DuckDBPyConnection, store: str) -> bool:
    return bool(read(connection, "forget/tombstones", store=store).item())


def rewrite(path: Path) -> None:
    """The warehouse file written anew, so that no deleted row is left in its free space.

    Nobody may have it open; the caller holds the writer's lock.
    """
    fresh = path.with_name(f".{path.name}.fresh")
    fresh.unlink(missing_ok=True)
    try:
        with duckdb.connect() as connection:
            for name, file in (("stale", path), ("fresh", fresh)):
                connection.execute(f"attach {quoted(str(file))} as {name} ({ROW_GROUPS})")
            connection.execute("copy from database stale to fresh")
        fresh.chmod(0o600)
        _refuse_half(fresh)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def _refuse_half(fresh: Path) -> None:
    with duckdb.connect(str(fresh), read_only=True) as connection:
        if schema_version(connection) is None:
            raise BadSettings("the warehouse could not be written anew; it is left as it was")
