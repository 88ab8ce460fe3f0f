"""The order book: every order as a few numbers in columns, so that a million fit in memory."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import polars as pl

from enrich.simulator.moments import NEVER

NO_PROFILE = 1
INCOMPLETE = 2
CODE_APPLIED = 4
SOFT_ALIAS = 8
MARKETPLACE = 16
UPPER_CASE_ID = 32
STARRED = 64
OPT_IN = 128
DOUBLE_RECEIPT = 256
NO_GROUP = 512
AUTOMATIC_DISCOUNT = 1024
AS_TYPED = 2048
TWO_CODES = 4096
SERVICE = 8192

SERVICE_CENTS = 790
"""What wrapping costs, which an order with SERVICE has on its first line."""

ODD_STATUSES = ("", "waiting-for-sellers-confirmation", "start-handling", "cancel", "replaced",
                "order-create-error", "payment-denied", "quality-check")  # fmt: skip
"""What an order may be stuck in once it was authorized; the last is no name VTEX documents."""


class Event(NamedTuple):
    """Something that happens to one order at `at_us`, beyond paying, handling and invoicing.

    `kind` is request-cancel, deny-cancel, cancel, refund, remove, add or touch; `cents` is what a
    refund gives back, or a removed or added line is worth; `line` is the line within the order, of
    an added one the position of its SKU.
    """

    at_us: int
    kind: str
    cents: int = 0
    receipt: str = ""
    line: int = -1


def _wide() -> array[int]:
    return array("q")


def _narrow() -> array[int]:
    return array("i")


@dataclass(slots=True)
class OrderBook:
    """Columns of orders and, after them, of lines; the lines of order i are
    `line_start[i]:line_start[i + 1]`. The first `sorted_count` orders ascend by creation.

    Moments are microseconds since 1970 or `NEVER`, money is cents. `person` and `promo` are
    positions or -1, `sku` a position in the shop's SKUs. No order of the sorted ones is paid or
    invoiced later than `longest_wait_us` after its creation. `price` is per unit before discounts,
    `total` per line after them.
    """

    order_id: list[str] = field(default_factory=list)
    created: array[int] = field(default_factory=_wide)
    authorized: array[int] = field(default_factory=_wide)
    handled: array[int] = field(default_factory=_wide)
    invoiced: array[int] = field(default_factory=_wide)
    person: array[int] = field(default_factory=_narrow)
    value: array[int] = field(default_factory=_wide)
    promo: array[int] = field(default_factory=_narrow)
    channel: array[int] = field(default_factory=_narrow)
    flags: array[int] = field(default_factory=_narrow)
    odd: array[int] = field(default_factory=_narrow)
    line_start: array[int] = field(default_factory=lambda: array("i", [0]))
    sku: array[int] = field(default_factory=_narrow)
    quantity: array[int] = field(default_factory=_narrow)
    price: array[int] = field(default_factory=_wide)
    total: array[int] = field(default_factory=_wide)
    gift: array[int] = field(default_factory=lambda: array("b"))
    events: dict[int, list[Event]] = field(default_factory=dict)
    sorted_count: int = 0
    longest_wait_us: int = 0
    _positions: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.order_id)

    def find(self, order_id: str) -> int | None:
        """The position of an order, None for an unknown id; letter case counts."""
        if len(self._positions) != len(self.order_id):
            known = len(self._positions)
            fresh = enumerate(self.order_id[known:], known)
            self._positions.update((order, at) for at, order in fresh)
        return self._positions.get(order_id)

    def group(self, order: int) -> str:
        """The id the orders of one cart share: the order id without its two-digit suffix."""
        return group_of(self.order_id[order])

    def lines(self, order: int) -> range:
        """The positions of an order's lines in the line columns."""
        return range(self.line_start[order], self.line_start[order + 1])

    def happened(self, order: int, event: Event) -> None:
        """Put an event where its moment belongs."""
        self.events[order] = sorted([*self.events.get(order, []), event])


ORDER_COLUMNS = ("created", "authorized", "handled", "invoiced", "person", "value", "promo",
                 "channel", "flags", "odd")  # fmt: skip
LINE_COLUMNS = ("sku", "quantity", "price", "total", "gift")


def group_of(order_id: str) -> str:
    """The id without a suffix like `-01`; an id without such a suffix is its own group."""
    base_id, dash, suffix = order_id.rpartition("-")
    return base_id if dash and len(suffix) == 2 and suffix.isdigit() else order_id


def build_book(
    orders: pl.DataFrame, lines: pl.DataFrame, events: Mapping[int, list[Event]]
) -> OrderBook:
    """The book of frames: `orders` has order_id, line_count and ORDER_COLUMNS, ascending by
    created; `lines` has LINE_COLUMNS, order after order.
    """
    book = OrderBook(order_id=orders["order_id"].to_list(), events=dict(events))
    for name in ORDER_COLUMNS:
        getattr(book, name).extend(orders[name].to_list())
    for name in LINE_COLUMNS:
        getattr(book, name).extend(lines[name].to_list())
    book.line_start.extend(orders["line_count"].cum_sum().to_list())
    book.sorted_count = len(book)
    book.longest_wait_us = _longest_wait_us(orders)
    return book


def _longest_wait_us(orders: pl.DataFrame) -> int:
    waits = orders.select(
        (pl.col(name) - pl.col("created")).filter(pl.col(name) != NEVER).max()
        for name in ("authorized", "invoiced")
    )
    return max((wait for wait in waits.row(0) if wait is not None), default=0)


def append_order(
    book: OrderBook, order_id: str, values: Mapping[str, int], lines: Sequence[Mapping[str, int]]
) -> int:
    """Add one order at the end of the book; its position."""
    for name in ORDER_COLUMNS:
        getattr(book, name).append(values[name])
    for line in lines:
        for name in LINE_COLUMNS:
            getattr(book, name).append(line[name])
    book.line_start.append(len(book.sku))
    book.order_id.append(order_id)
    return len(book) - 1
