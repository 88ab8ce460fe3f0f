"""Orders as windows list them: the rows, whose detail is needed, the details fetched and loaded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from enrich.model import Loaded, RawRecord, Reject
from enrich.sources.vtex import (
    LISTED_SCHEMA,
    Fetched,
    Window,
    fetch_orders,
    list_orders,
    listing_of_details,
    which_need_detail,
)
from enrich.sync.pulling import Pull, brake, sliced

ORDERS = "orders"


@dataclass(frozen=True, slots=True)
class Listed:
    """All rows of all windows, one an order, and how many VTEX could not list."""

    rows: pl.DataFrame
    unlisted_count: int

    @property
    def note(self) -> str | None:
        if not self.unlisted_count:
            return None
        return f"VTEX counts {self.unlisted_count:,} orders more than it lists"


def list_windows(pull: Pull, windows: Iterable[Window]) -> Listed:
    """The rows of the windows; of an order that is in several, the row read last."""
    frames: list[pl.DataFrame] = [pl.DataFrame(schema=LISTED_SCHEMA)]
    count = unlisted_count = 0
    for window in windows:
        for listing in list_orders(pull.client, window, concurrent=pull.shop.list_threads):
            frames.append(listing.rows)
            unlisted_count += listing.unlisted_count
            count += listing.rows.height
            pull.step("orders listed", count, None)
    rows = pl.concat(frames).unique("order_id", keep="last", maintain_order=True)
    return Listed(rows, unlisted_count)


def wanted_orders(pull: Pull, rows: pl.DataFrame) -> list[str]:
    """The listed orders whose detail is new, changed, or not final and a day old."""
    stored = pull.warehouse.orders.listing(pull.shop.name, rows["order_id"].to_list())
    return which_need_detail(rows, stored, pull.now)


def fetch_and_load(pull: Pull, rows: pl.DataFrame, wanted: Sequence[str]) -> Loaded:
    """What the details brought, a transaction a slice; raises HeldBack on too many bad ones."""
    loaded = Loaded()
    done_count = 0
    for order_ids in sliced(wanted):
        loaded += _slice(pull, rows, order_ids, done_count, len(wanted))
        done_count += len(order_ids)
        brake(ORDERS, loaded, done_count)
    return loaded


def _slice(
    pull: Pull, rows: pl.DataFrame, order_ids: Sequence[str], done_count: int, total_count: int
) -> Loaded:
    of_slice = rows.filter(pl.col("order_id").is_in(order_ids))
    found: list[Fetched] = []
    try:
        for one in fetch_orders(
            pull.client,
            order_ids,
            listed_changes=_listed_changes(of_slice),
            concurrent=pull.shop.detail_threads,
        ):
            found.append(one)
            pull.step("orders", done_count + len(found), total_count)
    finally:
        # Also when interrupted or refused midway: what was fetched is not fetched again.
        loaded = _load(pull, of_slice, found)
    return loaded


def _load(pull: Pull, rows: pl.DataFrame, found: Sequence[Fetched]) -> Loaded:
    loaded = pull.load(ORDERS, found)
    remembered = remembered_listing(rows, found, pull.now)
    pull.warehouse.orders.keep_listing(pull.shop.name, remembered)
    return loaded


def remembered_listing(rows: pl.DataFrame, found: Sequence[Fetched], now: datetime) -> pl.DataFrame:
    """What the list said of the orders fetched, with `detail_at` and `detail_status`.

    A rejected order is remembered without a status, so that it is looked at again after a day.
    """
    records = [one for one in found if isinstance(one, RawRecord)]
    rejected = [one.key for one in found if isinstance(one, Reject) and one.key]
    good = listing_of_details(rows, records)
    bad = rows.filter(pl.col("order_id").is_in(rejected)).with_columns(
        detail_status=pl.lit(None, dtype=pl.String),
        detail_cents=pl.lit(None, dtype=pl.Int64),
        detail_changed_at=pl.lit(None, dtype=pl.Datetime("us")),
    )
    at = now.astimezone(UTC).replace(tzinfo=None)
    return pl.concat([good, bad.select(good.columns)]).with_columns(detail_at=pl.lit(at))


def _listed_changes(rows: pl.DataFrame) -> dict[str, datetime | None]:
    pairs = rows.select("order_id", "last_change_at").iter_rows()
    return {order_id: at and at.replace(tzinfo=UTC) for order_id, at in pairs}
