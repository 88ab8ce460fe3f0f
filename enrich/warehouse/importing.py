"""Imported frames into raw and typed tables: keyed, so the same file twice is one import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb
import polars as pl

from enrich.errors import BadSettings
from enrich.model import Loaded, Reject
from enrich.warehouse import tombstones
from enrich.warehouse.loading import load_rejects
from enrich.warehouse.scripts import read, registered, run, transaction

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
        "sms_opt_in": pl.Boolean,
        "whatsapp_opt_in": pl.Boolean,
        "ads_opt_in": pl.Boolean,
        "locale": pl.String,
        "extra_fields": pl.String,
    },
}
"""What an import may bring; a column that is absent counts as null, an unknown one is refused."""

_TYPED = {"orders": "typed_orders", "items": "typed_items", "customers": "typed_contacts"}


@dataclass(frozen=True, slots=True)
class Imports:
    """The rows of imported files, once they are understood."""

    _connection: duckdb.DuckDBPyConnection = field(repr=False)

    def load(
        self,
        store: str,
        orders: pl.DataFrame | None,
        items: pl.DataFrame | None,
        customers: pl.DataFrame | None,
        rejects: Sequence[Reject] = (),
        *,
        run_id: str,
        now: datetime,
    ) -> dict[str, Loaded]:
        """What became of the rows of each imported frame, by orders, items, customers, rejects.

        The columns are those of FRAMES; all lines of an order come in one call.
        """
        frames = {"orders": orders, "items": items, "customers": customers}
        values = {"store": store, "run_id": run_id, "now": now}
        with transaction(self._connection):
            loaded = {
                entity: self._load_frame(entity, frame, values)
                for entity, frame in frames.items()
                if frame is not None
            }
            of_rejects = {**values, "entity": "import"}
            loaded["rejects"] = load_rejects(self._connection, rejects, of_rejects)
        return loaded

    def doubts(
        self, store: str, frames: Mapping[str, pl.DataFrame | None]
    ) -> dict[str, pl.DataFrame]:
        """What frames that are not loaded yet look like beside the store's orders.

        reused_orders: a row per order id that is stored with another customer and another moment;
        item_joins, customer_joins: a row with known_count, named_count, joined_count and some ids
        of either side, `alone` and `there`.
        """
        given = {entity: frame for entity, frame in frames.items() if frame is not None}
        asked = {"orders": "reused_orders", "items": "item_joins", "customers": "customer_joins"}
        shaped = {
            f"given_{entity}": _shaped(entity, given.get(entity, pl.DataFrame(schema=columns)))
            for entity, columns in FRAMES.items()
        }
        with registered(self._connection, shaped):
            return {
                name: read(self._connection, f"imports/{name}", store=store)
                for entity, name in asked.items()
                if entity in given
            }

    def _load_frame(self, entity: str, frame: pl.DataFrame, values: Mapping[str, Any]) -> Loaded:
        connection, store = self._connection, values["store"]
        shaped = tombstones.without_forgotten(connection, store, entity, _shaped(entity, frame))
        with registered(connection, {"incoming": shaped}):
            run(connection, f"imports/load_{entity}", **values)
        run(connection, f"imports/{_TYPED[entity]}", store=store)
        run(connection, "state/to_resolve", store=store)
        return Loaded(*read(connection, "loading/counts").row(0))


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
