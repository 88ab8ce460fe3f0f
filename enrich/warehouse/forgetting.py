"""People out of everything: who is meant, what is held about them, and its removal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import duckdb
import polars as pl

from enrich.model import Rules
from enrich.warehouse.held import rows_about_people
from enrich.warehouse.loading import fill_typed
from enrich.warehouse.resolving import resolve
from enrich.warehouse.scripts import read, registered, run, table_exists, transaction
from enrich.warehouse.tombstones import make_salt
from enrich.warehouse.traces import Traces, traces_of

OF_CUSTOMERS = ("coded_profiles", "profiles_today")
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


@dataclass(frozen=True, slots=True)
class People:
    """The people in an open warehouse: who is meant, what is held about them, and forgetting."""

    _connection: duckdb.DuckDBPyConnection = field(repr=False)

    def named(self, who: str | None, store: str | None, key: int | None) -> pl.DataFrame:
        """store, customer_key, first_name, last_name, email of everybody who is meant.

        `who` is an e-mail, a document, the source's id, an order id or our key; `key` our key
        alone.
        """
        return read(self._connection, "customer/find", who=who, store=store, key=key)

    def find(self, store: str, named: Named) -> Found:
        """What there is of some people of a store; nothing is removed."""
        find_people(self._connection, store, named)

        def found(script: str) -> pl.DataFrame:
            return read(self._connection, f"forget/{script}", store=store)

        pushed = pl.concat(
            [found("pushed"), read(self._connection, "consent/platforms_that_know", store=store)]
        )
        return Found(
            Named(
                tuple(found("customer_keys")["customer_key"]), tuple(found("identifiers").rows())
            ),
            tuple(found("counts").rows()),
            tuple(found("traces").rows()),
            pushed.unique(["destination", "remote_key"], maintain_order=True),
            found("digests"),
        )

    def everything_held(self, store: str, named: Named) -> dict[str, pl.DataFrame]:
        """By table, as SQL names it: its rows about the people; none without any."""
        find_people(self._connection, store, named)
        return rows_about_people(self._connection)

    def forget(
        self,
        store: str,
        named: Named,
        rules: Rules,
        *,
        certificate: str,
        run_id: str,
        now: datetime,
    ) -> None:
        """Remove people of a store, who stay away from then on; a repeat changes nothing.

        The orders stay as anonymous sales. The bytes leave the file with the next
        `rewrite_warehouse`.
        """
        connection = self._connection
        with transaction(connection):
            find_people(connection, store, named)
            run(connection, "forget/remove", store=store, certificate=certificate, now=now)
            run(connection, "consent/forget", store=store)
            for table in OF_CUSTOMERS:
                if table_exists(connection, table):
                    _remove_customers(connection, table)
            fill_typed(connection, "orders", {"store": store})
            run(connection, "imports/typed_orders", store=store)
            resolve(connection, store, rules, run_id=run_id, now=now)

    def returned(self, store: str) -> pl.DataFrame:
        """customer_key, certificate of customers who were forgotten and are here again."""
        return read(self._connection, "forget/returned", store=store)

    @property
    def has_adopted_tombstones(self) -> bool:
        """Whether `returned` people were not looked for since digests came from outside."""
        found = self._connection.execute("from state.tombstones_read where not is_checked")
        return bool(found.fetchall())

    def settle_adopted_tombstones(self) -> None:
        """Nobody who was forgotten is here, or will be forgotten from an open case."""
        self._connection.execute("update state.tombstones_read set is_checked = true")

    def inactive(self, store: str, before: datetime) -> pl.Series:
        """The keys of the customers without a purchase or another sign of life since then."""
        found = read(self._connection, "forget/inactive", store=store, before=before)
        return found["customer_key"]


def find_people(connection: duckdb.DuckDBPyConnection, store: str, named: Named) -> None:
    """The temporary tables of sql/forget/find.sql and forgotten_rejects are about these people."""
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


def _remove_customers(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """`table` is one of OF_CUSTOMERS, never a user's text."""
    connection.execute(
        f"delete from {table} where store = getvariable('store') and customer_key in "  # noqa: S608
        "(select customer_key from forgotten_customers)"
    )
