"""What is particular to each platform behind an HTTP API."""

import gzip
import hashlib
from collections import deque
from dataclasses import replace

import polars as pl
import pytest

from enrich.client import Http
from enrich.destinations import REGISTRY, requests_per_second
from enrich.destinations.masterdata import document_id
from enrich.errors import BadSettings, Stop
from enrich.push.guards import SECONDS_PER_REQUEST, estimate
from enrich.push.planned import plan_push
from enrich.simulator.http import Reply
from enrich.simulator.platforms import hubspot, mailchimp
from tests.destinations.conftest import make_people
from tests.destinations.test_contract import NOTHING_PUSHED
from tests.destinations.test_push import with_value


def opened(world, kind, **options):
    return world.open(kind, **REGISTRY[kind].example, **options)


def emails(*numbers):
    return {f"person{number:04}@example.com" for number in numbers}


def test_master_data_documents_have_an_id_without_an_address(world):
    there = opened(world, "masterdata")
    world.push(there, make_people(3, rfm_group="LOYAL"))
    documents = world.account("masterdata").contacts
    assert documents[document_id("person0001@example.com")]["rfm_group"] == "LOYAL"
    assert not [name for name in documents if "@" in name]


def test_master_data_that_differs_in_nothing_is_accepted(world):
    there = opened(world, "masterdata")
    world.push(there, make_people(3))
    world.ledger.forget("push_records")
    assert world.push(there, make_people(3)).accepted == 3
    assert {row["code"] for row in world.ledger.records.values()} == {"http_304"}
    assert set(world.account("masterdata").times.values()) == {1}


def test_master_data_never_replaces_documents_of_the_shop(world):
    with pytest.raises(BadSettings, match="two letters"):
        opened(world, "masterdata", entity="AD")
    with pytest.raises(BadSettings, match="needs names"):
        opened(world, "masterdata", entity="CL")


def test_klaviyo_errors_are_read_over_all_pages(world):
    world.account("klaviyo").refused = emails(1, 2, 3, 4, 5)
    there = opened(world, "klaviyo", stop_failed_share=1)
    summary = world.push(there, make_people(12))
    assert (summary.accepted, summary.rejected) == (7, 5)
    assert world.ledger.records["3"]["code"] == "invalid"


def test_klaviyo_never_touches_consent(world):
    assert not [path for path in _paths(world, "klaviyo") if "subscription" in path]


def test_hubspot_names_the_properties_that_are_missing(world):
    there = opened(world, "hubspot")
    world.account("hubspot").known_fields.discard("rfm_group")
    assert there.check() == ["property rfm_group does not exist"]


def test_hubspot_gets_texts_and_an_empty_one_clears(world):
    there = opened(world, "hubspot")
    world.push(there, make_people(2, rfm_30d="545", orders_30d=3))
    assert world.account("hubspot").contacts["person0001@example.com"]["orders_30d"] == "3"
    world.push(there, with_value(make_people(2, orders_30d=3), 1, rfm_30d=None))
    assert "rfm_30d" not in world.account("hubspot").contacts["person0001@example.com"]


def test_a_hubspot_property_that_is_required_can_be_mapped(world):
    world.account("hubspot").required = {"email": "", "lastname": ""}
    summary = world.push(opened(world, "hubspot"), make_people(3))
    assert isinstance(summary.fault, BadSettings)
    assert "requires lastname of every new contact" in str(summary.fault)
    mapped = opened(world, "hubspot", names={"last_name": "lastname"})
    assert mapped.check() == []
    assert world.push(mapped, make_people(3)).accepted == 3


def test_what_the_schema_of_hubspot_does_not_show_stops_the_push_at_the_first_batch(world):
    there = opened(world, "hubspot", batch_size=2)
    account = world.account("hubspot")
    account.denied, account.required = {hubspot.READ_SCHEMA}, {"lastname": ""}
    assert there.check() == []
    summary = world.push(there, make_people(9))
    assert isinstance(summary.fault, Stop) and "lastname" in str(summary.fault)
    assert account.calls["POST crm"] == 1


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"errors": [{"context": "{a=b}"}, 1]}'])
def test_a_hubspot_refusal_that_says_nothing_is_one_of_the_record(world, monkeypatch, body):
    monkeypatch.setattr(hubspot, "_batch", lambda account, inputs: Reply(400, body))
    there = opened(world, "hubspot", stop_failed_share=1)
    assert world.push(there, make_people(2)).rejected == 2
    assert {row["code"] for row in world.ledger.records.values()} == {"http_400"}


def test_a_hubspot_contact_without_a_required_value_is_refused_alone(world):
    there = opened(world, "hubspot", names={"last_name": "lastname"}, stop_failed_share=1)
    world.account("hubspot").required = {"lastname": ""}
    summary = world.push(there, with_value(make_people(5), 2, last_name=None))
    assert (summary.accepted, summary.rejected) == (4, 1)
    assert world.ledger.records["2"]["code"] == "MISSING_REQUIRED_PROPERTY"


@pytest.mark.parametrize(
    ("kind", "source", "wrong", "right"),
    [
        ("hubspot", "amount_30d", "date", "number"),
        ("hubspot", "last_purchase_date", "number", "date"),
        ("hubspot", "rfm_group", "bool", "enumeration"),
        ("brevo", "orders_30d", "date", "float"),
        ("brevo", "rfm_group", "float", "text"),
        ("mailchimp", "last_purchase_date", "birthday", "date"),
        ("mailchimp", "orders_360d", "zip", "number"),
        ("rdstation", "amount_30d", "INTEGER", "STRING"),
    ],
)
def test_a_field_of_the_wrong_type_is_named_before_anything_is_sent(
    world, kind, source, wrong, right
):
    there = opened(world, kind)
    target = next(field.target for field in there.fields if field.source == source)
    world.account(kind).field_types = {target: wrong}
    (problem,) = there.check()
    assert target in problem and wrong in problem and source in problem
    world.account(kind).field_types = {target: right}
    assert there.check() == []


def test_brevo_drops_unknown_attributes_in_silence_so_verify_names_them(world):
    there = opened(world, "brevo")
    world.account("brevo").known_fields.discard("RFM_GROUP")
    assert there.check() == ["attribute RFM_GROUP does not exist"]
    world.push(there, make_people(1, rfm_group="LOYAL"))
    assert "RFM_GROUP" not in world.account("brevo").contacts["person0001@example.com"]


def digest(number):
    address = f"person{number:04}@example.com"
    return hashlib.md5(address.encode(), usedforsecurity=False).hexdigest()


def test_mailchimp_updates_members_and_adds_nobody(world):
    there = opened(world, "mailchimp")
    world.push(there, make_people(3))
    strangers = set(world.account("mailchimp").contacts)
    world.account("mailchimp").refused = strangers
    summary = world.push(there, make_people(3, rfm_group="LOYAL"))
    assert (summary.rejected, summary.fault) == (0, None)
    assert summary.invalid == {"not a member of the audience": 3}


def test_mailchimp_changes_come_in_batches_that_touch_no_status(world):
    """Each operation of a batch ends by itself; its archive says how."""
    there = opened(world, "mailchimp", stop_failed_share=1)
    there.max_records = 4
    account = world.account("mailchimp")
    account.contacts = {digest(at): {"status": "unsubscribed"} for at in range(1, 11)}
    account.refused, account.denied = {digest(3)}, {digest(9)}
    world.push(there, with_value(make_people(10), 5, rfm_group="LOYAL"))
    assert account.calls == {"POST 3.0": 3, "GET 3.0": 6, "GET batch-results": 2}
    assert all(kept["status"] == "unsubscribed" for kept in account.contacts.values())
    assert account.contacts[digest(5)]["RFMGROUP"] == "LOYAL"
    ended = {key: (row["outcome"], row["code"]) for key, row in world.ledger.records.items()}
    assert ended.pop("3") == ("invalid", "not_a_member")
    assert ended.pop("9") == ("retryable", "http_429")
    assert set(ended.values()) == {("accepted", None)}


@pytest.mark.parametrize(
    "archive",
    [b"", b"no archive", gzip.compress(b"no tar"), gzip.compress(bytes(2_000))],
    ids=["empty", "no archive", "no tar", "zeros"],
)
def test_an_archive_of_mailchimp_that_cannot_be_read_leaves_the_batch_unknown(
    world, monkeypatch, archive
):
    monkeypatch.setattr(mailchimp, "_results", lambda account, request: Reply(200, archive))
    world.account("mailchimp").refused = {digest(2)}
    there = opened(world, "mailchimp", stop_failed_share=1)
    assert world.push(there, make_people(3)).unknown == 3
    world.account("mailchimp").refused = set()
    assert world.push(there, make_people(3)).accepted == 3


def test_a_hundred_thousand_changes_of_mailchimp_take_less_than_half_an_hour_by_its_limits(world):
    there = opened(world, "mailchimp")
    plan = plan_push(there, make_people(200), NOTHING_PUSHED)
    plan = replace(plan, to_send=pl.concat([plan.to_send] * 500))
    requests, seconds = estimate(plan, there, requests_per_second("mailchimp", {}))
    assert plan.to_send.height == 100_000
    assert requests == 100  # of 1,000 operations each
    assert there.max_open_jobs < mailchimp.MAX_WAITING
    assert seconds == 100 * SECONDS_PER_REQUEST + 100 / 20 * 30 < 30 * 60


def test_a_bare_403_of_mailchimp_is_a_throttle(world):
    world.account("mailchimp").tokens.add(mailchimp.THROTTLED)
    there = opened(world, "mailchimp")
    first = world.push(there, make_people(3))
    assert (first.accepted, first.retryable, first.fault) == (0, 3, None)
    assert world.push(there, make_people(3)).accepted == 3


def test_the_tags_of_mailchimp_have_ten_characters():
    assert all(len(field.target) <= 10 for field in REGISTRY["mailchimp"].mapping)


def test_rd_station_renews_its_token(world):
    there = opened(world, "rdstation")
    world.push(there, make_people(2))
    world.account("rdstation").tokens.clear()
    assert world.push(there, make_people(4)).accepted == 2
    assert world.account("rdstation").calls["POST auth"] == 2


def paced(world, kind):
    return Http(
        requests_per_second=requests_per_second(kind, {}),
        transport=world.transport(),
        sleep=world._wait,
        monotonic=lambda: world.seconds,
    )


SLOW_ONES = [pytest.param(kind, marks=pytest.mark.slow) for kind in ("hubspot", "klaviyo")]


@pytest.mark.parametrize("kind", ["rdstation", "customerio", *SLOW_ONES])
def test_the_pace_keeps_the_published_rate(world, kind):
    world.http = paced(world, kind)
    size = {"batch_size": 1} if kind in ("hubspot", "klaviyo") else {}
    there = opened(world, kind, **size)
    assert world.push(there, make_people(200)).accepted == 200
    assert "429" not in world.account(kind).statuses


@pytest.mark.slow
def test_the_end_of_brevos_imports_is_asked_for_within_a_hundred_an_hour(world):
    world.http = paced(world, "brevo")
    there = opened(world, "brevo", poll_minutes=240)
    there.max_records = 2
    summary = world.push(there, make_people(140))
    assert (summary.accepted, summary.batches, summary.fault) == (140, 70, None)
    assert world.account("brevo").calls["GET v3"] > 100
    assert "429" not in world.account("brevo").statuses


def test_what_others_took_of_brevos_second_is_seen_in_its_headers(world):
    world.http = paced(world, "brevo")
    there = opened(world, "brevo")
    there.max_records = 1
    world.account("brevo").recent["a second"] = deque([0.0] * 9)
    assert world.push(there, make_people(2)).accepted == 2
    assert "429" not in world.account("brevo").statuses
    assert world.seconds > 1


def test_the_settings_own_rate_wins():
    assert requests_per_second("rdstation", {"requests_per_minute": 500}) == 500 / 60
    assert requests_per_second("icomm", {}) is None


def test_braze_can_leave_strangers_out(world):
    there = opened(world, "braze", update_only=True)
    world.push(there, make_people(2))
    assert world.account("braze").contacts == {}


def test_segment_drops_what_it_had_before(world):
    world.account("segment").faults = ["lost"]
    world.push(opened(world, "segment"), make_people(3))
    assert set(world.account("segment").times.values()) == {1}


def test_segment_gets_again_what_went_to_the_wrong_region(world):
    world.account("segment").region = "eu"
    assert world.push(opened(world, "segment"), make_people(3)).accepted == 3
    assert world.account("segment").contacts == {}
    assert world.push(opened(world, "segment", region="eu"), make_people(3)).accepted == 3
    assert set(world.account("segment").contacts) == emails(1, 2, 3)


def test_customer_io_sends_no_empty_values_unless_asked(world):
    people = make_people(2, rfm_30d="545")
    world.push(opened(world, "customerio"), people)
    world.push(opened(world, "customerio"), with_value(people, 1, rfm_30d=None))
    assert world.account("customerio").contacts["person0001@example.com"]["rfm_30d"] == "545"
    world.ledger.set_hash("1", "other")
    clearing = opened(world, "customerio", clear_with="null")
    world.push(clearing, with_value(people, 1, rfm_30d=None))
    assert "rfm_30d" not in world.account("customerio").contacts["person0001@example.com"]


def _paths(world, kind):
    world.push(opened(world, kind), make_people(3))
    return list(world.account(kind).calls)
