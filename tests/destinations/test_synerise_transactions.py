"""Synerise's transactions: one for each order for ever, overwritten, whatever is lost."""

import contextlib
import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrich.destinations.synerise.transactions import SynerisePurchases
from tests.destinations.conftest import World
from tests.destinations.records import line, make, with_lines

KEYS = {"api_key": {"env": "K"}}
BUY = "product.buy"


def opened(world, **options):
    return world.open("synerise", "purchases", **KEYS, **options)


def charges(world):
    return list(world.account("synerise").table("purchases").values())


def bought(world):
    """What the lines of the only transaction say, by their places."""
    return {
        int(key.rpartition(" ")[2]): (one["sku"], one["quantity"], one.get("canceled", False))
        for key, one in world.account("synerise").table(BUY).items()
    }


def test_a_transaction_says_what_was_paid_and_who_paid(world):
    world.push_records(opened(world), make("purchases", 1))
    (charge,) = charges(world)
    assert charge["client"] == {"customId": "0f8fad5b-d9cb-469f-a165-000000000001"}
    assert (charge["orderId"], charge["eventSalt"]) == ("order-1", "order-1")
    assert charge["recordedAt"] == "2026-01-01T13:00:00.000Z"
    assert charge["revenue"] == {"amount": 29.9, "currency": "BRL"} == charge["value"]
    assert charge["products"][0]["finalUnitPrice"] == {"amount": 3.333333, "currency": "BRL"}
    assert charge["metadata"]["totalAmount"] == 39.8
    assert (charge["metadata"]["orderStatus"], charge["metadata"]["couponCode"]) == (
        "invoiced",
        "WELCOME",
    )


def test_a_change_overwrites_and_counts_nothing_twice(world):
    there = opened(world)
    world.push_records(there, make("purchases", 3))
    changed = make("purchases", 3).but(2, refunded_amount=Decimal("5.00"), status="invoiced")
    assert world.push_records(there, changed).changes == 1
    assert len(charges(world)) == 3
    refunds = [charge["metadata"]["refundedAmount"] for charge in charges(world)]
    assert refunds == [0.0, 5.0, 0.0]


def test_a_removed_line_stays_in_its_place_with_quantity_0(world):
    there = opened(world)
    three = with_lines([line("10"), line("20"), line("30")])
    world.push_records(there, make("purchases", 1).but(1, **three))
    fewer = with_lines([line("10"), line("30"), line("40")])
    world.push_records(there, make("purchases", 1).but(1, **fewer))
    assert bought(world) == {
        0: ("10", 1, False),
        1: ("20", 0, True),
        2: ("30", 1, False),
        3: ("40", 1, False),
    }
    assert charges(world)[0]["revenue"]["amount"] == 59.7
    world.push_records(there, make("purchases", 1).but(1, **three))
    assert bought(world)[1] == ("20", 1, False)
    assert bought(world)[3] == ("40", 0, True)


def test_a_canceled_order_costs_nothing_and_says_so_once(world):
    there = opened(world)
    world.push_records(there, make("purchases", 2))
    assert world.push_records(there, make("purchases", 2).ended(1)).accepted == 1
    canceled, kept = charges(world)
    assert canceled["revenue"]["amount"] == 0.0
    assert all(one["quantity"] == 0 and one["canceled"] for one in canceled["products"])
    assert canceled["metadata"]["isCanceled"] is True
    assert kept["revenue"]["amount"] == 29.9
    (event,) = world.account("synerise").table("cancels").values()
    assert (event["params"]["orderId"], event["eventSalt"]) == ("order-1", "order-1-canceled")
    assert event["params"]["revenue"] == {"amount": 39.8, "currency": "BRL"}
    assert world.push_records(there, make("purchases", 2).ended(1)).batches == 0


def test_a_canceled_order_that_never_went_never_goes(world):
    assert world.push_records(opened(world), make("purchases", 2).ended(1)).accepted == 1
    assert [charge["orderId"] for charge in charges(world)] == ["order-2"]


def test_the_event_of_a_cancellation_is_repeated_with_its_transaction(world):
    there = opened(world, stop_failed_share=1)
    world.push_records(there, make("purchases", 1))
    world.account("synerise").faults = [200, *[503] * 5]
    assert world.push_records(there, make("purchases", 1).ended(1)).retryable == 1
    assert world.push_records(there, make("purchases", 1).ended(1)).accepted == 1
    assert len(world.account("synerise").table("cancels")) == len(charges(world)) == 1


def test_without_the_events_a_cancellation_is_told_by_the_transaction_alone(world):
    there = opened(world, cancel_events=False)
    world.push_records(there, make("purchases", 1))
    world.push_records(there, make("purchases", 1).ended(1))
    assert not world.account("synerise").table("cancels")
    assert charges(world)[0]["metadata"]["isCanceled"] is True


def test_client_and_moment_stay_as_they_were_first_sent(world):
    """A person who gets an id or another address later would else be counted twice."""
    there = opened(world)
    guest = make("purchases", 1).but(1, customer_id=None)
    world.push_records(there, guest)
    moved = make("purchases", 1).but(
        1, email="new@example.com", refunded_amount=Decimal(1), status="handling"
    )
    world.push_records(there, moved)
    (charge,) = charges(world)
    assert charge["client"] == {"email": "person0001@example.com"}
    assert charge["metadata"]["orderStatus"] == "handling"


@pytest.mark.parametrize("kills_after", [False, True])
@pytest.mark.parametrize("calls", [1, 2, 3, 4])
def test_lines_of_a_request_that_was_killed_are_remembered(world, calls, kills_after):
    """Killed between the two, the order loses a line: its place must not be taken."""
    there = opened(world)
    world.calls_until_killed, world.kills_after = calls, kills_after
    before = make("purchases", 1).but(1, **with_lines([line("10"), line("20"), line("30")]))
    after = make("purchases", 1).but(1, **with_lines([line("20"), line("30")]))
    for records in (before, after):
        with contextlib.suppress(KeyboardInterrupt):
            world.push_records(there, records)
    world.calls_until_killed = 1_000_000_000
    world.push_records(there, after)
    assert bought(world) == {0: ("10", 0, True), 1: ("20", 1, False), 2: ("30", 1, False)}
    assert len(charges(world)) == 1


def test_lines_of_an_answer_that_was_lost_are_remembered(world):
    there = opened(world, stop_failed_share=1)
    world.account("synerise").faults = [200, *["lost"] * 5]
    before = make("purchases", 1).but(1, **with_lines([line("10"), line("20")]))
    assert world.push_records(there, before).unknown == 1
    after = make("purchases", 1).but(1, **with_lines([line("20")]))
    assert world.push_records(there, after).accepted == 1
    assert bought(world) == {0: ("10", 0, True), 1: ("20", 1, False)}


def test_after_a_lost_ledger_everything_is_overwritten(world):
    there, records = opened(world), make("purchases", 5)
    world.push_records(there, records)
    world.ledger_of("purchases").forget()
    assert world.push_records(there, records).accepted == 5
    assert len(charges(world)) == 5


def test_without_a_salt_it_would_be_counted_twice(world):
    """The fake counts as Synerise does: the salt is what the tests above stand on."""
    there = opened(world)
    world.push_records(there, make("purchases", 1))
    (charge,) = charges(world)
    body = json.dumps([{name: v for name, v in charge.items() if name != "eventSalt"}])
    for _ in range(2):
        there.http.send(
            there.call("POST", "/v4/transactions/batch", name="t", content=body.encode())
        )
    assert len(charges(world)) == 3
    world.account("synerise").now = "2026-01-01T00:00:00.000Z"
    world.push_records(there, make("purchases", 1).but(1, status="handling"))
    assert len(charges(world)) == 4  # a moment to come is replaced, and the salt has no effect


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"email": None}, "no real e-mail"),
        ({"currency": None}, "no currency; set it for the store"),
        (with_lines([]), "no lines"),
    ],
)
def test_what_cannot_be_sent_is_counted_with_its_reason(world, values, reason):
    summary = world.push_records(opened(world), make("purchases", 2).but(1, **values))
    assert (summary.accepted, summary.invalid) == (1, {reason: 1})


def test_the_rights_are_named(world):
    account = world.account("synerise")
    account.denied = {"API_BATCH_TRANSACTION_CREATE", "API_CUSTOM_EVENTS_CREATE"}
    lacks = ["the key lacks API_BATCH_TRANSACTION_CREATE", "the key lacks API_CUSTOM_EVENTS_CREATE"]
    assert opened(world).check() == lacks
    assert opened(world, cancel_events=False).check() == lacks[:1]


lines = st.lists(st.sampled_from(["10", "20", "30", "40"]), unique=True, max_size=4)


@settings(max_examples=60, deadline=None)
@given(st.lists(lines, min_size=1, max_size=5))
def test_no_line_ever_takes_the_place_of_another(histories):
    """Whatever an order holds from one change to the next, every line keeps its place."""
    there = opened(World(Path("no-file-is-written")))
    memo, places = {}, {}
    for skus in histories:
        row = make("purchases", 1).but(1, **with_lines([line(sku) for sku in skus])).rows[0]
        memo = json.loads(json.dumps(SynerisePurchases.new_memo(there, row, memo)))
        sent = SynerisePurchases.arrange(there, row, memo)["lines"]
        for place, one in enumerate(sent):
            assert places.setdefault(place, one["product_key"]) == one["product_key"]
        assert [one["product_key"] for one in sent if one["quantity"]] == sorted(
            skus, key=lambda sku: [one["product_key"] for one in sent].index(sku)
        )
