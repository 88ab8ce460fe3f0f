"""Entities as data: which a platform takes, in which order they go, what the settings may ask."""

import pytest

from enrich.destinations import AUDIENCES, PROFILES, REGISTRY, open_entities, switched_on
from enrich.destinations.kinds import KINDS
from enrich.errors import BadSettings
from enrich.push.destination import Destination

AD_PLATFORMS = ("googleads", "meta", "vtexads")
KEYS = {"api_key": {"env": "K"}, "api_secret": {"env": "S"}}


@pytest.mark.parametrize("kind", sorted(REGISTRY))
def test_what_has_to_be_there_goes_first_where_it_goes_at_all(kind):
    order = [one.name for one in REGISTRY[kind].entities()]
    for place, name in enumerate(order):
        after = KINDS[name].after if name in KINDS else ()
        assert not set(after) & set(order[place:])


def test_profiles_alone_are_pushed_or_audiences_unless_the_settings_say_otherwise(world):
    for kind, platform in REGISTRY.items():
        opened = open_entities("there", kind, platform.example, world.tools())
        assert [one.name for one in opened] == [platform.name]
        assert switched_on(kind, {}) == (platform.name,)
        assert platform.name == (AUDIENCES if kind in AD_PLATFORMS else PROFILES)
    assert open_entities("there", "connectif", {**KEYS, "entities": []}, world.tools()) == ()


def test_an_entity_that_a_platform_does_not_take_is_refused_by_name(world):
    with pytest.raises(BadSettings, match="entities can be profiles"):
        open_entities(
            "there", "braze", {**REGISTRY["braze"].example, "entities": ["pets"]}, world.tools()
        )


def test_an_entity_that_is_not_switched_on_is_not_pushed(world):
    destination = Destination("there", ("main",), world.open("file"))
    with pytest.raises(BadSettings, match="does not push purchases"):
        destination.entity("purchases")
