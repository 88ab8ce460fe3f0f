"""Connectif: a few by PATCH, many by import jobs, all within 100 requests a minute."""

import pytest

from enrich.client import Http
from enrich.destinations import requests_per_second
from enrich.model import Outcome
from tests.destinations.conftest import make_people

KEYS = {"api_key": {"env": "K"}, "api_secret": {"env": "S"}}
JOBS = {**KEYS, "patch_limit": 0}


def emails(*numbers):
    return {f"person{number:04}@example.com" for number in numbers}


def test_a_few_are_patched_with_our_own_columns_only(world):
    summary = world.push(world.open("connectif", **KEYS), make_people(3, rfm_group="LOYAL"))
    account = world.account("connectif")
    assert (summary.accepted, account.calls) == (3, {"PATCH contacts": 3})
    kept = account.contacts["person0001@example.com"]
    assert kept["rfm-group"] == "LOYAL"
    assert not [name for name in kept if name.startswith("_")]
    assert not {"first-name", "phone", "document", "newsletter-opt-in"} & set(kept)


def test_many_go_as_an_import_job_that_is_followed_to_its_end(world):
    world.account("connectif").polls_until_done = 3
    summary = world.push(world.open("connectif", **JOBS), make_people(600))
    account = world.account("connectif")
    assert (summary.accepted, summary.queued, len(account.contacts)) == (600, 0, 600)
    assert account.calls == {"POST imports": 1, "GET imports": 4}
    assert world.ledger.jobs == []
    assert world.push(world.open("connectif", **JOBS), make_people(600)).batches == 0


def test_a_job_that_outlives_its_run_is_resumed_and_its_records_are_not_sent_again(world):
    there = world.open("connectif", **JOBS, poll_minutes=0)
    world.account("connectif").polls_until_done = 3
    first = world.push(there, make_people(5))
    assert (first.queued, first.fault) == (5, None)
    second = world.push(there, make_people(5))
    assert (second.adds, world.account("connectif").calls["POST imports"]) == (0, 1)
    third = world.push(there, make_people(5))
    assert (third.accepted, world.ledger.jobs) == (5, [])
    assert set(world.ledger.outcomes().values()) == {Outcome.ACCEPTED}


def test_an_import_with_errors_leaves_all_of_it_unknown_and_keeps_the_report(world):
    world.account("connectif").refused = emails(2)
    there = world.open("connectif", **JOBS, stop_failed_share=1)
    summary = world.push(there, make_people(5))
    assert (summary.unknown, summary.accepted) == (5, 0)
    reports = list((world.data_dir / "push-reports").iterdir())
    assert [path.stat().st_mode & 0o777 for path in reports] == [0o600]


def test_where_the_column_of_the_report_is_known_only_the_bad_rows_are_refused(world):
    world.account("connectif").refused = emails(2, 4)
    there = world.open("connectif", **JOBS, error_report_column="_email", stop_failed_share=1)
    summary = world.push(there, make_people(5))
    assert (summary.accepted, summary.rejected) == (3, 2)
    again = world.push(there, make_people(5))
    assert (again.adds, again.rejected) == (2, 2)


def test_a_refused_contact_and_a_lost_reply_stay_their_own(world):
    account = world.account("connectif")
    account.refused = emails(1)
    summary = world.push(world.open("connectif", **KEYS), make_people(3))
    assert (summary.accepted, summary.rejected) == (2, 1)
    assert world.ledger.records["1"]["code"] == "http_422"


def test_an_import_whose_reply_is_lost_is_sent_again_by_the_next_run(world):
    account = world.account("connectif")
    account.faults = ["lost"]
    there = world.open("connectif", **JOBS, stop_failed_share=1)
    assert world.push(there, make_people(5)).unknown == 5
    again = world.push(there, make_people(5))
    assert (again.accepted, again.resent) == (5, 5)


def test_a_full_queue_is_waited_for(world):
    account = world.account("connectif")
    for _ in range(10):
        account.new_job(total=0, refused=[])
    there = world.open("connectif", **JOBS, poll_minutes=2)
    other = iter(list(account.jobs.values()))
    world._on_wait = lambda: next(other).update(polls=99)
    assert world.push(there, make_people(5)).accepted == 5
    assert account.statuses["400"] == 1


def test_the_shared_limit_is_never_met(world):
    pace = requests_per_second("connectif", KEYS)
    assert pace == pytest.approx(80 / 60)
    world.http = Http(
        requests_per_second=pace,
        transport=world.transport(),
        sleep=world._wait,
        monotonic=lambda: world.seconds,
    )
    assert world.push(world.open("connectif", **KEYS), make_people(300)).accepted == 300
    assert "429" not in world.account("connectif").statuses
    assert 220 <= world.seconds <= 230


def test_without_a_pace_the_reset_is_waited_for(world):
    assert world.push(world.open("connectif", **KEYS), make_people(150)).accepted == 150
    assert world.account("connectif").statuses["429"] == 1
    assert world.seconds >= 60


def test_a_hundred_thousand_take_minutes_by_the_plan(world):
    there = world.open("connectif", **KEYS)
    assert there.requests_for(100_000, 80_000_000) == 20
    assert there.requests_for(400, 300_000) == 400


def test_deletion_needs_the_path_that_nobody_documents(world):
    there = world.open("connectif", **KEYS, removals="delete")
    world.push(there, make_people(2))
    assert sum(world.push(there, make_people(1)).invalid.values()) == 1
    there = world.open("connectif", **KEYS, removals="delete", delete_path="/contacts/{email}")
    assert world.push(there, make_people(1)).removed == 1
    assert set(world.account("connectif").contacts) == emails(1)
