"""What is particular to Salesforce Marketing Cloud, and each documented limit broken once."""

import json

import pytest

from enrich.destinations import REGISTRY
from enrich.destinations.base import Addressee
from enrich.errors import BadSettings
from enrich.simulator.http import Request
from enrich.simulator.platforms import PLATFORMS, Account, serve
from enrich.simulator.platforms.marketingcloud import BLOCKED, RATE_EXCEEDED, WAIT_SECONDS
from tests.destinations.conftest import make_people

EXTENSION = REGISTRY["marketingcloud"].example["data_extension_id"]
ROWSET = f"/hub/v1/dataevents/{EXTENSION}/rowset"
DELETE = "/contacts/v1/contacts/actions/delete"
TYPES = {"group": "Text", "bought_on": "Date", "orders": "Number", "paid": "Decimal"}
WIDE = {f"column_{number}": "a" for number in range(50)}


def opened(world, **options):
    return world.open("marketingcloud", **{**REGISTRY["marketingcloud"].example, **options})


def ask(path, body, query=None, at=0, **fields):
    """One call, `at` seconds after the token was given, to an account with four columns."""
    account = Account(known_fields=set(TYPES) | set(WIDE), field_types=TYPES, **fields)
    account.table("lengths")["group"] = 10
    account.table("tokens")["token"] = 1_200
    headers = {"authorization": "Bearer token"}
    request = Request("POST", path, query or {}, headers, json.dumps(body).encode())
    return serve(PLATFORMS["marketingcloud"], account, request, at)


def rows(count=1, key="EmailAddress", **values):
    return [{"keys": {key: f"a{n}@example.com"}, "values": values} for n in range(count)]


@pytest.mark.parametrize(
    ("path", "body", "query", "at", "status"),
    [
        (ROWSET, rows(50, group="LOYAL"), None, 0, 200),
        (ROWSET, rows(51, group="LOYAL"), None, 0, 400),
        (ROWSET, [], None, 0, 400),
        (ROWSET, rows(1, **dict(list(WIDE.items())[:49])), None, 0, 200),
        (ROWSET, rows(1, **WIDE), None, 0, 400),
        (ROWSET, rows(1, key="Email"), None, 0, 400),
        (ROWSET, rows(1, colour="red"), None, 0, 400),
        (ROWSET, rows(1, group="eleven long"), None, 0, 400),
        (ROWSET, rows(1, group=["a", "b"]), None, 0, 400),
        (ROWSET, rows(1, bought_on="2026-03-01", orders=3, paid=1.5, group=None), None, 0, 200),
        (ROWSET, rows(1, bought_on="yesterday"), None, 0, 400),
        (ROWSET, rows(1, orders=1.5), None, 0, 400),
        (ROWSET, rows(1, paid="much"), None, 0, 400),
        (ROWSET.replace("0", "1"), rows(), None, 0, 404),
        (ROWSET, rows(), None, 1_200, 401),
        (DELETE, {"values": ["a"], "DeleteOperationType": "ContactAndAttributes"}, "keys", 0, 200),
        (DELETE, {"values": ["a"], "DeleteOperationType": "AttributesOnly"}, "keys", 0, 400),
        (DELETE, {"values": [], "DeleteOperationType": "ContactAndAttributes"}, "keys", 0, 400),
        (DELETE, {"values": ["a"], "DeleteOperationType": "ContactAndAttributes"}, "ids", 0, 400),
    ],
)
def test_each_documented_limit_is_kept_by_the_stand_in(path, body, query, at, status):
    assert ask(path, body, {"type": query} if query else None, at).status == status


def test_a_bad_row_is_found_by_halving_and_keeps_no_other_back(world):
    world.account("marketingcloud").refused = {"person0033@example.com"}
    done = world.push(opened(world), make_people(120))
    assert (done.accepted, done.rejected, done.fault) == (119, 1, None)
    assert world.ledger.outcomes()["33"] == "rejected"


def test_one_token_serves_a_push_and_one_that_ran_out_is_replaced(world):
    there = opened(world)
    world.push(there, make_people(120))
    assert world.account("marketingcloud").calls == {"POST v2": 1, "POST hub": 3}
    world.seconds += 1_200
    assert world.push(there, make_people(130)).accepted == 10
    assert world.account("marketingcloud").calls["POST v2"] == 2


@pytest.mark.parametrize(("code", "at_least"), [(RATE_EXCEEDED, WAIT_SECONDS), (BLOCKED, 0.1)])
def test_both_kinds_of_429_cost_no_row(world, code, at_least):
    world.account("marketingcloud").tokens.add(code)
    assert world.push(opened(world), make_people(3)).accepted == 3
    assert max(world.waits) >= at_least


def test_verify_names_columns_types_the_key_and_too_many(world):
    there = opened(world, email_column="Email")
    assert there.check() == ["make Email, and it alone, the primary key"]
    there = opened(world)
    world.account("marketingcloud").known_fields.discard("rfm_group")
    world.account("marketingcloud").field_types = {"orders_30d": "Date"}
    missing, wrong = there.check()
    assert missing == "column rfm_group does not exist"
    assert "orders_30d" in wrong and "Date" in wrong
    unknown = "11111111-1111-1111-1111-111111111111"
    assert "data_extension_id" in opened(world, data_extension_id=unknown).check()[0]
    names = {f"products_{window}d": f"Products{window}" for window in (30, 60, 90, 180, 360)}
    more = {f"categories_{window}d": f"Categories{window}" for window in (30, 60, 90, 180)}
    assert "at most 50" in opened(world, names={**names, **more}).check()[-1]


def test_values_keep_their_types_and_lists_are_joined(world):
    there = opened(world)
    world.push(there, make_people(1, orders_30d=3, brands_360d=["A", "B|C"]))
    kept = world.account("marketingcloud").contacts["person0001@example.com"]
    assert (kept["orders_30d"], kept["brands_360d"]) == (3, "A|B C")
    assert kept["last_purchase_date"] == "2026-01-09"


def test_a_contact_is_deleted_only_where_its_key_is_the_address(world):
    world.push(opened(world), make_people(2))
    one = Addressee("1", "person0001@example.com")
    (by_hand,) = opened(world).erase([one])
    assert by_hand.code == "by_hand" and len(world.account("marketingcloud").contacts) == 2
    (done,) = opened(world, deletes_contacts=True).erase([one])
    assert done.outcome == "accepted"
    assert set(world.account("marketingcloud").contacts) == {"person0002@example.com"}


def test_what_no_document_says_is_off_until_it_is_set(world):
    with pytest.raises(BadSettings, match="clear_with"):
        opened(world, removals="clear")
    world.push(opened(world), make_people(2))
    world.push(opened(world), make_people(2, rfm_30d=None, rfm_group="LOYAL"))
    kept = world.account("marketingcloud").contacts["person0001@example.com"]
    assert (kept["rfm_30d"], kept["rfm_group"]) == ("545", "LOYAL")


def test_another_data_extension_gets_everybody(world):
    assert opened(world).mapping_version != opened(world, email_column="Email").mapping_version
