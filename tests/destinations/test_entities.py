"""Entities as data: which a platform takes, in which order they go, what the settings may ask."""

import pytest

from enrich.destinations import PROFILES, REGISTRY, Entity, open_entities
from enrich.destinations.base import in_order
from enrich.errors import BadSettings
from enrich.jobs.pushing import Outlet

KEYS = {"api_key": {"env": "K"}, "api_secret": {"env": "S"}}


def entity(name, *after):
    adapter = REGISTRY["file"]
    return Entity(name, adapter.capabilities, adapter.mapping, adapter.open, after)


@pytest.mark.parametrize(
    ("given", "order"),
    [
        ([("purchases", "profiles", "products"), ("products",), ("profiles",)], "products"),
        ([("profiles",), ("products",), ("purchases", "products")], "profiles"),
        ([("purchases", "products")], "purchases"),
    ],
)
def test_what_has_to_be_there_goes_first_where_it_goes_at_all(given, order):
    done = [one.name for one in in_order([entity(*words) for words in given])]
    assert sorted(done) == sorted(words[0] for words in given)
    for name, *after in given:
        assert all(done.index(one) < done.index(name) for one in after if one in done)
    assert done[0] == order


def test_profiles_alone_are_pushed_unless_the_settings_say_otherwise(world):
    for kind, adapter in REGISTRY.items():
        opened = open_entities("there", kind, adapter.example, world.tools())
        assert [one.name for one in opened] == [PROFILES]
    assert open_entities("there", "connectif", {**KEYS, "entities": []}, world.tools()) == ()


def test_an_entity_that_a_platform_does_not_take_is_refused_by_name(world):
    with pytest.raises(BadSettings, match="entities can be profiles"):
        open_entities(
            "there", "braze", {**REGISTRY["braze"].example, "entities": ["pets"]}, world.tools()
        )


def test_an_entity_that_is_not_switched_on_is_not_pushed(world):
    outlet = Outlet("there", ("main",), world.open("file"))
    with pytest.raises(BadSettings, match="does not push purchases"):
        outlet.entity("purchases")
