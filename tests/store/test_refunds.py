"""Every refunded cent is taken from a purchase or unmatched, against one plain pass."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.model import Rules
from enrich.warehouse.connection import connect
from enrich.warehouse.resolving import resolve
from enrich.warehouse.scripts import registered
from tests.examples import costly

DAY = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
NUMBERS = count()
Unmatched = dict[tuple[str, str | None, str], int]


@dataclass(frozen=True)
class Sale:
    """An order of VTEX: so much paid, `shipping` of it, and its receipts (minute, cents)."""

    order_id: str
    minute: int
    customer: str | None
    cart: str | None
    status: str
    currency: str | None
    cents: int
    shipping: int
    receipts: tuple[tuple[int | None, int], ...]

    @property
    def is_purchase(self) -> bool:
        return self.status == "invoiced" and self.currency != "USD"


@dataclass(frozen=True)
class Refund:
    """A refund of a file."""

    order_id: str
    minute: int
    customer: str | None
    refund_of: str | None
    currency: str | None
    cents: int
    is_canceled: bool


@dataclass(frozen=True)
class Place:
    """A refund as the rules see it: what holds it, what it names, when, and in which money."""

    order_id: str
    receipt: str | None
    names: str | None
    minute: int | None
    currency: str | None
    cents: int


sales = st.lists(
    st.builds(
        lambda *cells: cells,
        st.sampled_from([None, "1", "2"]),
        st.sampled_from([None, None, "cart"]),
        st.sampled_from(["invoiced", "invoiced", "invoiced", "canceled"]),
        st.sampled_from([None, "BRL", "BRL", "USD"]),
        st.integers(0, 9),
        st.integers(0, 2),
        st.lists(st.tuples(st.none() | st.integers(0, 30), st.integers(1, 9)), max_size=3).map(
            tuple
        ),
    ),
    max_size=7,
).map(lambda rows: [Sale(f"o{n}", 2 * n, *cells) for n, cells in enumerate(rows)])
refunds = st.lists(
    st.builds(
        lambda *cells: cells,
        st.integers(0, 20),
        st.sampled_from([None, "1", "1", "2"]),
        st.sampled_from([None, None, "o0", "o1", "o2", "o9", "r0"]),
        st.sampled_from([None, None, "BRL", "EUR"]),
        st.integers(1, 15),
        st.sampled_from([False, False, False, True]),
    ),
    max_size=5,
).map(lambda rows: [Refund(f"r{n}", *cells) for n, cells in enumerate(rows)])
rules = st.builds(
    Rules,
    currency=st.just("BRL"),
    amount_basis=st.sampled_from(["net", "gross", "items"]),
    returned_purchases=st.sampled_from(["count", "drop"]),
)


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    path = tmp_path_factory.mktemp("refunds") / "warehouse.duckdb"
    with closing(connect(path, "1GB", 1)) as opened:
        yield opened


@given(sales, refunds, rules)
@costly(12)
def test_every_refunded_cent_has_its_place(
    connection: duckdb.DuckDBPyConnection,
    sales: list[Sale],
    refunds: list[Refund],
    rules: Rules,
) -> None:
    store = f"store {next(NUMBERS)}"
    write(connection, store, sales, refunds)
    resolve(connection, store, rules, run_id="r", now=datetime(2026, 2, 1, tzinfo=UTC))
    taken, unmatched = places(sales, refunds, rules)
    assert stored_unmatched(connection, store) == unmatched
    kept = connection.sql(f"select order_id, refund_cents from purchases where store = '{store}'")
    dropped = connection.sql("select order_id, refund_cents from dropped_purchases")
    assert dict(kept.fetchall() + dropped.fetchall()) == taken
    refunded = sum(cents for one in sales for _, cents in one.receipts)
    refunded += sum(one.cents for one in refunds if not one.is_canceled)
    assert sum(taken.values()) + sum(unmatched.values()) == refunded


def stored_unmatched(connection: duckdb.DuckDBPyConnection, store: str) -> Unmatched:
    rows = connection.sql(
        f"select order_id, receipt, reason, unmatched_cents from unmatched_refunds"
        f" where store = '{store}'"
    ).fetchall()
    found = {(order_id, receipt, reason): cents for order_id, receipt, reason, cents in rows}
    assert len(found) == len(rows)
    return found


def places(
    sales: list[Sale], refunds: list[Refund], rules: Rules
) -> tuple[dict[str, int], Unmatched]:
    """What each purchase gives back, by its first order; what is left of which refund and why."""
    carts: dict[str, list[Sale]] = defaultdict(list)
    for one in sales:
        if one.is_purchase:
            carts[one.cart or one.order_id].append(one)
    worth = {
        cart: sum(one.cents - one.shipping * (rules.amount_basis == "items") for one in found)
        for cart, found in carts.items()
    }
    worth = {cart: max(cents, 0) for cart, cents in worth.items()}
    left = dict(worth)
    unpaid = {  # what was paid and is in no amount
        cart: max(sum(one.cents for one in found) - worth[cart], 0) for cart, found in carts.items()
    }
    cart_of = {one.order_id: cart for cart, found in carts.items() for one in found}
    known = {one.order_id: one for one in sales}
    unmatched: Unmatched = defaultdict(int)
    named = [
        Place(one.order_id, f"{n}", one.order_id, minute, one.currency, cents)
        for one in sales
        for n, (minute, cents) in enumerate(one.receipts)
    ]
    named += [
        Place(one.order_id, None, one.refund_of, one.minute, one.currency, one.cents)
        for one in refunds
        if one.refund_of in known and not one.is_canceled
    ]
    for one in sorted(named, key=lambda one: (one.minute is None, one.minute, one.order_id)):
        order = known[one.names or ""]
        reason = why_not(order, one.currency)
        if reason:
            unmatched[one.order_id, one.receipt, reason] += one.cents
            continue
        cart, cents = cart_of[order.order_id], one.cents
        for place, why in ((left, ""), (unpaid, "not_in_basis")):
            here = min(cents, place[cart])
            place[cart] -= here
            cents -= here
            if why and here:
                unmatched[one.order_id, one.receipt, why] += here
        if cents:
            unmatched[one.order_id, one.receipt, "more_than_paid"] += cents
    take_loose(refunds, known, carts, left, unmatched)
    taken = {
        min(one.order_id for one in carts[cart]): cents - left[cart]
        for cart, cents in worth.items()
    }
    return taken, dict(unmatched)


def why_not(order: Sale, currency: str | None) -> str | None:
    """Why nothing of a refund of this order can be taken."""
    own = order.currency or "BRL"
    if own == "USD" or (currency or own) != own:
        return "other_currency"
    return None if order.is_purchase else "no_purchase"


def take_loose(
    refunds: list[Refund],
    known: dict[str, Sale],
    carts: dict[str, list[Sale]],
    left: dict[str, int],
    unmatched: Unmatched,
) -> None:
    """Refunds that name no order take from their customer's newest earlier purchases in turn."""
    for one in sorted(refunds, key=lambda one: (one.minute, one.order_id)):
        if one.refund_of in known or one.is_canceled:
            continue
        if one.currency == "EUR" or one.customer is None:
            reason = "other_currency" if one.currency == "EUR" else "nobody"
            unmatched[one.order_id, None, reason] += one.cents
            continue
        cents = one.cents
        for cart in reversed(list(carts)):
            found = sorted(carts[cart], key=lambda sale: sale.minute)
            owner = next((sale.customer for sale in found if sale.customer), None)
            if owner == one.customer and found[0].minute <= one.minute:
                here = min(cents, left[cart])
                left[cart] -= here
                cents -= here
        if cents:
            unmatched[one.order_id, None, "more_than_paid"] += cents


def write(
    connection: duckdb.DuckDBPyConnection, store: str, sales: list[Sale], refunds: list[Refund]
) -> None:
    """The typed rows, as loads of VTEX and of a file leave them."""
    common = {"store": store, "is_completed": True, "is_corporate": False}
    orders: list[dict[str, Any]] = [
        {
            **common,
            "order_id": one.order_id,
            "source": "vtex",
            "order_group": one.cart,
            "status": one.status,
            "created_at": at(one.minute),
            "authorized_at": at(one.minute),
            "value_cents": one.cents,
            "currency": one.currency,
            "user_profile_id": one.customer,
        }
        for one in sales
    ] + [
        {
            **common,
            "order_id": one.order_id,
            "source": "import",
            "status": "canceled" if one.is_canceled else "invoiced",
            "created_at": at(one.minute),
            "value_cents": -one.cents,
            "currency": one.currency,
            "customer_id": one.customer,
            "refund_of": one.refund_of,
        }
        for one in refunds
    ]
    receipts: list[dict[str, Any]] = [
        {
            "store": store,
            "order_id": one.order_id,
            "source": "vtex",
            "receipt": f"{n}",
            "refunded_at": at(minute),
            "amount_cents": cents,
        }
        for one in sales
        for n, (minute, cents) in enumerate(one.receipts)
    ] + [
        {
            "store": store,
            "order_id": one.refund_of,
            "source": "import",
            "receipt": one.order_id,
            "refunded_at": at(one.minute),
            "amount_cents": one.cents,
        }
        for one in refunds
        if one.refund_of and not one.is_canceled
    ]
    lines = [
        {
            "store": store,
            "order_id": one.order_id,
            "line_no": 1,
            "quantity": 1,
            "amount_cents": one.cents - one.shipping,
            "is_gift": False,
        }
        for one in sales
    ]
    contacts = [
        {"store": store, "source": "vtex", "contact_id": n, "customer_id": n, "is_corporate": False}
        for n in ("1", "2")
    ]
    tables = {
        "orders": orders, "order_refunds": receipts, "order_items": lines, "contacts": contacts,
    }  # fmt: skip
    for table, rows in tables.items():
        if rows:
            with registered(connection, {"rows": pl.DataFrame(rows, infer_schema_length=None)}):
                connection.execute(f"insert into {table} by name from rows")


def at(minute: int | None) -> datetime | None:
    return None if minute is None else DAY + timedelta(minutes=minute)
