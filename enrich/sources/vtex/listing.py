"""List orders: the rows of a window.

The list is an index: late, at times stale, and capped at 3,000 rows a query. It only tells which
orders to look at; the detail is believed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import polars as pl

from enrich.client import parse_json
from enrich.errors import Stop
from enrich.sources.source import LISTED_SCHEMA, Listing, Window
from enrich.sources.vtex.access import VtexClient
from enrich.sources.vtex.decide import naive
from enrich.sources.vtex.entities import ORDER_LIST
from enrich.sources.vtex.paging import PER_PAGE, PageGuard, pages_after_first
from enrich.sources.vtex.parse import Unusable, read_document
from enrich.sources.vtex.records.orders import ListRow
from enrich.sources.vtex.spans import MAX_ROWS, filter_text, halves
from enrich.threads import in_parallel

_MAX_READINGS = 3


@dataclass(frozen=True, slots=True)
class _Page:
    rows: list[ListRow]
    total: int
    unusable_count: int

    @property
    def keys(self) -> list[str]:
        return [row.orderId for row in self.rows]


def list_orders(client: VtexClient, window: Window, *, concurrent: int = 2) -> Iterator[Listing]:
    """The listings that together make up the window, oldest first, halved until VTEX can list each.

    Where the client is limited to sales channels, one after the other.
    """
    for channel in client.sales_channels or (None,):
        yield from _listings(client, window, channel, concurrent)


def _listings(
    client: VtexClient, window: Window, channel: str | None, concurrent: int
) -> Iterator[Listing]:
    first = _fetch_page(client, window, channel, 1)
    cut = halves(window.span) if first.total > MAX_ROWS else None
    if cut is None:
        yield _read_window(client, window, channel, first, concurrent)
        return
    for half in cut:
        yield from _listings(client, Window(window.date_field, half), channel, concurrent)


def _read_window(
    client: VtexClient, window: Window, channel: str | None, first: _Page, concurrent: int
) -> Listing:
    """All pages; again when the window grew meanwhile or fewer orders came than VTEX counts.

    Rows move between pages when others join or leave: one then comes twice and another not at all.
    """
    pages: list[_Page] = []
    for _ in range(_MAX_READINGS):
        reading = [first, *_fetch_rest(client, window, channel, first, concurrent)]
        pages += reading
        unusable_count = sum(page.unusable_count for page in reading)
        unlisted_count = max(0, first.total - unusable_count - _order_count(pages))
        is_whole = unlisted_count <= max(0, first.total - MAX_ROWS)
        if is_whole and first.total <= PER_PAGE:
            break
        again = _fetch_page(client, window, channel, 1)
        if is_whole and again.total <= first.total:
            break
        first = again
    rows = _frame(row for page in pages for row in page.rows)
    return Listing(window, rows, unlisted_count + unusable_count)


def _order_count(pages: Iterable[_Page]) -> int:
    return len({key for page in pages for key in page.keys})


def _fetch_rest(
    client: VtexClient, window: Window, channel: str | None, first: _Page, concurrent: int
) -> list[_Page]:
    guard = PageGuard(f"VTEX {ORDER_LIST.name}")
    guard.check(first.keys)
    pages = []
    for page in in_parallel(
        partial(_fetch_page, client, window, channel), pages_after_first(first.total), concurrent
    ):
        guard.check(page.keys)
        if not page.rows:
            break
        pages.append(page)
    return pages


def _fetch_page(client: VtexClient, window: Window, channel: str | None, number: int) -> _Page:
    span = f"[{filter_text(window.span.start_at)} TO {filter_text(window.span.end_at)}]"
    params = {
        f"f_{window.date_field}": f"{window.date_field}:{span}",
        "orderBy": "creationDate,asc",
        "page": str(number),
        "per_page": str(PER_PAGE),
    }
    if channel is not None:
        params["salesChannelId"] = channel
    return _parse_page(client.fetch(ORDER_LIST, params=params).content)


def _parse_page(content: bytes) -> _Page:
    document = parse_json(content, f"VTEX {ORDER_LIST.name}")
    try:
        rows, total = document["list"] or [], int(document["paging"]["total"])
    except (KeyError, TypeError, ValueError):
        raise Stop(f"VTEX {ORDER_LIST.name}: the answer has no list or no total") from None
    parsed = [row for row in map(_row, rows) if row is not None]
    return _Page(parsed, total, len(rows) - len(parsed))


def _row(document: Any) -> ListRow | None:
    try:
        return read_document(ListRow, document)
    except Unusable:
        return None


def _frame(rows: Iterable[ListRow]) -> pl.DataFrame:
    """One row an order; of one that came twice, the last reading."""
    by_id = {row.orderId: row for row in rows}
    return pl.DataFrame(
        [
            (
                row.orderId,
                row.status,
                row.totalValue,
                row.orderIsComplete,
                row.authorizedDate and naive(row.authorizedDate),
                row.lastChange and naive(row.lastChange),
                row.invoiceInput,
                row.creationDate and naive(row.creationDate),
            )
            for row in by_id.values()
        ],
        schema=LISTED_SCHEMA,
        orient="row",
    )
