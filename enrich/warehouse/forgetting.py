"""People out of everything, and kept out: tombstones are salted digests, never a value."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl

from enrich.errors import BadSettings
from enrich.warehouse.connection import ROW_GROUPS, schema_version, transaction
from enrich.warehouse.scripts import quoted, read, registered, run, table_exists
from enrich.warehouse.traces import Traces, traces_of

REMEMBERED_NAME = "forgotten.ndjson"
"""In the data folder, a line per identifier of whoever was forgotten: it outlives the warehouse."""

OF_CUSTOMERS = ("coded_profiles",)
"""Tables of customers that are not there from the beginning."""

Identifier = tuple[str, str, int | None]
"""kind, value, customer_key; the key is None for an e-mail that no customer has."""

_IDENTIFIERS = {"kind": pl.String, "value": pl.String, "customer_key": pl.Int64}


@dataclass(frozen=True, slots=True)
class Named:
    """Whom to forget or to show in one store, by our keys, by identifiers, or both."""

    customer_keys: tuple[int, ...] = ()
    identifiers: tuple[Identifier, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Found:
    """What there is of some people in one store.

    `counts`: (what, rows); `traces`: (kind, text) to search files and copies by; `pushed`:
    destination, record_id, remote_key of every record a platform accepted; `remembered`: store,
    kind, digest, customer_key, salt of each identifier, which is all that stays of them.
    """

    named: Named = field(repr=False)
    counts: tuple[tuple[str, int], ...]
    traces: tuple[tuple[str, str], ...] = field(repr=False)
    pushed: pl.DataFrame = field(repr=False)
    remembered: pl.DataFrame = field(repr=False)


def find(connection: duckdb.DuckDBPyConnection, store: str, named: Named) -> Found:
    """What there is of the people; nothing is removed."""
    with found_people(connection, store, named):
        identifiers = tuple(read(connection, "forget/identifiers").iter_rows())
        keys = read_keys(connection)
        return Found(
            Named(keys, identifiers),
            tuple(read(connection, "forget/counts", store=store).iter_rows()),
            tuple(read(connection, "forget/traces", store=store).iter_rows()),
            pl.concat(
                [
                    read(connection, "forget/pushed", store=store),
                    read(connection, "forget/pushed_consents", store=store),
                ]
            ).unique(["destination", "remote_key"], maintain_order=True),
            read(connection, "forget/digests", store=store),
        )


def remove(
    connection: duckdb.DuckDBPyConnection,
    store: str,
    named: Named,
    *,
    certificate: str,
    now: datetime,
) -> None:
    """Everything personal of the people is gone, and they stay away; a repeat changes nothing.

    The caller holds the transaction, fills the typed orders of `loaded_keys` again, and resolves.
    """
    with found_people(connection, store, named):
        run(connection, "forget/remove", store=store, certificate=certificate, now=now)
        run(connection, "forget/remove_consents", store=store)
        for table in OF_CUSTOMERS:
            if table_exists(connection, table):
                _remove_customers(connection, table)


@contextmanager
def found_people(connection: duckdb.DuckDBPyConnection, store: str, named: Named) -> Iterator[None]:
    """In the block there are the temporary tables of sql/forget/find.sql and forgotten_rejects."""
    make_salt(connection)
    keys = pl.DataFrame({"customer_key": named.customer_keys}, schema={"customer_key": pl.Int64})
    identifiers = pl.DataFrame(named.identifiers, schema=_IDENTIFIERS, orient="row")
    with registered(connection, {"named_customers": keys, "named_identifiers": identifiers}):
        run(connection, "forget/find", store=store)
    rejects = _rejects_naming(connection, store)
    with registered(connection, {"found_rejects": rejects.to_frame("reject")}):
        connection.execute(
            "create or replace temp table forgotten_rejects as select reject from found_rejects"
        )
    yield


def _rejects_naming(connection: duckdb.DuckDBPyConnection, store: str) -> pl.Series:
    """The row ids of the rejects that name one of the people, or are their contacts and orders."""
    own = read(connection, "forget/own_rejects", store=store)["reject"]
    traces = traces_of(read(connection, "forget/identifiers").select("kind", "value").iter_rows())
    return pl.concat([own, *_named_in_rejects(connection, store, traces)]).unique()


def _named_in_rejects(
    connection: duckdb.DuckDBPyConnection, store: str, traces: Traces
) -> Iterable[pl.Series]:
    rows = connection.sql(
        "select rowid as reject, payload from state.rejects where store = $store"
        " and payload is not null",
        params={"store": store},
    )
    for batch in rows.to_arrow_reader(10_000):
        frame = pl.DataFrame(batch)
        yield frame["reject"].filter(traces.in_texts(frame["payload"]))


def read_keys(connection: duckdb.DuckDBPyConnection) -> tuple[int, ...]:
    """The keys in `forgotten_customers`."""
    found = connection.execute("select customer_key from forgotten_customers order by all")
    return tuple(key for (key,) in found.fetchall())


def _remove_customers(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """`table` is one of OF_CUSTOMERS, never a user's text."""
    connection.execute(
        f"delete from {table} where store = getvariable('store') and customer_key in "  # noqa: S608
        "(select customer_key from forgotten_customers)"
    )


def make_salt(connection: duckdb.DuckDBPyConnection) -> None:
    """The salt of every digest is there afterwards, and the table tombstone_salts of all salts."""
    run(connection, "state/salt", fresh_salt=secrets.token_hex(32))
    run(connection, "forget/salts")


def adopt_remembered(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """The warehouse knows what the file beside it knows of forgotten people.

    One that was restored or newly created does not; then `has_adopted` until it was checked.
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
        read = json.loads(line)
    except ValueError:
        return None
    is_whole = isinstance(read, dict) and {"store", "digest", "salt", "certificate"} <= read.keys()
    return read if is_whole else None


def has_adopted(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether digests came from the file and the customers were not compared with them yet."""
    found = connection.execute("from state.tombstones_read where not is_checked").fetchall()
    return bool(found)


def settle_adopted(connection: duckdb.DuckDBPyConnection) -> None:
    """The customers were compared with all digests."""
    connection.execute("update state.tombstones_read set is_checked = true")


def returned(connection: duckdb.DuckDBPyConnection, store: str) -> pl.DataFrame:
    """customer_key, certificate of the customers who were forgotten and are here again."""
    return read(connection, "forget/returned", store=store)


def inactive(connection: duckdb.DuckDBPyConnection, store: str, before: datetime) -> pl.Series:
    """The keys of the customers without a purchase or another sign of life since then."""
    return read(connection, "forget/inactive", store=store, before=before)["customer_key"]


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


def rewrite(path: Path) -> None:
    """The warehouse file rewritten, so that no deleted row is left in its free space.

    Nobody may have it open; the caller holds the writer's lock.
    """
    fresh = path.with_name(f".{path.name}.fresh")
    fresh.unlink(missing_ok=True)
    previous = os.umask(0o077)
    try:
        with duckdb.connect() as connection:
            for name, file in (("stale", path), ("fresh", fresh)):
                connection.execute(f"attach {quoted(str(file))} as {name} ({ROW_GROUPS})")
            connection.execute("copy from database stale to fresh")
        fresh.chmod(0o600)
        _refuse_half(fresh)
        fresh.replace(path)
    finally:
        os.umask(previous)
        fresh.unlink(missing_ok=True)


def _refuse_half(fresh: Path) -> None:
    with duckdb.connect(str(fresh), read_only=True) as connection:
        if schema_version(connection) is None:
            raise BadSettings("the warehouse could not be rewritten; it is left as it was")
