"""Checklist 10: a shop from a seed, and orders that move along when the clock does."""

from datetime import UTC, datetime
from functools import cache

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.simulator.chance import roll, rolls
from enrich.simulator.contacts import contacts_at
from enrich.simulator.flow import last_change_at, refunds_at, status_at, value_at
from enrich.simulator.moments import DAY, parse_us, seven_digits, to_us, whole_second
from enrich.simulator.order_document import render_order
from enrich.simulator.people import build_people
from enrich.simulator.world import build_world

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
US = to_us(NOW)


@cache
def small(seed=7, orders=400):
    return build_world(order_count=orders, customer_count=120, seed=seed, now=NOW)


def test_the_same_seed_makes_the_same_shop():
    one, two, other = small(), small.__wrapped__(), small(seed=8)
    assert [render_order(one, i, US) for i in range(50)] == [
        render_order(two, i, US) for i in range(50)
    ]
    assert one.contacts.equals(two.contacts)
    assert one.book.value != other.book.value


@pytest.mark.parametrize("orders", [1, 50, 777])
def test_as_many_orders_as_asked_for_and_some_to_come(orders):
    world = small(orders=orders)
    assert sum(created <= US for created in world.book.created) == orders
    assert list(world.book.created) == sorted(world.book.created)


def test_some_customers_buy_much_more_than_others():
    buyers = list(small().book.person)
    counts = sorted((buyers.count(person) for person in range(120)), reverse=True)
    assert counts[0] > 10 * max(1, counts[60])


def test_every_document_is_a_valid_cpf_and_every_address_is_invented():
    people = build_people(3, 300)
    for document in people["document"]:
        digits = [int(digit) for digit in document]
        for length in (9, 10):
            total = sum(digit * (length + 1 - at) for at, digit in enumerate(digits[:length]))
            assert digits[length] == total * 10 % 11 % 10
    assert people["email"].str.ends_with("@example.com").all()
    for column in ("document", "email", "user_id"):
        assert people[column].n_unique() == 300


@given(st.integers(0, 2**31), st.integers(0, 2**31))
def test_bulk_chance_and_single_chance_agree(seed, index):
    drawn = pl.select(rolls(seed, "x", pl.lit(index))).item()
    assert drawn == roll(seed, "x", index)


@pytest.mark.parametrize(
    ("text", "listed", "detailed"),
    [
        ("2026-03-02T14:05:09.1234567Z", "2026-03-02T14:05:09+00:00", "2026-03-02T14:05:09.123456"),
        ("2026-03-02", "2026-03-02T00:00:00+00:00", "2026-03-02T00:00:00.000000"),
        ("2026-03-01T23:00:00-03:00", "2026-03-02T02:00:00+00:00", "2026-03-02T02:00:00.000000"),
    ],
)
def test_the_shapes_of_a_moment(text, listed, detailed):
    us = parse_us(text)
    assert whole_second(us) == listed
    assert seven_digits(us)[:26] == detailed


def test_an_order_walks_its_way_as_time_goes_by():
    book = small().book
    order = next(
        i
        for i in range(len(book))
        if not book.events.get(i) and book.invoiced[i] < US and not book.odd[i]
    )
    walk = [
        (book.created[order], "payment-pending"),
        (book.authorized[order], "payment-approved"),
        (book.authorized[order] + 1_800_000_000, "ready-for-handling"),
        (book.handled[order], "handling"),
        (book.invoiced[order], "invoiced"),
    ]
    assert [status_at(book, order, at) for at, _ in walk] == [status for _, status in walk]
    assert [last_change_at(book, order, at) for at, _ in walk] == [at for at, _ in walk]


def test_nothing_about_an_order_is_ever_below_zero():
    book = small().book
    end = US + 400 * DAY
    for order in range(len(book)):
        refunded = sum(refund.cents for refund in refunds_at(book, order, end))
        assert 0 <= refunded <= value_at(book, order, end)


def test_customers_exist_before_their_orders():
    world = small()
    known = dict(
        contacts_at(world.contacts, US)
        .select(pl.col("userId").str.to_lowercase(), "createdIn")
        .sort("createdIn", descending=True)
        .iter_rows()
    )
    for order, person in enumerate(world.book.person):
        if person >= 0 and world.people.has_contact[person] and world.book.created[order] <= US:
            assert known[world.people.user_id[person]] < world.book.created[order]


def test_advancing_the_clock_brings_orders_and_moves_others(ask):
    def snapshot():
        return {order["orderId"]: order["status"] for order in ask("/_simulator/truth").json()}

    before = snapshot()
    ask("/_simulator/advance", method="POST", json={"days": 10})
    after = snapshot()
    assert set(before) < set(after)
    assert {before[order] for order in before if before[order] != after[order]} >= {"handling"}
    ask("/_simulator/clock", method="PUT", json={"now": "2026-06-01T12:00:00Z"})
    assert snapshot() == before


@pytest.mark.parametrize(
    ("action", "body", "field", "change"),
    [
        ("cancel", {}, "status", "canceled"),
        ("request-cancel", {}, "status", "request-cancel"),
        ("touch", {}, "value", 0),
        ("refund", {"cents": 100}, "refunded", 100),
    ],
)
def test_changes_on_request(ask, action, body, field, change):
    order = next(
        o for o in reversed(ask("/_simulator/truth").json())
        if o["status"] == "invoiced" and not o["refunded"]
    )  # fmt: skip
    path = f"/api/oms/pvt/orders/{order['orderId']}"
    before = ask(path).json()
    assert (
        ask(f"/_simulator/orders/{order['orderId']}/{action}", method="POST", json=body).status_code
        == 200
    )
    [after] = [o for o in ask("/_simulator/truth").json() if o["orderId"] == order["orderId"]]
    assert after[field] == (order["value"] if action == "touch" else change)
    assert ask(path).json()["lastChange"] > before["lastChange"]


def test_a_change_alters_the_value_and_leaves_the_items(ask):
    [order] = ask(
        "/_simulator/orders", method="POST",
        json={"lines": [{"sku": "301", "price": 500, "quantity": 2}, {"sku": "311", "price": 250}]},
    ).json()["orderIds"]  # fmt: skip
    path = f"/api/oms/pvt/orders/{order}"
    assert ask(path).json()["value"] == 1250
    ask(f"/_simulator/orders/{order}/remove", method="POST", json={"line": 1})
    changed = ask(path).json()
    assert (changed["value"], len(changed["items"])) == (1000, 2)
    assert changed["changesAttachment"]["changesData"][0]["itemsRemoved"][0]["id"] == "311"
    ask(f"/_simulator/orders/{order}/add", method="POST", json={"sku": "321", "price": 300})
    changed = ask(path).json()
    assert changed["value"] == sum(total["value"] for total in changed["totals"]) == 1300
    changes = changed["changesAttachment"]["changesData"]
    assert [item["id"] for one in changes for item in one["itemsAdded"]] == ["321"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/_simulator/orders/nothing/cancel", {}),
        ("/_simulator/orders", {"lines": [{"sku": "0"}]}),
        ("/_simulator/advance", {"fortnights": 1}),
    ],
)
def test_changes_that_cannot_be(ask, path, body):
    assert ask(path, method="POST", json=body).status_code == 400
