"""Which listed orders call for their detail, and what to remember of those fetched. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import polars as pl
from pydantic import BaseModel

from enrich.model import RawRecord
from enrich.sources.vtex.parse import utc

_MOMENT = pl.Datetime("us")
_LISTING: dict[str, Any] = {
    "order_id": pl.String,
    "status": pl.String,
    "total_value": pl.Int64,
    "is_complete": pl.Boolean,
    "authorized_at": _MOMENT,
    "last_change_at": _MOMENT,
    "invoice_input": pl.String,
}
LISTING_SCHEMA = pl.Schema(_LISTING)
LISTED_SCHEMA = pl.Schema({**_LISTING, "created_at": _MOMENT})
"""What one listing tells: created_at is for the proof afterwards, not remembered."""
_STORED_SCHEMA = pl.Schema({**_LISTING, "detail_at": _MOMENT, "detail_status": pl.String})
FINAL_STATUSES = (
    "invoiced",
    "canceled",
    "replaced",
    "payment-denied",
    "order-create-error",
    "order-creation-error",
)
UNFINISHED_REST = timedelta(hours=24)


def naive(moment: datetime) -> datetime:
    """The moment in UTC without its zone, as the tables hold it."""
    return utc(moment).replace(tzinfo=None)


def which_need_detail(rows: pl.DataFrame, stored: pl.DataFrame, now: datetime) -> list[str]:
    """The ids of the listed orders whose detail must be fetched, in the order of the rows.

    `stored` is what the list said when their details were last taken, with `detail_at` and
    `detail_status`. Fetched are orders that are new, changed since, or not final and not looked at
    for a day, and those whose receipts of returns are others. Without a last change on either side,
    status, amount and authorization are compared.
    """
    known = _in_plain_utc(stored.select(*_STORED_SCHEMA)).cast(_STORED_SCHEMA)
    listed = _in_plain_utc(rows.select(*LISTING_SCHEMA)).cast(LISTING_SCHEMA)
    both = listed.join(
        known.with_columns(is_known=True),
        on="order_id",
        how="left",
        suffix="_before",
        maintain_order="left",
    )
    return both.filter(_needs_detail(naive(now)))["order_id"].to_list()


def _needs_detail(now: datetime) -> pl.Expr:
    newer = pl.col("last_change_at") > pl.col("last_change_at_before")
    facts = ("status", "total_value", "is_complete", "authorized_at")
    differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_before")) for name in facts)
    is_final = pl.col("detail_status").is_in(FINAL_STATUSES).fill_null(False)
    is_old = (pl.lit(now) - pl.col("detail_at")) > UNFINISHED_REST
    is_unfinished = ~is_final & is_old.fill_null(True)
    # VTEX's reference has no last change in a row: a return shows in its receipts alone.
    is_returned = pl.col("invoice_input").ne_missing(pl.col("invoice_input_before"))
    return pl.any_horizontal(
        pl.col("is_known").is_null(), newer.fill_null(differs), is_returned, is_unfinished
    )


def _in_plain_utc(frame: pl.DataFrame) -> pl.DataFrame:
    """Moments with a zone as the same moments in UTC without one."""
    zoned = [
        name
        for name, dtype in frame.schema.items()
        if isinstance(dtype, pl.Datetime) and dtype.time_zone is not None
    ]
    return frame.with_columns(
        pl.col(name).dt.convert_time_zone("UTC").dt.replace_time_zone(None) for name in zoned
    )


class _Said(BaseModel):
    """The little of a detail that is remembered; reading only this much costs half."""

    status: str | None = None
    value: int | None = None


def listing_of_details(rows: pl.DataFrame, records: Iterable[RawRecord]) -> pl.DataFrame:
    """The listed rows whose details were taken, and what these said: what `state` has to remember.

    `detail_status`, `detail_cents` and `detail_changed_at` are as in the document itself.

    Where the detail turned out older than the list said, its own last change is remembered, so that
    the next run looks again.
    """
    taken = pl.DataFrame(
        [
            (r.key, said.status, said.value, r.changed_at and naive(r.changed_at))
            for r in records
            for said in (_Said.model_validate_json(r.payload),)
        ],
        schema={
            "order_id": pl.String,
            "detail_status": pl.String,
            "detail_cents": pl.Int64,
            "detail_changed_at": _MOMENT,
        },
        orient="row",
    )
    is_stale = pl.col("detail_changed_at") < pl.col("last_change_at").dt.truncate("1s")
    remembered = pl.when(is_stale).then("detail_changed_at").otherwise("last_change_at")
    return rows.join(taken, on="order_id", how="inner", maintain_order="left").with_columns(
        last_change_at=remembered
    )
