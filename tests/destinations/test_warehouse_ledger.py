"""The push with its ledger in the warehouse file: what one run leaves, the next one finds."""

from datetime import timedelta

import pytest

from enrich.errors import HeldBack
from enrich.store import PushTarget, open_warehouse
from tests.destinations.conftest import NOW, make_people

TARGET = PushTarget("there", "main")


@pytest.fixture
def warehouse(tmp_path):
    with open_warehouse(tmp_path / "data") as opened:
        yield opened


def pusher(world, warehouse, destination):
    runs = iter(range(100))

    def once(people, *, confirmed=True):
        number = next(runs)
        return world.push(
            destination,
            people,
            warehouse.pushes,
            now=NOW + timedelta(hours=number),
            confirmed=confirmed,
        )

    return once


def test_a_job_is_resumed_and_its_records_are_accepted_once(world, warehouse):
    keys = {"api_key": {"env": "K"}, "api_secret": {"env": "S"}}
    world.account("connectif").polls_until_done = 3
    there = world.open("connectif", **keys, patch_limit=0, poll_minutes=0)
    once = pusher(world, warehouse, there)
    assert isinstance(once(make_people(5), confirmed=False).fault, HeldBack)
    assert once(make_people(5)).queued == 5
    assert once(make_people(5)).adds == 0
    assert once(make_people(5), confirmed=False).accepted == 5
    assert world.account("connectif").calls["POST imports"] == 1
    state = warehouse.pushes.state(TARGET)
    assert set(state["outcome"]) == {"accepted"}
    assert state["remote_key"].to_list()[0].endswith("@example.com")
    assert once(make_people(5)).batches == 0


def test_the_gone_are_deleted_and_a_jump_is_held(world, warehouse):
    there = world.open("synerise", api_key={"env": "K"}, removals="delete", stop_after_records=2)
    once = pusher(world, warehouse, there)
    once(make_people(5))
    assert isinstance(once(make_people(1), confirmed=False).fault, HeldBack)
    assert once(make_people(4), confirmed=False).removed == 1
    assert len(world.account("synerise").contacts) == 4
    assert once(make_people(4), confirmed=False).batches == 0


def test_a_killed_push_leaves_its_intents_and_the_next_one_says_so(world, warehouse):
    there = world.open("braze", api_key={"env": "K"}, instance="iad-01", batch_size=2)
    once = pusher(world, warehouse, there)
    world.calls_until_killed, world.kills_after = 2, True
    with pytest.raises(KeyboardInterrupt):
        once(make_people(6))
    world.calls_until_killed = 1_000_000_000
    again = once(make_people(6))
    assert (again.accepted, again.resent) == (4, 2)
    assert sum(times > 1 for times in world.account("braze").times.values()) == 2
    assert warehouse.pushes.unanswered(TARGET) == []
