"""What can be pushed beside profiles: purchases, products, coupons, carts, from sql/records.

A plan needs little of every record (its heads); the whole of it only when its turn comes.
"""

from __future__ import annotations

from typing import Any

import duckdb
import polars as pl

from enrich.store.scripts import read, registered, run


def heads(connection: duckdb.DuckDBPyConnection, entity: str, **values: Any) -> pl.DataFrame:
    """record_id, digest, email, happened_at, changed_at, is_over: one row per record.

    `values` are the destination, store and entity, and what the files of the entity ask for.
    """
    run(connection, "records/there", entity=entity, **values)
    run(connection, f"records/{entity}", **values)
    return read(connection, f"records/{entity}_heads", **values)


def rows(
    connection: duckdb.DuckDBPyConnection, entity: str, record_ids: pl.Series, **values: Any
) -> pl.DataFrame:
    """The whole records of the last `heads` that have these ids, in no certain order."""
    asked = pl.DataFrame({"record_id": record_ids}, schema={"record_id": pl.String})
    with registered(connection, {"asked": asked}):
        return read(connection, f"records/{entity}_rows", **values)
