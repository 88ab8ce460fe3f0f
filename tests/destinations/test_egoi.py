"""What is particular to E-goi, and each limit of its published schema broken once."""

import json

import pytest

from enrich.destinations import REGISTRY
from enrich.errors import BadSettings, Stop
from enrich.simulator.http import Request
from enrich.simulator.platforms import PLATFORMS, Account, serve
from enrich.simulator.platforms.egoi import RESET_SECONDS, THROTTLED
from tests.destinations.conftest import make_people

ID, OTHER = "8f3a27ef26", "0123456789"
FIELDS = {"group", "bought_on", "orders"}
CONTACT = f"/lists/1/contacts/{ID}"
FORGET = "/lists/1/contacts/actions/forget"


def opened(world, **options):
    return world.open("egoi", **{**REGISTRY["egoi"].example, **options})


def ask(method, path, body=None, query=None, key="secret"):
    """One call to an account with a contact, another one and three fields."""
    account = Account(known_fields=FIELDS, field_types={"bought_on": "date", "orders": "number"})
    account.table("ids").update({"a@example.com": ID, "b@example.com": OTHER})
    headers = {"apikey": key} if key else {}
    sent = b"" if body is None else json.dumps(body).encode()
    return serve(PLATFORMS["egoi"], account, Request(method, path, query or {}, headers, sent), 0)


def extra(number, value):
    return {"extra": [{"field_id": number, "value": value}]}


@pytest.mark.parametrize(
    ("method", "path", "body", "query", "status"),
    [
        ("PATCH", CONTACT, extra(1, "2026-03-01"), None, 200),
        ("PATCH", CONTACT, extra(1, "yesterday"), None, 422),
        ("PATCH", CONTACT, extra(2, "LOYAL"), None, 200),
        ("PATCH", CONTACT, extra(3, "12.50"), None, 200),
        ("PATCH", CONTACT, extra(3, "many"), None, 422),
        ("PATCH", CONTACT, extra(2, 3), None, 422),
        ("PATCH", CONTACT, extra(4, "no such field"), None, 422),
        ("PATCH", CONTACT, {"base": {"status": "active"}}, None, 422),
        ("PATCH", CONTACT, {"base": {"email": "b@example.com"}}, None, 409),
        ("PATCH", "/lists/1/contacts/ffffffffff", extra(2, "LOYAL"), None, 404),
        ("PATCH", CONTACT, extra(2, "a" * 20_000_001), None, 413),
        ("GET", "/lists/7/fields", None, None, 404),
        ("GET", "/lists/1/fields", None, {"limit": "1001"}, 422),
        ("POST", FORGET, {"contacts": [ID]}, None, 202),
        ("POST", FORGET, {"contacts": []}, None, 422),
        ("POST", FORGET, {"contacts": [ID, ID]}, None, 422),
        ("POST", FORGET, {"contacts": ["a@example.com"]}, None, 422),
        ("POST", FORGET, {"contacts": [f"{n:010}" for n in range(1_001)]}, None, 422),
    ],
)
def test_each_documented_limit_is_kept_by_the_stand_in(method, path, body, query, status):
    assert ask(method, path, body, query).status == status


def test_a_page_of_fields_has_ten_unless_more_are_asked_for():
    account = Account()
    for query, count in (({}, 10), ({"limit": "40"}, 40)):
        request = Request("GET", "/lists/1/fields", query, {"apikey": "secret"})
        assert len(json.loads(serve(PLATFORMS["egoi"], account, request, 0).body)) == count


def test_a_call_without_a_key_is_refused():
    assert ask("GET", "/lists/1/fields", key="").status == 401


def test_nothing_is_sent_while_the_list_lacks_a_field(world):
    there = opened(world)
    world.account("egoi").known_fields.discard("rfm_group")
    assert there.check() == ["extra field rfm_group does not exist"]
    done = world.push(there, make_people(3))
    assert isinstance(done.fault, Stop) and "rfm_group" in str(done.fault)
    assert world.account("egoi").contacts == {}


def test_a_format_that_does_not_fit_is_named(world):
    world.account("egoi").field_types = {"orders_30d": "date"}
    (problem,) = opened(world).check()
    assert "orders_30d" in problem and "date" in problem
    assert opened(world, list_id=7).check() == ["the list does not exist; check list_id"]


def test_nobody_is_added_to_the_list(world):
    world.account("egoi").refused = {f"person{number:04}@example.com" for number in (1, 2, 3)}
    done = world.push(opened(world), make_people(4))
    assert (done.accepted, done.rejected, done.fault) == (1, 0, None)
    assert done.invalid == {"not in the list": 3}
    assert set(world.account("egoi").contacts) == {"person0004@example.com"}


def test_whoever_opted_out_is_left_alone_and_is_no_failure(world):
    gone = {f"person{number:04}@example.com": {} for number in (1, 2, 3)}
    world.account("egoi").table("removed").update(gone)
    done = world.push(opened(world, stop_after_records=1), make_people(4))
    assert (done.accepted, done.rejected, done.fault) == (1, 0, None)
    assert done.invalid == {"left the list": 3}
    assert world.push(opened(world, stop_after_records=1), make_people(4)).fault is None


def test_the_fields_are_asked_for_once_and_values_are_texts(world):
    world.push(opened(world), make_people(60, orders_30d=3, brands_360d=["A", "B|C"]))
    kept = world.account("egoi").contacts["person0060@example.com"]
    assert (kept["orders_30d"], kept["brands_360d"]) == ("3", "A|B C")
    assert world.account("egoi").calls == {"GET lists": 61, "PATCH lists": 60}


def test_a_429_is_waited_for_as_long_as_its_header_says(world):
    world.account("egoi").tokens.add(THROTTLED)
    assert world.push(opened(world), make_people(3)).accepted == 3
    assert max(world.waits) >= RESET_SECONDS


def test_what_no_document_says_is_off_until_it_is_set(world):
    with pytest.raises(BadSettings, match="clear_with"):
        opened(world, removals="clear")
    world.push(opened(world), make_people(2))
    world.push(opened(world), make_people(2, rfm_30d=None, rfm_group="LOYAL"))
    assert world.account("egoi").contacts["person0001@example.com"]["rfm_30d"] == "545"
