"""Connectif's purchases: never twice, whatever is lost; what they need is made."""

import pytest

from enrich.destinations import requests_per_second
from enrich.errors import HeldBack
from tests.destinations.records import line, make, with_lines

KEYS = {"api_key": {"env": "K"}, "api_secret": {"env": "S"}}


@pytest.fixture
def shop(world):
    """An account that knows seven contacts and the two products of every invented purchase."""
    account = world.account("connectif")
    account.contacts.update({f"person{n:04}@example.com": {} for n in range(1, 8)})
    account.table("products").update({sku: {"productId": sku} for sku in ("10", "20")})
    return account


def opened(world, **options):
    return world.open("connectif", "purchases", **KEYS, **options)


def counts(account):
    return {key: kept["count"] for key, kept in account.table("purchases").items()}


def once(*numbers):
    return {f"order-{number}": 1 for number in numbers}


def ledger(world):
    return world.ledger_of("purchases")


def test_a_purchase_says_what_was_paid_to_the_cent(world, shop):
    world.push_records(opened(world), make("purchases", 1))
    (kept,) = shop.table("purchases").values()
    body = kept["body"]
    assert (body["totalPrice"], body["totalQuantity"], body["cartId"]) == (39.8, 4, "group-1")
    assert body["purchaseDate"] == "2026-01-01T13:00:00.000Z"
    assert [(one["price"], one["unitPrice"]) for one in body["products"]] == [
        (10.0, 3.33),
        (19.9, 19.9),
    ]
    assert body["products"][0]["categories"] == ["Home/Lamps Wall"]


def test_nobodys_workflow_runs_unless_it_is_wished_and_news(world, shop):
    world.push_records(opened(world), make("purchases", 2))
    there = opened(world, purchase_events=True)
    assert ledger(world).known_since is not None
    later = make("purchases", 4).but(4, ordered_at=ledger(world).known_since)
    world.push_records(there, later)
    triggered = {key: kept["triggered"] for key, kept in shop.table("purchases").items()}
    # The third is older than what the ledger remembers: a back-fill.
    assert triggered == {"order-1": 0, "order-2": 0, "order-3": 0, "order-4": 1}


def test_a_contact_and_products_that_are_missing_are_made_and_the_purchase_sent_once_more(world):
    account = world.account("connectif")
    summary = world.push_records(opened(world), make("purchases", 2))
    assert (summary.accepted, counts(account)) == (2, once(1, 2))
    assert account.contacts == {"person0001@example.com": {}, "person0002@example.com": {}}
    product = account.table("products")["10"]
    assert (product["name"], product["productDetailUrl"]) == (
        "Lamp 10",
        "https://shop.example.com/10/p",
    )
    assert "quantity" not in product


def test_a_question_that_is_refused_is_no_yes(world, shop):
    there = opened(world, stop_failed_share=1)
    shop.faults = [400]
    assert world.push_records(there, make("purchases", 1)).accepted == 0
    assert (ledger(world).outcomes(), counts(shop)) == ({"order-1": "rejected"}, {})
    assert world.push_records(there, make("purchases", 1)).accepted == 1
    assert counts(shop) == once(1)


def test_a_sender_that_is_stopped_sends_nothing_more(world, shop):
    world.calls_until_killed = 4  # the second purchase: each is asked for, then posted
    with pytest.raises(KeyboardInterrupt):
        world.push_records(opened(world), make("purchases", 7))
    assert counts(shop) == once(1)


def test_what_cannot_be_made_leaves_the_purchase_refused(world, shop):
    shop.contacts.pop("person0002@example.com")
    shop.refused = {"person0002@example.com"}
    summary = world.push_records(opened(world, stop_failed_share=1), make("purchases", 3))
    assert (summary.accepted, summary.rejected) == (2, 1)
    assert ledger(world).records["order-2"]["code"] == "E0101_http_422"


def test_a_foreign_domain_is_said_in_words(world, shop):
    shop.domains = {"elsewhere.example.com"}
    summary = world.push_records(opened(world, stop_failed_share=1), make("purchases", 1))
    assert summary.rejected == 1
    kept = ledger(world).records["order-1"]
    assert kept["code"] == "E0103" and "does not authorise" in kept["message"]


@pytest.mark.parametrize("fault", ["lost", 500, 502, 504])
def test_a_purchase_without_an_answer_is_asked_for_before_it_is_sent_again(world, shop, fault):
    there = opened(world, stop_failed_share=1)
    world.push_records(there, make("purchases", 1))
    shop.faults = [200, 200, 200, fault]  # asked for and posted; asked for, and nobody knows
    records = make("purchases", 3)
    assert world.push_records(there, records).unknown == 1
    assert ledger(world).records["order-3"]["outcome"] == "unknown"
    again = world.push_records(there, records)
    assert (again.accepted, again.resent) == (1, 1)
    assert counts(shop) == once(1, 2, 3)


@pytest.mark.parametrize("calls", range(1, 12))
@pytest.mark.parametrize("kills_after", [False, True])
def test_killed_at_every_call_no_purchase_is_counted_twice(world, calls, kills_after):
    """Contacts and products are missing, so that the calls that make them are among the killed."""
    there, records = opened(world), make("purchases", 3)
    world.calls_until_killed, world.kills_after = calls, kills_after
    try:
        world.push_records(there, records)
    except KeyboardInterrupt:
        world.calls_until_killed = 1_000_000_000
        world.push_records(there, records)
    assert counts(world.account("connectif")) == once(1, 2, 3)
    assert world.push_records(there, records).batches == 0


@pytest.mark.parametrize("known", [0, 2])
def test_after_a_lost_ledger_nothing_is_counted_twice(world, shop, known):
    there, records = opened(world), make("purchases", 5)
    world.push_records(there, records)
    world.ledger_of("purchases").forget()
    if known:  # the memory begins again with a part of them, and the run is over
        world.push_records(opened(world, max_records_per_run=known), records)
    world.push_records(there, records)
    assert counts(shop) == once(1, 2, 3, 4, 5)
    assert {row["code"] for row in ledger(world).records.values()} == {"already_there"}
    assert world.push_records(there, records).batches == 0


def test_what_is_younger_than_the_memory_is_not_asked_for(world, shop):
    there = opened(world)
    world.push_records(there, make("purchases", 1))
    before = shop.calls["GET purchases"]
    at = ledger(world).known_since
    world.push_records(there, make("purchases", 2).but(2, ordered_at=at))
    assert (shop.calls["GET purchases"], counts(shop)) == (before, once(1, 2))


def test_every_purchase_is_asked_for_where_somebody_else_sends_them_too(world, shop):
    there = opened(world, ask_first="always")
    world.push_records(there, make("purchases", 1))
    shop.table("purchases")["order-2"] = {"body": {}, "count": 1}
    at = ledger(world).known_since
    world.push_records(there, make("purchases", 2).but(2, ordered_at=at))
    assert counts(shop) == once(1, 2)


def test_a_later_change_cannot_be_told_and_is_counted(world, shop):
    there = opened(world)
    world.push_records(there, make("purchases", 3))
    changed = make("purchases", 3).but(1, status="payment-approved").ended(2)
    summary = world.push_records(there, changed)
    assert (summary.frozen, summary.batches, summary.unchanged) == (2, 0, 3)
    assert counts(shop) == once(1, 2, 3)


def test_a_canceled_order_that_never_went_never_goes(world, shop):
    summary = world.push_records(opened(world), make("purchases", 3).ended(2))
    assert (summary.accepted, counts(shop)) == (2, once(1, 3))


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"email": None}, "no real e-mail"),
        ({"email": "3f1c@ct.vtex.com.br"}, "no real e-mail"),
        (with_lines([]), "no lines"),
        (with_lines([line("10", 0, 0)]), "no lines"),
        (with_lines([line("10", url=None)]), "no page in the shop; set store_url"),
    ],
)
def test_what_cannot_be_sent_is_counted_with_its_reason(world, shop, values, reason):
    summary = world.push_records(opened(world), make("purchases", 2).but(1, **values))
    assert (summary.accepted, summary.invalid) == (1, {reason: 1})


def test_the_plan_knows_that_a_back_fill_asks_first(world, shop):
    summary = world.push_records(opened(world), make("purchases", 100), dry_run=True)
    assert (summary.requests, requests_per_second("connectif", KEYS)) == (200, 80 / 60)


def test_purchases_wait_for_a_person_of_their_own(world, shop):
    held = world.push_records(opened(world), make("purchases", 2), confirmed=False)
    assert isinstance(held.fault, HeldBack)
    assert "2 purchases" in str(held.fault)
    assert counts(shop) == {}
