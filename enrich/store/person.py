"""Everything the read copy knows of one customer."""

from __future__ import annotations

import duckdb
import polars as pl

from enrich.errors import BadSettings
from enrich.store.scripts import read, table_exists

PARTS = ("person", "links", "purchases", "scores", "segments", "pushes")


def person_frames(
    connection: duckdb.DuckDBPyConnection, who: str, store: str | None
) -> dict[str, pl.DataFrame]:
    """The answers of sql/customer by name, for an e-mail, the source's id, our key or an order id.

    Raises BadSettings when nobody or several are meant; the message does not repeat who.
    """
    found = read(connection, "customer/find", who=who, store=store)
    if found.is_empty():
        raise BadSettings("no customer has this e-mail, id, key or order")
    if found.height > 1:
        meant = ", ".join(f"{name} {key}" for name, key in found.iter_rows())
        raise BadSettings(f"several customers are meant; ask by --store and key: {meant}")
    name, key = found.row(0)
    parts = PARTS if table_exists(connection, "profiles") else set(PARTS) - {"scores"}
    return {
        part: read(connection, f"customer/{part}", store=name, customer_key=key)
        for part in PARTS
        if part in parts
    }
