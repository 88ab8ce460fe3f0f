"""Refunds of imported files on the purchases they reduce."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import polars as pl

from enrich.simulator.book import Event, OrderBook
from enrich.simulator.moments import seven_digits


def match_refunds(book: OrderBook, orders: pl.DataFrame) -> list[dict[str, Any]]:
    """Write the negative rows of `orders` (by time) into the book; what no purchase could take.

    A refund that names its purchase reduces that one; else the customer's newest purchases not
    later than the refund, in turn. No purchase falls below 0.
    """
    left = _values(book)
    purchases = _by_person(book, orders)
    unmatched = []
    for row in orders.filter(pl.col("cents") < 0).iter_rows(named=True):
        if row["status"] in ("canceled", "cancel"):
            continue
        rest = -row["cents"]
        for order in _candidates(book, purchases, row):
            part = min(rest, left[order])
            if part > 0:
                book.happened(order, Event(row["at_us"], "refund", part, row["order_id"]))
                left[order] -= part
                rest -= part
        if rest:
            unmatched.append(_left_over(row, rest))
    return unmatched


def _values(book: OrderBook) -> list[int]:
    """What each order can still give back: nothing once it was cancelled."""
    return [
        0 if any(event.kind == "cancel" for event in book.events.get(order, ())) else value
        for order, value in enumerate(book.value)
    ]


def _by_person(book: OrderBook, orders: pl.DataFrame) -> dict[str, list[int]]:
    """Each customer's orders, newest first; of equal moments the greater id first."""
    found: dict[str, list[int]] = defaultdict(list)
    sales = orders.filter((pl.col("cents") >= 0) & pl.col("customer_id").is_not_null())
    for order_id, customer in sales.select("order_id", "customer_id").iter_rows():
        order = book.find(order_id)
        if order is not None:
            found[customer].insert(0, order)
    return found


def _candidates(book: OrderBook, purchases: dict[str, list[int]], row: dict[str, Any]) -> list[int]:
    if row["refund_of"] is not None:
        named = book.find(row["refund_of"])
        return [] if named is None else [named]
    earlier = purchases.get(row["customer_id"], [])
    return [order for order in earlier if book.created[order] <= row["at_us"]]


def _left_over(row: dict[str, Any], cents: int) -> dict[str, Any]:
    return {
        "order_id": row["order_id"],
        "customer_id": row["customer_id"],
        "refunded_at": seven_digits(row["at_us"]),
        "refund_cents": -row["cents"],
        "unmatched_cents": cents,
    }
