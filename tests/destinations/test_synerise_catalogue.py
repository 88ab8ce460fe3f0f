"""Synerise's catalogue items and events of carts."""

from enrich.errors import Stop
from tests.destinations.records import make

KEYS = {"api_key": {"env": "K"}}


def test_items_go_into_the_catalogue_of_the_settings(world):
    there = world.open("synerise", "products", **KEYS, catalog="products")
    summary = world.push_records(there, make("products", 250))
    account = world.account("synerise")
    assert (summary.accepted, summary.batches) == (250, 3)
    assert account.table("products")["10"]["catalog"] == "products"
    assert account.table("products")["10"]["category"] == "Home/Lamps Wall"
    assert account.calls["GET catalogs"] == 1  # the catalogue is asked for once


def test_a_catalogue_that_is_not_there_is_said_or_made(world):
    there = world.open("synerise", "products", **KEYS, catalog="mine")
    world.account("synerise").table("catalogs").clear()
    assert there.check() == [
        "there is no catalogue 'mine' in Synerise: make it, or set create_catalog = true"
    ]
    assert isinstance(world.push_records(there, make("products", 2)).fault, Stop)
    there = world.open("synerise", "products", **KEYS, catalog="mine", create_catalog=True)
    assert there.check() == []
    world.account("synerise").table("catalogs").clear()
    assert world.push_records(there, make("products", 2)).accepted == 2


def test_each_cart_is_one_event_and_its_end_is_none(world):
    there = world.open("synerise", "carts", **KEYS)
    world.push_records(there, make("carts", 2))
    events = world.account("synerise").table("carts")
    assert {event["action"] for event in events.values()} == {"cart.abandoned"}
    (one, _) = events.values()
    assert (one["params"]["totalAmount"], one["client"]["customId"][-1]) == (39.8, "1")
    ended = world.push_records(there, make("carts", 2).ended(1))
    assert (ended.batches, len(events)) == (0, 2)
    other = make("carts", 2).but(1, cart_id="contact-1@20260105T120000", amount=1)
    assert world.push_records(there, other).changes == 1
    assert len(events) == 3


def test_a_cart_of_nobody_with_an_address_is_not_sent(world):
    there = world.open("synerise", "carts", **KEYS)
    summary = world.push_records(there, make("carts", 2).but(1, email=None))
    assert (summary.accepted, summary.invalid) == (1, {"no real e-mail": 1})
