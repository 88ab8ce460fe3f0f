"""Imported frames into raw and typed tables: keyed, so the same file twice is one import."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import duckdb
import polars as pl

from enrich.errors import BadSettings
from enrich.model import Loaded
from enrich.warehouse import forgetting
from enrich.warehouse.scripts import read, registered, run

_UTC = pl.Datetime("us")

FRAMES: Mapping[str, Mapping[str, pl.DataType | type[pl.DataType]]] = {
    "orders": {
        "order_id": pl.String,
        "customer_id": pl.String,
        "email": pl.String,
        "ordered_at": _UTC,
        "amount_cents": pl.Int64,
        "currency": pl.String,
        "status": pl.String,
        "promo_code": pl.String,
        "refund_of": pl.String,
        "source": pl.String,
        "line": pl.Int64,
    },
    "items": {
        "order_id": pl.String,
        "line_no": pl.Int64,
        "sku": pl.String,
        "quantity": pl.Int64,
        "amount_cents": pl.Int64,
        "product": pl.String,
        "brand": pl.String,
        "category": pl.String,
    },
    "customers": {
        "customer_id": pl.String,
        "email": pl.String,
        "first_name": pl.String,
        "last_name": pl.String,
        "phone": pl.String,
        "birth_date": pl.Date,
        "document": pl.String,
        "gender": pl.String,
        "newsletter_opt_in": pl.Boolean,
        "locale": pl.String,
        "extra_fields": pl.String,
    },
}
"""What an import may bring; a column that is absent counts as null, an unknown one is refused."""

_TYPED = {"orders": "typed_orders", "items": "typed_items", "customers": "typed_contacts"}


def load_frame(
    connection: duckdb.DuckDBPyConnection,
    store: str,
    entity: str,
    frame: pl.DataFrame,
    *,
    run_id: str,
    now: datetime,
) -> Loaded:
    """What became of the rows of one frame; `entity` is orders, items or customers."""
    shaped = forgetting.without_forgotten(connection, store, entity, _shaped(entity, frame))
    with registered(connection, {"incoming": shaped}):
        run(connection, f"imports/load_{entity}", store=store, run_id=run_id, now=now)
    run(connection, f"imports/{_TYPED[entity]}", store=store)
    run(connection, "state/to_resolve", store=store)
    return Loaded(*read(connection, "loading/counts").row(0))


def doubts(
    connection: duckdb.DuckDBPyConnection, store: str, frames: Mapping[str, pl.DataFrame | None]
) -> dict[str, pl.DataFrame]:
    """What frames that are not loaded yet look like beside the store's orders.

    reused_orders: a row per order id that is stored with another customer and another moment;
    item_joins, customer_joins: a row with known_count, named_count, joined_count and some ids of
    either side, `alone` and `there`.
    """
    given = {entity: frame for entity, frame in frames.items() if frame is not None}
    asked = {"orders": "reused_orders", "items": "item_joins", "customers": "customer_joins"}
    shaped = {
        f"given_{entity}": _shaped(entity, given.get(entity, pl.DataFrame(schema=columns)))
        for entity, columns in FRAMES.items()
    }
    with registered(connection, shaped):
        return {
            name: read(connection, f"imports/{name}", store=store)
            for entity, name in asked.items()
            if entity in given
        }


def _shaped(entity: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with every declared column, in its type; moments in UTC without a zone."""
    columns = FRAMES[entity]
    unknown = sorted(set(frame.columns) - columns.keys())
    if unknown:
        raise BadSettings(f"imported {entity} have unknown columns: {unknown}")
    return frame.select(_column(frame, name, dtype).alias(name) for name, dtype in columns.items())


def _column(frame: pl.DataFrame, name: str, dtype: pl.DataType | type[pl.DataType]) -> pl.Expr:
    if name not in frame.columns:
        return pl.lit(None, dtype=dtype)
    given = frame.schema[name]
    if isinstance(given, pl.Datetime) and given.time_zone is not None:
        return pl.col(name).dt.convert_time_zone("UTC").dt.replace_time_zone(None).cast(dtype)
    return pl.col(name).cast(dtype)
