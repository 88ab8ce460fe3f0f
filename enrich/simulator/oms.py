"""Single orders: the detail, the orders of one cart, and the mails about an order."""

from __future__ import annotations

import json

from enrich.simulator.client_data import alias_of, buyer_of
from enrich.simulator.flow import last_change_at
from enrich.simulator.http import Reply, Request, json_reply
from enrich.simulator.order_document import render_order
from enrich.simulator.order_list import reach_us
from enrich.simulator.vtex_state import Vtex, oms_error

_KEPT_COUNT = 2_000


def get_order(vtex: Vtex, request: Request, order_id: str) -> Reply:
    """The answer to `GET /api/oms/pvt/orders/{orderId}`; `seq500001` names a sequence number."""
    order = _find(vtex, order_id)
    if order is None:
        return oms_error(404, "OMS007", "Order Not Found")
    return Reply(body=_rendered(vtex, order))


def get_group(vtex: Vtex, request: Request, group: str) -> Reply:
    """The answer to `GET /api/oms/pvt/orders/order-group/{orderGroup}`: an array of orders."""
    names = [group, *(f"{group}-{suffix:02d}" for suffix in range(1, 10))]
    found = [order for name in names if (order := _find(vtex, name)) is not None]
    if not found:
        return oms_error(404, "OMS007", "Order Not Found")
    return Reply(body=b"[" + b",".join(_rendered(vtex, order) for order in found) + b"]")


def get_conversation(vtex: Vtex, request: Request, order_id: str) -> Reply:
    """The answer to `.../conversation-message`: mails with the true address and its alias."""
    order = _find(vtex, order_id)
    if order is None:
        return oms_error(404, "OMS007", "Order Not Found")
    buyer = buyer_of(vtex.world, order)
    address = {
        "conversationRelatedTo": vtex.world.book.order_id[order],
        "conversationSubject": "oms",
        "emailAlias": alias_of(vtex.world, order),
        "email": buyer.email,
        "name": buyer.first_name,
        "role": "Customer",
    }
    return json_reply(
        [{"id": f"m-{order}", "from": None, "to": [address], "subject": "Pedido recebido"}]
    )


def _find(vtex: Vtex, order_id: str) -> int | None:
    """The order when it exists by now and is not older than two years."""
    book = vtex.world.book
    if order_id.startswith("seq") and order_id[3:].isdigit():
        at = int(order_id[3:]) - 500_001
        order = at if 0 <= at < len(book) else None
    else:
        order = book.find(order_id)
    if order is None or not reach_us(vtex) <= book.created[order] <= vtex.now_us():
        return None
    return order


def _rendered(vtex: Vtex, order: int) -> bytes:
    """The document as bytes; what has not changed since is not rendered again."""
    now_us = vtex.now_us()
    key = (order, last_change_at(vtex.world.book, order, now_us))
    if key not in vtex.rendered:
        if len(vtex.rendered) >= _KEPT_COUNT:
            vtex.rendered.clear()
        document = render_order(vtex.world, order, now_us)
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        vtex.rendered[key] = text.encode()
    return vtex.rendered[key]
