"""Who is erased already, and a 404 that says nothing of the person: the case must stay open."""

import pytest

from enrich.destinations import REGISTRY
from enrich.destinations.base import Addressee
from enrich.destinations.sending import GONE
from enrich.errors import Stop
from enrich.model import Outcome
from enrich.simulator.platforms.mailchimp import NO_AUDIENCE
from tests.destinations.conftest import make_people

FIRST = "person0001@example.com"
STRANGER = Addressee("9", "person0009@example.com")
DELETE_PATH = {"delete_path": "/contacts/email/{email}"}


def opened(world, kind, **options):
    return world.open(kind, **REGISTRY[kind].example, **options)


@pytest.mark.parametrize(
    ("kind", "options"),
    [("mailchimp", {}), ("hubspot", {}), ("brevo", {}), ("connectif", DELETE_PATH)],
)
def test_who_is_not_there_is_gone(world, kind, options):
    (done,) = opened(world, kind, **options).erase([STRANGER])
    assert (done.outcome, done.code) == (Outcome.ACCEPTED, GONE)


@pytest.mark.parametrize(
    ("kind", "options", "token", "advice"),
    [
        ("mailchimp", {}, NO_AUDIENCE, "check list_id"),
        ("hubspot", {}, None, "check the address"),
        ("brevo", {}, None, "check the address"),
        ("customerio", {}, None, "check the address"),
        ("connectif", {"delete_path": "/contacts/{email}/none"}, None, "delete_path"),
    ],
)
def test_a_404_about_anything_else_erases_nobody(world, kind, options, token, advice):
    there = opened(world, kind, **options)
    world.push(there, make_people(1))
    account = world.account(kind)
    account.tokens |= {token} - {None}
    account.faults += [404] if token is None else []
    with pytest.raises(Stop, match=advice):
        there.erase([Addressee("1", FIRST)])
    assert len(account.contacts) == 1


def test_a_second_address_at_hubspot_is_left_to_a_person(world):
    """The contact of two addresses may be of two people; one of them asked."""
    there = opened(world, "hubspot")
    world.push(there, make_people(1))
    world.account("hubspot").table("second_addresses")[FIRST] = [STRANGER.remote_key]
    (done,) = there.erase([STRANGER])
    assert (done.outcome, done.code) == (Outcome.INVALID, "by_hand")
    assert "second" in done.message and set(world.account("hubspot").contacts) == {FIRST}
