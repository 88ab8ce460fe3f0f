"""Orders as windows list them: the rows, whose detail is needed, the details fetched and loaded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from enrich.model import Loaded, RawRecord, Reject
from enrich.sources.source import LISTED_SCHEMA, Fetched, Listed, Window
from enrich.sync.pulling import Pull, refuse_many_rejects, sliced


@dataclass(frozen=True, slots=True)
class ListedRows:
    """All rows of all windows, one an order, and how many VTEX could not list."""

    rows: pl.DataFrame
    unlisted_count: int

    @property
    def note(self) -> str | None:
        if not self.unlisted_count:
            return None
        return f"VTEX counts {self.unlisted_count:,} orders more than it lists"


def list_windows(pull: Pull, orders: Listed, windows: Iterable[Window]) -> ListedRows:
    """The rows of the windows; of an order that is in several, the row read last."""
    frames: list[pl.DataFrame] = [pl.DataFrame(schema=LISTED_SCHEMA)]
    count = unlisted_count = 0
    for window in windows:
        for listing in orders.listings(window):
            frames.append(listing.rows)
            unlisted_count += listing.unlisted_count
            count += listing.rows.height
            pull.step("orders listed", count, None)
    rows = pl.concat(frames).unique("order_id", keep="last", maintain_order=True)
    return ListedRows(rows, unlisted_count)


def wanted_orders(pull: Pull, orders: Listed, rows: pl.DataFrame) -> Sequence[str]:
    """The listed orders whose detail is new, changed, or not final and a day old."""
    stored = pull.warehouse.orders.listing(pull.shop.name, rows["order_id"].to_list())
    return orders.need_detail(rows, stored, pull.now)


def fetch_and_load(pull: Pull, orders: Listed, rows: pl.DataFrame, wanted: Sequence[str]) -> Loaded:
    """What the details brought, a transaction a slice; raises HeldBack on too many bad ones."""
    loaded = Loaded()
    done_count = 0
    for order_ids in sliced(wanted):
        found: list[Fetched] = []
        of_slice = rows.filter(pl.col("order_id").is_in(order_ids))
        try:
            for one in orders.fetch(order_ids, _listed_changes(of_slice)):
                found.append(one)
                pull.step(orders.name, done_count + len(found), len(wanted))
        finally:
            # Also when interrupted or refused midway: what was fetched is not fetched again.
            loaded += _load(pull, orders, of_slice, found)
        done_count += len(order_ids)
        refuse_many_rejects(orders.name, loaded, done_count)
    return loaded


def _load(pull: Pull, orders: Listed, rows: pl.DataFrame, found: Sequence[Fetched]) -> Loaded:
    loaded = pull.load(orders.name, found)
    facts = orders.facts(one for one in found if isinstance(one, RawRecord))
    rejected = [one.key for one in found if isinstance(one, Reject) and one.key]
    remembered = remembered_listing(rows, facts, rejected, pull.now)
    pull.warehouse.orders.keep_listing(pull.shop.name, remembered)
    return loaded


def remembered_listing(
    rows: pl.DataFrame, facts: pl.DataFrame, rejected: Sequence[str], now: datetime
) -> pl.DataFrame:
    """How the orders fetched were listed, with `detail_at` and the FACTS of their details.

    Where the detail turned out older than in the list, its own last change is remembered, so that
    the next run looks again. A rejected order is remembered without facts, so that it is looked at
    again after a day.
    """
    bad = pl.DataFrame({"order_id": rejected}, schema={"order_id": pl.String})
    taken = pl.concat([facts, bad], how="diagonal")
    is_stale = pl.col("detail_changed_at") < pl.col("last_change_at").dt.truncate("1s")
    last_change_at = pl.when(is_stale).then("detail_changed_at").otherwise("last_change_at")
    return rows.join(taken, on="order_id", how="inner", maintain_order="left").with_columns(
        last_change_at=last_change_at, detail_at=now.astimezone(UTC).replace(tzinfo=None)
    )


def _listed_changes(rows: pl.DataFrame) -> dict[str, datetime | None]:
    pairs = rows.select("order_id", "last_change_at").iter_rows()
    return {order_id: at and at.replace(tzinfo=UTC) for order_id, at in pairs}
