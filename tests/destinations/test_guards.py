"""What holds a push back, how much a run may spend, and what becomes of the gone."""

import pytest

from enrich.destinations import REGISTRY
from enrich.errors import BadSettings, HeldBack
from tests.destinations.conftest import make_people
from tests.destinations.test_push import URL, with_value

ICOMM = {"api_key": {"env": "K"}, "profile_key": "P"}


def test_a_new_destination_waits_for_a_person(world):
    there = world.open("webhook", **URL)
    held = world.push(there, make_people(5), confirmed=False)
    assert isinstance(held.fault, HeldBack)
    assert "--confirm" in str(held.fault) and "5 customers" in str(held.fault)
    assert (world.receiver.requests, world.ledger.runs) == ([], {"run-1": "held"})
    assert world.push(there, make_people(5)).accepted == 5
    later = with_value(make_people(5), 2, rfm_group="LOYAL")
    assert world.push(there, later, confirmed=False).accepted == 1


def test_until_somebody_agrees_a_limited_first_run_is_all_it_gets(world):
    there = world.open("webhook", **URL, first_run_records=2)
    first = world.push(there, make_people(5), confirmed=False)
    assert (first.accepted, first.left, first.fault) == (2, 3, None)
    second = world.push(there, make_people(5), confirmed=False)
    assert "the first 2" in str(second.fault)
    assert world.push(there, make_people(5)).accepted == 3
    assert world.push(there, make_people(6), confirmed=False).accepted == 1


def test_a_folder_on_this_machine_needs_no_confirmation(world):
    assert world.push(world.open("file"), make_people(3), confirmed=False).accepted == 3


@pytest.mark.parametrize(
    ("before", "now", "is_held"),
    [(200, 100, False), (200, 99, True), (200, 300, False), (200, 301, True), (9, 90, False)],
)
def test_a_jump_of_the_row_count_holds_a_push(world, before, now, is_held):
    there = world.open("webhook", **URL)
    world.push(there, make_people(before))
    changed = make_people(now, rfm_group="LOYAL")
    assert (world.push(there, changed, confirmed=False).fault is not None) is is_held
    assert world.push(there, changed).fault is None


def test_a_run_keeps_its_budget_and_what_was_refused_goes_last(world):
    there = world.open("icomm", **ICOMM, max_records_per_run=2, stop_failed_share=1)
    world.icomm.refused = {"person0001@example.com"}
    first = world.push(there, make_people(4))
    assert (first.accepted, first.rejected, first.left) == (1, 1, 2)
    assert (world.push(there, make_people(4)).accepted, world.push(there, make_people(4)).left) == (
        2,
        0,
    )
    assert len(world.icomm.contacts) == 3


def test_a_run_ends_when_its_minutes_are_over(world):
    there = world.open("webhook", **URL, batch_size=1, max_minutes_per_run=1)
    world.receiver.answer = lambda ids: world._wait(40)
    summary = world.push(there, make_people(5))
    assert (summary.accepted, summary.left, summary.fault) == (2, 3, None)


def test_by_default_nothing_is_done_about_the_gone(world):
    there = world.open("icomm", **ICOMM)
    world.push(there, make_people(3))
    after = world.push(there, make_people(2))
    assert (after.removals, after.removed, len(world.icomm.contacts)) == (1, 0, 3)


def test_the_gone_are_deleted_once(world):
    there = world.open("icomm", **ICOMM, removals="delete")
    world.push(there, make_people(3))
    after = world.push(there, make_people(2))
    assert (after.removed, sorted(world.icomm.contacts)) == (
        1,
        ["person0001@example.com", "person0002@example.com"],
    )
    assert world.push(there, make_people(2)).removals == 0
    assert world.push(there, make_people(3)).adds == 1


def test_the_gone_lose_what_was_computed(world):
    there = world.open("icomm", **ICOMM, removals="clear", clear_with="empty")
    world.push(there, make_people(3, rfm_group="LOYAL"))
    after = world.push(there, make_people(2, rfm_group="LOYAL"))
    assert after.removed == 1
    assert world.icomm.contacts["person0003@example.com"]["ICOMMKT_RFM_Grupo"] == ""
    assert world.icomm.contacts["person0002@example.com"]["ICOMMKT_RFM_Grupo"] == "LOYAL"
    assert world.push(there, make_people(2, rfm_group="LOYAL")).removals == 0


def test_an_address_that_somebody_else_has_now_is_never_removed(world):
    there = world.open("icomm", **ICOMM, removals="delete")
    world.push(there, make_people(2))
    merged = with_value(make_people(2), 1, email="person0002@example.com").filter(customer_key=1)
    after = world.push(there, merged)
    assert (after.removed, "person0002@example.com" in world.icomm.contacts) == (0, True)


def test_what_a_platform_cannot_do_is_refused(world):
    with pytest.raises(BadSettings, match="removals can be nothing"):
        world.open("file", removals="delete")


def test_a_dry_run_tells_how_long_it_takes(world):
    there = world.open("webhook", **URL, batch_size=2)
    summary = world.push(there, make_people(5), dry_run=True)
    assert (summary.requests, summary.estimated_seconds) == (3, 1.5)


def test_what_was_on_the_way_when_the_run_was_killed_is_counted_as_sent_again(world):
    there = world.open("webhook", **URL, batch_size=2)
    world.receiver.answer = lambda ids: (_ for _ in ()).throw(KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        world.push(there, make_people(5))
    world.receiver.answer = lambda ids: None
    again = world.push(there, make_people(5))
    assert (again.accepted, again.resent, world.receiver.repeats) == (5, 2, 1)
    assert world.push(there, make_people(5)).resent == 0


def test_the_time_of_a_job_is_part_of_the_estimate(world):
    there = world.open("klaviyo", **REGISTRY["klaviyo"].example, poll_seconds=40)
    summary = world.push(there, make_people(3), dry_run=True)
    assert summary.requests == 1
    assert summary.estimated_seconds == 0.5 + 40
