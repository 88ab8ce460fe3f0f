"""`List orders`: filters, paging, the wall of thirty pages, and an index that lags behind."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

from enrich.simulator.book import INCOMPLETE, OrderBook
from enrich.simulator.chance import roll
from enrich.simulator.client_data import buyer_of
from enrich.simulator.flow import refunds_at, status_at, value_at
from enrich.simulator.http import Reply, Request, RequestError, json_reply
from enrich.simulator.moments import MINUTE, from_us, parse_us, to_us
from enrich.simulator.order_document import origin_of
from enrich.simulator.order_row import render_row
from enrich.simulator.vtex_state import Vtex, oms_error

MAX_PAGE = 30
MAX_PER_PAGE = 100
REACH_DAYS = 730
_RANGE = re.compile(r"^(\w+):\[(\S+) TO (\S+)\]$")

Test = Callable[[int], bool]


def list_orders(vtex: Vtex, request: Request) -> Reply:
    """The answer to `GET /api/oms/pvt/orders`."""
    page = request.number("page", 1)
    per_page = request.number("per_page", 15)
    if page > MAX_PAGE:
        return oms_error(400, "OMS003", f"Max page exceed. Max page: {MAX_PAGE}")
    if page < 1 or per_page < 1 or (per_page > MAX_PER_PAGE and vtex.weather.refuse_big_pages):
        raise RequestError("page or per_page is out of bounds")
    per_page = min(per_page, MAX_PER_PAGE)
    found = matching_orders(vtex, request)
    first = (page - 1) * per_page
    if vtex.weather.repeated_pages:
        first = 0
    if page > 1 and vtex.sky.share("moving_rows", "order_list"):
        # A row that joins or leaves the set shifts all pages after it.
        first += (-1, 1, -2)[roll(vtex.weather.seed, "shift", page) % 3]
    rows = [_row(vtex, order) for order in found[first : first + per_page]]
    return json_reply(_page(vtex, found, rows, page, per_page))


def reach_us(vtex: Vtex) -> int:
    """The oldest creation that is still shown: two years back."""
    return to_us(from_us(vtex.now_us()) - timedelta(days=REACH_DAYS))


def matching_orders(vtex: Vtex, request: Request) -> list[int]:
    """The positions of the orders the filters let through, in the order asked for."""
    tests = _tests(vtex, request)
    found = [order for order in _candidates(vtex, request) if all(test(order) for test in tests)]
    return _sorted(vtex, request, found)


def _candidates(vtex: Vtex, request: Request) -> Iterable[int]:
    """The orders created in the window asked for and known to the index."""
    book = vtex.world.book
    low, high = reach_us(vtex), vtex.index_us()
    for name, field, wait in (
        ("f_creationDate", "creationDate", 0),
        ("f_authorizedDate", "authorizedDate", book.longest_wait_us),
        ("f_invoicedDate", "invoicedDate", book.longest_wait_us),
    ):
        if name in request.query:
            start, end = _range(request.query[name], field)
            low, high = max(low, start - wait), min(high, end)
    first = bisect_left(book.created, low, 0, book.sorted_count)
    last = bisect_right(book.created, high, 0, book.sorted_count)
    yield from range(first, last)
    # Orders added while the simulator runs stand behind the sorted ones.
    for order in range(book.sorted_count, len(book)):
        if low <= book.created[order] <= high:
            yield order


def _tests(vtex: Vtex, request: Request) -> list[Test]:
    query, book, at_us = request.query, vtex.world.book, vtex.index_us()
    incomplete = query.get("incompleteOrders", "").lower() == "true"
    tests: list[Test] = [lambda order: bool(book.flags[order] & INCOMPLETE) == incomplete]
    if vtex.unindexed:
        tests.append(lambda order: book.order_id[order] not in vtex.unindexed)
    for name, field, moments in (
        ("f_authorizedDate", "authorizedDate", book.authorized),
        ("f_invoicedDate", "invoicedDate", book.invoiced),
    ):
        if name in query:
            tests.append(_within(moments, *_range(query[name], field), at_us))
    if query.get("f_status"):
        wanted = {status.strip() for status in query["f_status"].split(",")}
        tests.append(lambda order: status_at(book, order, at_us) in wanted)
    return tests + _lesser_tests(vtex, request)


def _lesser_tests(vtex: Vtex, request: Request) -> list[Test]:
    query, world, at_us = request.query, vtex.world, vtex.index_us()
    book, channels = world.book, world.shop.channels
    tests: list[Test] = []
    for name, attribute in (("salesChannelId", "channel_id"), ("f_salesChannel", "name")):
        if query.get(name):
            asked = query[name]
            allowed = {
                at for at, channel in enumerate(channels) if getattr(channel, attribute) == asked
            }
            tests.append(lambda order, allowed=allowed: book.channel[order] in allowed)  # type: ignore[misc]
    if query.get("f_affiliateId"):
        tests.append(lambda order: origin_of(world, order)[1] == query["f_affiliateId"])
    if "f_hasInputInvoice" in query:
        wanted = query["f_hasInputInvoice"].lower() == "true"
        tests.append(lambda order: bool(refunds_at(book, order, at_us)) == wanted)
    if query.get("q"):
        tests.append(_full_text(vtex, query["q"]))
    return tests


def _within(moments: Sequence[int], start: int, end: int, at_us: int) -> Test:
    last = min(end, at_us)
    return lambda order: start <= moments[order] <= last


def _full_text(vtex: Vtex, text: str) -> Test:
    wanted = text.lower()

    def matches(order: int) -> bool:
        if wanted in vtex.world.book.order_id[order].lower():
            return True
        buyer = buyer_of(vtex.world, order)
        shown = (buyer.email, buyer.document, buyer.first_name, buyer.last_name)
        return any(wanted in part.lower() for part in shown if part)

    return matches


def _range(text: str, field: str) -> tuple[int, int]:
    match = _RANGE.match(text)
    if match is None or match[1] != field:
        raise RequestError(f"{field} is not a range of dates")
    try:
        return parse_us(match[2]), parse_us(match[3])
    except ValueError:
        raise RequestError(f"{field} is not a range of dates") from None


def _sorted(vtex: Vtex, request: Request, found: list[int]) -> list[int]:
    field, _, direction = request.query.get("orderBy", "creationDate,desc").partition(",")
    keys = _sort_keys(vtex.world.book, vtex.index_us())
    if field not in keys:
        raise RequestError(f"orderBy {field} is not known")
    return sorted(found, key=keys[field], reverse=direction.strip().lower() == "desc")


def _sort_keys(book: OrderBook, at_us: int) -> dict[str, Callable[[int], int | str]]:
    return {
        "creationDate": lambda order: book.created[order],
        "orderId": lambda order: book.order_id[order],
        "totalValue": lambda order: value_at(book, order, at_us),
        "items": lambda order: len(book.lines(order)),
        "origin": lambda order: book.flags[order],
    }


def _row(vtex: Vtex, order: int) -> dict[str, object]:
    weather = vtex.weather
    return render_row(
        vtex.world,
        order,
        vtex.index_us(),
        stale_us=int(weather.stale_status_minutes * MINUTE),
        float_totals=weather.float_totals,
        with_last_change=not weather.hide_last_change,
    )


def _page(
    vtex: Vtex, found: list[int], rows: list[dict[str, object]], page: int, per_page: int
) -> dict[str, object]:
    return {
        "list": rows,
        "facets": [],
        "paging": {
            "total": len(found),
            "pages": -(-len(found) // per_page),
            "currentPage": page,
            "perPage": per_page,
        },
        "stats": {"stats": {"totalValue": {"Count": len(found)}, "totalItems": {"Count": 0}}},
        "reportRecordsLimit": 10_000,
    }
