"""Which listed orders call for their detail, and what a detail says of itself. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import polars as pl
from pydantic import BaseModel

from enrich.model import RawRecord
from enrich.sources.source import FACTS_SCHEMA, LISTING_SCHEMA
from enrich.sources.vtex.parse import utc

_DETAIL: dict[str, Any] = {"detail_at": pl.Datetime("us"), "detail_status": pl.String}
_STORED_SCHEMA = pl.Schema([*LISTING_SCHEMA.items(), *_DETAIL.items()])
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

    `stored` is how they were listed when their details were last taken, with `detail_at` and
    `detail_status`. Fetched are orders that are new, changed since, or not final and not looked at
    for a day, and those whose receipts of returns are others. Without a last change on either side,
    status, amount and authorization are compared.
    """
    known = stored.select(*_STORED_SCHEMA).cast(_STORED_SCHEMA)
    listed = rows.select(*LISTING_SCHEMA).cast(LISTING_SCHEMA)
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


class _Facts(BaseModel):
    """The little of a detail that is remembered; reading only this much costs half."""

    status: str | None = None
    value: int | None = None


def facts_of(records: Iterable[RawRecord]) -> pl.DataFrame:
    """What the details of orders say of themselves, as FACTS_SCHEMA."""
    return pl.DataFrame(
        [
            (r.key, facts.status, facts.value, r.changed_at and naive(r.changed_at))
            for r in records
            for facts in (_Facts.model_validate_json(r.payload),)
        ],
        schema=FACTS_SCHEMA,
        orient="row",
    )
