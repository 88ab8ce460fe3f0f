"""What a test or a demo does to the shop: cancel, refund, change lines, touch, add orders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from enrich.simulator import book as flag
from enrich.simulator.book import Event, append_order
from enrich.simulator.chance import roll
from enrich.simulator.documents import delete_document, find_document, write_document
from enrich.simulator.flow import refunds_at, removed_lines, value_at
from enrich.simulator.hooks import notify
from enrich.simulator.http import RequestError
from enrich.simulator.moments import HOUR, MINUTE, NEVER
from enrich.simulator.vtex_state import Vtex


def change_order(vtex: Vtex, order_id: str, action: str, values: Mapping[str, Any]) -> None:
    """Let something happen to one order now: pay, handle, invoice, cancel, request-cancel,
    deny-cancel, refund (`cents`, default all; `receipt`), remove (`line`, default the last), add
    (`sku`) or touch.

    Raises RequestError for an unknown order or action.
    """
    order = vtex.world.book.find(order_id)
    if order is None:
        raise RequestError("no such order")
    if action in ("pay", "handle", "invoice"):
        _move_on(vtex, order, action)
    elif action in ("cancel", "request-cancel", "deny-cancel", "touch"):
        vtex.world.book.happened(order, Event(vtex.now_us(), action))
    elif action == "refund":
        _refund(vtex, order, values)
    elif action == "remove":
        _remove(vtex, order, values)
    elif action == "add":
        _put_in(vtex, order, values)
    else:
        raise RequestError("no such action")
    vtex.rendered.clear()
    notify(vtex, order)


def add_orders(vtex: Vtex, values: Mapping[str, Any]) -> list[str]:
    """New orders created now; their ids. `count`, and for each the same `person` (position),
    `lines` ([{sku, quantity}]), `promo_code`, and `paid` (default true: authorized at once).
    """
    return [_add_order(vtex, values) for _ in range(int(values.get("count", 1)))]


def change_customer(vtex: Vtex, document_id: str, action: str, values: Mapping[str, Any]) -> None:
    """Let somebody write or delete one customer document now: create, change or delete.

    Raises RequestError for an unknown document or action.
    """
    found = find_document(vtex, "CL", document_id)
    if action == "create":
        write_document(vtex, document_id, dict(values), created=True)
    elif found is None:
        raise RequestError("no such customer")
    elif action == "change":
        write_document(vtex, found["id"], found | dict(values), created=False)
    elif action == "delete":
        delete_document(vtex, found["id"])
    else:
        raise RequestError("no such action")


def _move_on(vtex: Vtex, order: int, action: str) -> None:
    book, now_us = vtex.world.book, vtex.now_us()
    book.authorized[order] = min(book.authorized[order], now_us)
    if action in ("handle", "invoice"):
        book.handled[order] = min(book.handled[order], now_us)
    if action == "invoice":
        book.invoiced[order] = min(book.invoiced[order], now_us)
    book.longest_wait_us = max(book.longest_wait_us, now_us - book.created[order])


def _refund(vtex: Vtex, order: int, values: Mapping[str, Any]) -> None:
    book, now_us = vtex.world.book, vtex.now_us()
    given = refunds_at(book, order, NEVER)
    left = value_at(book, order, now_us) - sum(refund.cents for refund in given)
    cents = int(values.get("cents", left))
    if cents <= 0:
        raise RequestError("nothing to refund")
    receipt = str(values.get("receipt") or f"R{order}-{len(given) + 1}")
    book.happened(order, Event(now_us, "refund", cents, receipt))


def _remove(vtex: Vtex, order: int, values: Mapping[str, Any]) -> None:
    book, now_us = vtex.world.book, vtex.now_us()
    lines = book.lines(order)
    line = int(values.get("line", len(lines) - 1))
    if not 0 <= line < len(lines) or line in removed_lines(book, order, NEVER):
        raise RequestError("no such line")
    book.happened(order, Event(now_us, "remove", book.total[lines[line]], "", line))


def _put_in(vtex: Vtex, order: int, values: Mapping[str, Any]) -> None:
    line = _line(vtex, values)
    event = Event(vtex.now_us(), "add", line["total"], "", line["sku"])
    vtex.world.book.happened(order, event)


def _add_order(vtex: Vtex, values: Mapping[str, Any]) -> str:
    world, now_us = vtex.world, vtex.now_us()
    book = world.book
    number = len(book)
    lines = [_line(vtex, entry) for entry in values.get("lines") or [_any_line(vtex, number)]]
    person = int(values.get("person", roll(world.seed, "new", number) % len(world.people.user_id)))
    is_paid = bool(values.get("paid", True))
    code = values.get("promo_code")
    if code is not None and code not in world.shop.promo_codes:
        raise RequestError("no such promo code")
    columns = {
        "created": now_us,
        "authorized": now_us if is_paid else NEVER,
        "handled": now_us + HOUR if is_paid else NEVER,
        "invoiced": now_us + 24 * HOUR + MINUTE if is_paid else NEVER,
        "person": person,
        "value": sum(line["total"] for line in lines),
        "promo": -1 if code is None else world.shop.promo_codes.index(code),
        "channel": int(values.get("channel", 0)),
        "flags": flag.CODE_APPLIED if values.get("applied") else 0,
        "odd": 0,
    }
    order_id = f"99{number:011d}-01"
    append_order(book, order_id, columns, lines)
    notify(vtex, number)
    return order_id


def _any_line(vtex: Vtex, number: int) -> dict[str, Any]:
    skus = vtex.world.shop.skus
    sku = skus[roll(vtex.world.seed, "new sku", number) % len(skus)]
    return {"sku": sku.sku_id, "quantity": 1}


def _line(vtex: Vtex, entry: Mapping[str, Any]) -> dict[str, int]:
    shop = vtex.world.shop
    sku = shop.newest(str(entry["sku"]))
    if sku is None:
        raise RequestError("no such SKU")
    quantity = int(entry.get("quantity", 1))
    price = int(entry.get("price", sku.price_cents))
    return {"sku": shop.skus.index(sku), "quantity": quantity, "price": price,
            "total": price * quantity, "gift": int(bool(entry.get("gift", False)))}  # fmt: skip
