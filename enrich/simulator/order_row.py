"""One order as a row of `List orders`: other names, no fractions, and the index's own faults."""

from __future__ import annotations

from typing import Any

from enrich.simulator import book as flag
from enrich.simulator.client_data import client_name
from enrich.simulator.flow import (
    added_lines,
    last_change_at,
    refunds_at,
    removed_lines,
    status_at,
    value_at,
)
from enrich.simulator.moments import known, whole_second
from enrich.simulator.order_document import STATUS_TEXTS, origin_of, payment_name
from enrich.simulator.world import World


def render_row(
    world: World, order: int, at_us: int, *, stale_us: int = 0, float_totals: bool = False,
    with_last_change: bool = True,
) -> dict[str, Any]:  # fmt: skip
    """The row as of `at_us`; `stale_us` makes the status older than the rest of it."""
    book = world.book
    status = status_at(book, order, max(at_us - stale_us, book.created[order]))
    origin, affiliate = origin_of(world, order)
    value: float = value_at(book, order, at_us)
    row = {
        "orderId": book.order_id[order],
        "creationDate": whole_second(book.created[order]),
        "clientName": client_name(world, order),
        "items": None,
        "totalValue": float(value) if float_totals else value,
        "paymentNames": payment_name(order),
        "status": status,
        "statusDescription": STATUS_TEXTS.get(status or ""),
        "marketPlaceOrderId": book.group(order) if affiliate else None,
        "sequence": str(500_001 + order),
        "salesChannel": world.shop.channels[book.channel[order]].channel_id,
        "affiliateId": affiliate,
        "origin": origin,
        "workflowInErrorState": False,
        "workflowInRetry": False,
        "lastMessageUnread": None,
        "ShippingEstimatedDate": None,
        "ShippingEstimatedDateMax": None,
        "ShippingEstimatedDateMin": None,
        "orderIsComplete": not book.flags[order] & flag.INCOMPLETE,
        "listId": None,
        "listType": None,
        "authorizedDate": whole_second(known(book.authorized[order], at_us)),
        "callCenterOperatorName": None,
        "totalItems": _unit_count(world, order, at_us),
        "currencyCode": world.shop.channels[book.channel[order]].currency,
    }
    return row | _undocumented(world, order, at_us, with_last_change)


def _unit_count(world: World, order: int, at_us: int) -> int:
    removed = removed_lines(world.book, order, at_us)
    lines = enumerate(world.book.lines(order))
    kept = sum(world.book.quantity[line] for number, line in lines if number not in removed)
    return kept + len(added_lines(world.book, order, at_us))


def _undocumented(world: World, order: int, at_us: int, with_last_change: bool) -> dict[str, Any]:
    """What the real list shows beyond VTEX's reference."""
    book = world.book
    receipts = [event.receipt for event in refunds_at(book, order, at_us)]
    row = {
        "hostname": world.shop.name,
        "orderFormId": f"{order:032x}",
        "invoiceInput": receipts or None,
        "invoiceOutput": [str(order + 1)] if book.invoiced[order] <= at_us else None,
        "isAllDelivered": False,
        "isAnyDelivered": False,
    }
    if with_last_change:
        row["lastChange"] = whole_second(last_change_at(book, order, at_us))
    return row
