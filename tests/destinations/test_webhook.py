"""The webhook: what is posted, and what each answer means for each record."""

import hashlib
import hmac
import json
from decimal import Decimal

import httpx
import polars as pl
import pytest

from enrich.destinations.webhook import WebhookSettings
from enrich.errors import BadSettings, Stop
from tests.destinations.conftest import make_people, make_profiles
from tests.destinations.records import make

URL = {"url": "https://hooks.example.com/customers"}


def open_webhook(world, **options):
    return world.open("webhook", **URL, stop_failed_share=1, **options)


def test_the_body_carries_numbers_as_numbers_and_dates_as_iso(world):
    world.push(open_webhook(world), make_people(1, amount_30d=Decimal("12.30"), orders_30d=2))
    body = json.loads(world.receiver.requests[0].content)
    assert {"store", "entity", "as_of", "batch_id", "records"} == set(body)
    assert (body["store"], body["as_of"]) == ("main", "2026-03-01")
    fields = body["records"][0]["fields"]
    assert body["records"][0]["id"] == "1"
    assert (fields["amount_30d"], fields["orders_30d"]) == (12.3, 2)
    assert fields["last_purchase_date"] == "2026-01-09"
    assert fields["products_30d"] == ["Lamp", "Mug"]
    assert fields["extra_fields"] == {"pet": "Bartholomew"}


def test_a_template_shapes_the_body(world):
    template = {"shop": "$store", "list": {"people": "$records"}, "v": 2}
    there = open_webhook(
        world, template=template, fields=["rfm_group"], names={"rfm_group": "Group"}
    )
    person = make_people(1).with_columns(record_id=pl.lit("1"), is_known=pl.lit(True))
    assert there.render(person) == [{"id": "1", "fields": {"Group": None}}]
    assert WebhookSettings(**URL, template=template).template["v"] == 2


@pytest.mark.parametrize("template", [{"a": "b"}, {"records": "$records", "x": "$nope"}])
def test_a_template_without_records_or_with_an_unknown_placeholder_is_refused(world, template):
    with pytest.raises(BadSettings, match="template"):
        open_webhook(world, template=template)


def test_the_signature_is_the_hmac_of_the_body_and_the_credentials_travel(world):
    there = open_webhook(
        world, signing_secret={"env": "S"}, secret_headers={"Authorization": {"env": "A"}}
    )
    world.push(there, make_people(1))
    request = world.receiver.requests[0]
    digest = hmac.new(b"secret-of-S", request.content, hashlib.sha256).hexdigest()
    assert request.headers["x-enrich-signature"] == f"sha256={digest}"
    assert request.headers["authorization"] == "secret-of-A"


def test_a_secret_header_in_the_file_is_refused(world):
    with pytest.raises(BadSettings, match="does not stand in the file"):
        open_webhook(world, headers={"Authorization": "Bearer x"})


def test_a_lost_reply_is_sent_again_under_the_same_idempotency_key(world):
    world.receiver.lost_replies = 1
    summary = world.push(open_webhook(world), make_people(2))
    assert summary.accepted == 2
    assert world.receiver.repeats == 1


def test_after_too_many_lost_replies_the_records_are_unknown_and_the_next_run_repeats(world):
    world.receiver.lost_replies = 99
    assert world.push(open_webhook(world), make_people(2)).unknown == 2
    world.receiver.lost_replies = 0
    assert world.push(open_webhook(world), make_people(2)).accepted == 2
    assert len(world.receiver.keys) == 1


def test_a_body_with_results_is_believed_record_by_record(world):
    world.receiver.answer = lambda ids: {
        "results": [
            {"id": "1", "status": "accepted"},
            {"id": "2", "status": "rejected", "code": "bad_mail"},
            {"id": "3", "status": "retry"},
            {"id": "5", "status": "fine?"},
        ]
    }
    world.push(open_webhook(world), make_people(5))
    assert list(world.ledger.outcomes().values()) == [
        "accepted",
        "rejected",
        "retryable",
        "unknown",
        "unknown",
    ]
    assert world.ledger.records["2"]["code"] == "bad_mail"


def test_a_body_with_rejected_names_only_the_refused_and_never_their_address(world):
    world.receiver.answer = lambda ids: {
        "rejected": [{"id": 2, "code": "no person0002@example.com"}]
    }
    world.push(open_webhook(world), make_people(2))
    assert list(world.ledger.outcomes().values()) == ["accepted", "rejected"]
    assert world.ledger.records["2"]["code"] == "rejected"


def test_a_batch_refused_without_detail_is_halved_down_to_the_bad_rows(world):
    world.receiver.poison = {"3", "70"}
    summary = world.push(open_webhook(world), make_people(100))
    assert (summary.accepted, summary.rejected) == (98, 2)
    refused = {key for key, outcome in world.ledger.outcomes().items() if outcome == "rejected"}
    assert refused == {"3", "70"}


def test_halving_ends_when_a_receiver_refuses_everything(world):
    world.receiver.poison = {str(number) for number in range(1, 501)}
    summary = world.push(open_webhook(world), make_people(500))
    assert len(world.receiver.requests) <= 100
    assert summary.rejected + summary.retryable == 500


def test_a_batch_too_large_is_halved(world):
    world.receiver.max_bytes = 20_000
    summary = world.push(open_webhook(world), make_people(60))
    assert (summary.accepted, summary.rejected) == (60, 0)


def test_an_overloaded_receiver_is_waited_for_then_left_for_the_next_run(world):
    world.receiver.faults = [503] * 99
    summary = world.push(open_webhook(world), make_people(2))
    assert (summary.retryable, summary.fault) == (2, None)
    assert world.ledger.records["1"]["code"] == "http_503"
    assert world.waits


@pytest.mark.parametrize("status", [404, 410, 418])
def test_a_wrong_address_stops(world, status):
    world.receiver.faults = [status]
    summary = world.push(open_webhook(world), make_people(1))
    assert isinstance(summary.fault, Stop)
    assert "check the address" in str(summary.fault)


def test_check_knows_reach_and_refusal(world):
    assert open_webhook(world).check() == []
    world.receiver.faults = [403]
    assert "403" in open_webhook(world).check()[0]
    world.receiver.faults = [httpx.ConnectError] * 2
    assert "ConnectError" in open_webhook(world).check()[0]


def test_personal_data_do_not_travel_in_clear_beyond_this_machine(world):
    plain = {"url": "http://hooks.example.com/x"}
    with pytest.raises(BadSettings, match="allow_http"):
        world.open("webhook", **plain)
    assert world.open("webhook", **plain, allow_http=True).check() == []
    assert world.open("webhook", url="http://127.0.0.1:9/x").check() == []


def test_customers_without_an_address_go_unless_the_key_is_the_address(world):
    nameless = make_profiles({"customer_key": 1})
    assert world.push(open_webhook(world), nameless).accepted == 1
    world.ledger.forget("push_records")
    by_email = world.push(open_webhook(world, key="email"), nameless)
    assert (by_email.accepted, by_email.invalid) == (0, {"no real e-mail": 1})


def test_purchases_are_posted_whole_with_their_lines(world):
    there = open_webhook(world, of="purchases")
    world.push_records(there, make("purchases", 1))
    body = json.loads(world.receiver.requests[0].content)
    (record,) = body["records"]
    assert (body["entity"], record["id"]) == ("purchases", "order-1")
    fields = record["fields"]
    assert (fields["ordered_at"], fields["amount"]) == ("2026-01-01T13:00:00.000Z", 39.8)
    assert [(one["sku"], one["quantity"], one["amount"]) for one in fields["lines"]] == [
        ("10", 3, 10.0),
        ("20", 1, 19.9),
    ]


def test_a_canceled_order_is_told_to_whoever_knows_it_and_to_nobody_else(world):
    there = open_webhook(world, of="purchases")
    world.push_records(there, make("purchases", 2))
    done = world.push_records(there, make("purchases", 3).ended(1, 3))
    (record,) = json.loads(world.receiver.requests[-1].content)["records"]
    assert (done.changes, done.adds) == (1, 0)
    assert (record["id"], record["fields"]["is_canceled"]) == ("order-1", True)


@pytest.mark.parametrize(("key", "sent"), [("email", 1), ("customer_key", 2)])
def test_who_has_no_address_is_only_told_of_by_key(world, key, sent):
    there = open_webhook(world, of="purchases", key=key)
    done = world.push_records(there, make("purchases", 2).but(2, email=None))
    assert (done.accepted, sum(done.invalid.values())) == (sent, 2 - sent)
