"""Synerise: the token, the 207 without places, names and values it would drop or refuse."""

import pytest

from enrich.destinations.batches import payload_bytes
from enrich.destinations.synerise.names import clean, is_reserved
from enrich.destinations.tokens import end_of
from enrich.errors import BadSettings
from tests.destinations.conftest import NOW, make_people
from tests.destinations.test_push import with_value

KEYS = {"api_key": {"env": "K"}}


def test_profiles_are_queued_with_the_address_and_the_shops_own_id(world):
    summary = world.push(world.open("synerise", **KEYS), make_people(3, rfm_group="LOYAL"))
    kept = world.account("synerise").contacts["person0001@example.com"]
    assert (summary.queued, summary.fault) == (3, None)
    assert (kept["rfm_group"], kept["customId"][-1]) == ("LOYAL", "1")
    assert "firstName" not in kept


def test_a_token_that_runs_out_is_replaced_once(world):
    there = world.open("synerise", **KEYS, batch_size=2)
    world.push(there, make_people(2))
    world.account("synerise").tokens.clear()
    assert world.push(there, make_people(6)).accepted == 4
    assert world.account("synerise").calls["POST uauth"] == 2


def test_basic_needs_no_login(world):
    there = world.open("synerise", **KEYS, auth="basic", guid={"env": "G"})
    assert world.push(there, make_people(2)).accepted == 2
    assert "POST uauth" not in world.account("synerise").calls


def test_a_refused_value_is_matched_back_where_it_is_unique(world):
    world.account("synerise").refused = {"person0002@example.com"}
    people = with_value(make_people(4, rfm_group="LOYAL"), 2, rfm_group="FREQUENT")
    summary = world.push(world.open("synerise", **KEYS, stop_failed_share=1), people)
    assert (summary.queued, summary.rejected) == (3, 1)
    assert world.ledger.records["2"]["code"] == "1001"
    assert world.account("synerise").calls["POST v4"] == 1


def test_a_value_that_many_have_is_found_by_halving(world):
    world.account("synerise").refused = {"person0002@example.com"}
    people = make_people(8, rfm_group="LOYAL")
    summary = world.push(world.open("synerise", **KEYS, stop_failed_share=1), people)
    assert (summary.queued, summary.rejected) == (7, 1)
    assert world.ledger.outcomes()["2"] == "rejected"


def test_batches_keep_a_thousand_and_a_megabyte(world):
    summary = world.push(
        world.open("synerise", **KEYS), make_people(1_200, products_30d=["x" * 900])
    )
    assert (summary.queued, summary.fault) == (1_200, None)
    assert summary.batches > 2
    assert "400" not in world.account("synerise").statuses


@pytest.mark.parametrize("name", ["email", "status", "geo_loc_city", "confirmation_hash"])
def test_reserved_names_are_refused_before_anything_is_sent(world, name):
    assert is_reserved(name)
    with pytest.raises(BadSettings, match="reserved"):
        world.open("synerise", **KEYS, names={"rfm_group": name})


@pytest.mark.parametrize(
    ("phone", "is_sent"), [("+55 11 90000-0000", True), ("call me", False), ("123", False)]
)
def test_a_bad_phone_stays_at_home_and_the_profile_goes(world, phone, is_sent):
    there = world.open("synerise", **KEYS, names={"phone": "phone"})
    world.push(there, make_people(1, phone=phone))
    assert ("phone" in world.account("synerise").contacts["person0001@example.com"]) is is_sent


def test_an_address_it_would_refuse_is_not_sent(world):
    summary = world.push(world.open("synerise", **KEYS), make_people(1, email="a..b@example.com"))
    assert (summary.accepted, summary.invalid_count) == (0, 1)


def test_unwanted_characters_are_taken_out():
    assert clean("a\r\nb\u00adc\ufe0f") == "abc"
    assert clean(["x\u2028"]) == ["x"]
    assert clean("id\U0001f600", is_identifier=True) == "id"
    assert payload_bytes(clean({"n\n": "v"})) == b'{"n":"v"}'


def test_the_gone_are_deleted_by_their_own_id(world):
    there = world.open("synerise", **KEYS, removals="delete")
    world.push(there, make_people(2))
    assert world.push(there, make_people(1)).removed == 1
    assert set(world.account("synerise").contacts) == {"person0001@example.com"}


def in_minutes(minutes):
    return int(NOW.timestamp()) + 60 * minutes


def test_a_token_is_replaced_shortly_before_the_end_it_names(world):
    account = world.account("synerise")
    account.token_exp = in_minutes(60)
    there = world.open("synerise", **KEYS)
    for minutes, logins in ((0, 1), (57, 1), (59, 2), (59, 2)):
        world.seconds, account.token_exp = 60 * minutes, in_minutes(60 + minutes)
        assert there.check() == []
        assert len(account.tokens) == logins
    assert "401" not in account.statuses


@pytest.mark.parametrize("minutes", [-60, 1])
def test_a_new_token_that_ends_at_once_is_a_wrong_clock(world, minutes):
    """The platform may take it all the same: one login, and verify says what is wrong."""
    account = world.account("synerise")
    account.token_exp = in_minutes(minutes)
    there = world.open("synerise", **KEYS)
    (problem,) = there.check()
    assert "clock of this machine" in problem and "and here it is 2026-03-02 06:00 UTC" in problem
    assert world.push(there, make_people(3)).accepted == 3
    assert len(account.tokens) == 1
    account.faults = [401, 401, 200, 401, 401]
    fault = str(world.push(there, make_people(4)).fault)
    assert "refused (401)" in fault and "clock of this machine" in fault


ENDS = [
    ("e30.eyJleHAiOjE3MDAwMDAwMDB9.x", 1_700_000_000.0),
    ("e30.eyJleHAiOjEuNX0.x", 1.5),
    ("e30.eyJleHAiOiJzb29uIn0.x", None),
    ("e30.eyJleHAiOjFlOTl9.x", None),
    ("e30.W10.x", None),
    ("e30.!!!.x", None),
    ("e30.é.x", None),
    ("e30", None),
    ("", None),
    ("token-1", None),
]


@pytest.mark.parametrize(("token", "end"), ENDS)
def test_the_end_of_a_token(token, end):
    assert end_of(token) == end
