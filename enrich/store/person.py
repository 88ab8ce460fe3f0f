"""Everything the read copy knows of one customer."""

from __future__ import annotations

import duckdb
import polars as pl

from enrich.errors import BadSettings
from enrich.store.scripts import read, table_exists

PARTS = ("person", "links", "purchases", "scores", "segments", "pushes")
HIDDEN = "***"
SHOWN_PEOPLE = 20


def people_named(
    connection: duckdb.DuckDBPyConnection, who: str | None, store: str | None, key: int | None
) -> pl.DataFrame:
    """store, customer_key, first_name, last_name, email of everybody whom a word or a key means.

    `who` is an e-mail, a document, the source's id, an order id or our key; `key` our key alone.
    """
    return read(connection, "customer/find", who=who, store=store, key=key)


def person_frames(
    connection: duckdb.DuckDBPyConnection, who: str | None, store: str | None, key: int | None
) -> dict[str, pl.DataFrame]:
    """The answers of sql/customer by name, for the one customer whom a word or a key means.

    Raises BadSettings when nobody or several are meant; the message does not repeat who.
    """
    name, key = the_only_one(people_named(connection, who, store, key))
    parts = PARTS if table_exists(connection, "profiles") else set(PARTS) - {"scores"}
    return {
        part: read(connection, f"customer/{part}", store=name, customer_key=key)
        for part in PARTS
        if part in parts
    }


def the_only_one(people: pl.DataFrame) -> tuple[str, int]:
    """store and customer_key of the one person; raises BadSettings when it is none or several."""
    if people.is_empty():
        raise BadSettings("no customer has this e-mail, document, id, key or order")
    if people.height > 1:
        meant = ", ".join(
            _described(row) for row in people.head(SHOWN_PEOPLE).iter_rows(named=True)
        )
        more = f" and {people.height - SHOWN_PEOPLE:,} more" if people.height > SHOWN_PEOPLE else ""
        raise BadSettings(
            f"several customers are meant; choose with --store and --key: {meant}{more}"
        )
    store, key = people.select("store", "customer_key").row(0)
    return str(store), int(key)


def _described(row: dict[str, object]) -> str:
    return f"{row['store']} {row['customer_key']} ({masked_person(row)})"


def masked_person(row: dict[str, object]) -> str:
    """`A*** S***, a***@e***` of the names and the e-mail of a row, as far as they are known."""
    names = [masked(str(row[name])) for name in ("first_name", "last_name") if row[name]]
    email = [masked_email(str(row["email"]))] if row["email"] else []
    return ", ".join([" ".join(names)] * bool(names) + email) or "no name"


def masked(text: str) -> str:
    """Only the first letter."""
    return f"{text[:1]}{HIDDEN}"


def masked_email(email: str) -> str:
    """`ana@example.com` as `a***@e***`."""
    local, _, domain = email.partition("@")
    return f"{masked(local)}@{masked(domain)}"
