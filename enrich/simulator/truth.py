"""What is really so in the shop, for comparison with what a client made of it."""

from __future__ import annotations

from typing import Any

from enrich.simulator import book as flag
from enrich.simulator.client_data import buyer_of
from enrich.simulator.flow import is_purchase_at, refunds_at, status_at, value_at
from enrich.simulator.moments import known, seven_digits
from enrich.simulator.order_document import origin_of, typed_code
from enrich.simulator.order_list import reach_us
from enrich.simulator.vtex_state import Vtex


def order_truth(vtex: Vtex, first: int, last: int) -> list[dict[str, Any]]:
    """Orders that exist now, from one position in the book to another, with value and status."""
    book, now_us = vtex.world.book, vtex.now_us()
    return [
        _order(vtex, order, now_us)
        for order in range(first, min(last, len(book)))
        if book.created[order] <= now_us
    ]


def total_truth(vtex: Vtex) -> dict[str, Any]:
    """Counts and sums over the orders the list can reach now; money in cents."""
    book, now_us = vtex.world.book, vtex.now_us()
    shown = [order for order in range(len(book)) if reach_us(vtex) <= book.created[order] <= now_us]
    counted = [order for order in shown if is_purchase_at(book, order, now_us)]
    return {
        "order_count": len(shown),
        "purchase_order_count": len(counted),
        "purchase_group_count": len({book.group(order) for order in counted}),
        "purchase_value_cents": sum(value_at(book, order, now_us) for order in counted),
        "refund_cents": sum(
            refund.cents for order in counted for refund in refunds_at(book, order, now_us)
        ),
        "unmatched_refunds": vtex.world.unmatched,
    }


def _order(vtex: Vtex, order: int, now_us: int) -> dict[str, Any]:
    book, world = vtex.world.book, vtex.world
    flags, person = book.flags[order], book.person[order]
    return {
        "orderId": book.order_id[order],
        "orderGroup": None if flags & flag.NO_GROUP else book.group(order),
        "status": status_at(book, order, now_us),
        "value": value_at(book, order, now_us),
        "refunded": sum(refund.cents for refund in refunds_at(book, order, now_us)),
        "isCompleted": not flags & flag.INCOMPLETE,
        "isPurchase": is_purchase_at(book, order, now_us),
        "isReachable": book.created[order] >= reach_us(vtex),
        "creationDate": seven_digits(book.created[order]),
        "authorizedDate": seven_digits(known(book.authorized[order], now_us)),
        "origin": origin_of(world, order)[0],
        "currency": world.shop.channels[book.channel[order]].currency,
        "coupon": typed_code(world, order),
        "userProfileId": buyer_of(world, order).user_id,
        "person": None if person < 0 else world.people.user_id[person],
    }
