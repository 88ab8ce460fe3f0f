"""A push follows the person: what depends on the key people are known by.

What holds everywhere is in `enrich.contract.following`, tried by test_contract.
"""

from __future__ import annotations

from enrich.contract.following import NEW, People, people
from enrich.destinations import REGISTRY
from tests.destinations.cases import Case
from tests.destinations.conftest import make_profiles


def test_where_people_have_another_key_an_address_is_a_field_like_others(world):
    there = world.open("webhook", **REGISTRY["webhook"].example, key="email")
    world.push(there, people())
    assert world.push(there, people(at={2: NEW})).changes == 1
    assert world.receiver.profiles["2"]["email"] == NEW
    assert world.push(there, people(at={2: NEW})).batches == 0
    segment = People(Case(world, "segment"), identify_by="customer_id")
    world.ledger.forget()
    segment.push(people())
    segment.push(people(at={2: NEW}))
    assert len(segment.case.held) == 3
    assert segment.former() == []


def test_an_address_nobody_accepted_is_nobodys_former_one(world):
    there = People(Case(world, "klaviyo"))
    there.push(make_profiles({"customer_key": 1, "email": None}))
    there.push(people(1))
    assert there.former() == []
