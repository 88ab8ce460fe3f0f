"""How an order stands at a moment: its way from payment to invoice, return or cancellation.

Everything is worked out from the book's moments, so setting the clock moves every order at once,
and the order list can be shown as it was some minutes ago.
"""

from __future__ import annotations

from enrich.simulator.book import INCOMPLETE, ODD_STATUSES, Event, OrderBook
from enrich.simulator.moments import MINUTE, NEVER

READY_AFTER_US = 30 * MINUTE
NOT_PURCHASES = frozenset({"canceled", "cancel", "replaced", "payment-denied",
                           "order-create-error", "order-creation-error"})  # fmt: skip


def events_at(book: OrderBook, order: int, at_us: int) -> list[Event]:
    """What has happened to the order by this moment, oldest first."""
    return [event for event in book.events.get(order, ()) if event.at_us <= at_us]


def status_at(book: OrderBook, order: int, at_us: int) -> str | None:
    """The workflow status; None for an incomplete order, which has no workflow."""
    if book.flags[order] & INCOMPLETE:
        return None
    status = _usual_status(book, order, at_us)
    for event in events_at(book, order, at_us):
        if event.kind == "cancel":
            return "canceled"
        if event.kind == "request-cancel":
            status = "request-cancel"
        elif event.kind == "deny-cancel":
            status = _usual_status(book, order, at_us)
    return status


def _usual_status(book: OrderBook, order: int, at_us: int) -> str:
    authorized = book.authorized[order]
    if authorized > at_us:
        return "payment-pending"
    if book.odd[order]:
        return ODD_STATUSES[book.odd[order]]
    if book.invoiced[order] <= at_us:
        return "invoiced"
    if book.handled[order] <= at_us:
        return "handling"
    return "ready-for-handling" if authorized + READY_AFTER_US <= at_us else "payment-approved"


def moments_of(book: OrderBook, order: int) -> list[int]:
    """Every moment at which the order changes, `NEVER` left out, not sorted."""
    authorized = book.authorized[order]
    found = [book.created[order], authorized, book.handled[order], book.invoiced[order]]
    if authorized != NEVER:
        found.append(authorized + READY_AFTER_US)
    found += [event.at_us for event in book.events.get(order, ())]
    return [moment for moment in found if moment != NEVER]


def last_change_at(book: OrderBook, order: int, at_us: int) -> int:
    """The newest change by this moment; the creation when there was none."""
    return max(
        (moment for moment in moments_of(book, order) if moment <= at_us),
        default=book.created[order],
    )


def removed_lines(book: OrderBook, order: int, at_us: int) -> frozenset[int]:
    """The lines, counted from the first of the order, that were taken out by this moment."""
    return frozenset(
        event.line for event in events_at(book, order, at_us) if event.kind == "remove"
    )


def value_at(book: OrderBook, order: int, at_us: int) -> int:
    """The order's value in cents as changes left it; refunds do not change it."""
    return book.value[order] + change_cents_at(book, order, at_us)


def change_cents_at(book: OrderBook, order: int, at_us: int) -> int:
    """What changes have put on the order, less what they took off."""
    signs = {"remove": -1, "add": 1}
    events = events_at(book, order, at_us)
    return sum(signs.get(event.kind, 0) * event.cents for event in events)


def added_lines(book: OrderBook, order: int, at_us: int) -> list[Event]:
    """The lines that changes put into the order by this moment."""
    return [event for event in events_at(book, order, at_us) if event.kind == "add"]


def refunds_at(book: OrderBook, order: int, at_us: int) -> list[Event]:
    """The refunds given by this moment, each receipt once."""
    return [event for event in events_at(book, order, at_us) if event.kind == "refund"]


def is_purchase_at(book: OrderBook, order: int, at_us: int) -> bool:
    """Whether the order counts: complete, authorized, and not in a status that ends it."""
    return (
        not book.flags[order] & INCOMPLETE
        and book.authorized[order] <= at_us
        and status_at(book, order, at_us) not in NOT_PURCHASES
    )
