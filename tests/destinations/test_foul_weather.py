"""Every bulk platform in foul weather, its sender killed ten times: the end state is right."""

import contextlib
import random

import pytest

from enrich.destinations import REGISTRY
from enrich.jobs.push import Target, push
from enrich.jobs.warehouse_ledger import WarehouseLedger
from enrich.simulator.platforms import PLATFORMS
from enrich.store import open_warehouse
from tests.destinations.conftest import AS_OF, NOW, make_people

COUNT = 300
BULK = sorted(
    kind for kind in PLATFORMS if REGISTRY[kind].capabilities.transport in ("json_batch", "job")
)
# Small batches: as many requests as a hundred thousand profiles would make.
SMALL = {
    "braze": {"batch_size": 20},
    "hubspot": {"batch_size": 20},
    "klaviyo": {"batch_size": 60},
    "synerise": {"batch_size": 60},
    "connectif": {"error_report_column": "_email", "patch_limit": 0},
}


def faults(dice):
    """5 % throttled, 5 % failing, 2 % carried out without an answer."""
    while True:
        roll = dice.random()
        yield 429 if roll < 0.05 else 503 if roll < 0.10 else "lost" if roll < 0.12 else 200


@pytest.mark.parametrize("kind", BULK)
def test_the_platform_ends_with_the_profiles_and_the_refused_are_listed(world, kind, tmp_path):
    dice = random.Random(kind)
    account, storm = world.account(kind), faults(dice)
    tells = REGISTRY[kind].capabilities.result_fidelity != "none"
    refused = {f"person{n:04}@example.com" for n in range(1, COUNT + 1, 100)} if tells else set()
    account.refused = refused
    world.before_each = lambda: account.faults.append(next(storm))
    options = {**REGISTRY[kind].example, **SMALL.get(kind, {})}
    there = world.open(kind, **options, stop_failed_share=1)
    people = make_people(COUNT)
    with open_warehouse(tmp_path / "data") as warehouse:
        for run_no in range(16):
            world.kills_after = run_no % 2 == 1
            world.calls_until_killed = dice.randint(1, 12) if run_no < 10 else 1_000_000_000
            with contextlib.suppress(KeyboardInterrupt):
                done = push(
                    there,
                    Target("there", "main", AS_OF),
                    people,
                    WarehouseLedger(warehouse),
                    run_id=f"run {run_no}",
                    now=NOW,
                    confirmed=True,
                    monotonic=lambda: world.seconds,
                    sleep=world._wait,
                )
        state = warehouse.pushed_state("there", "main", "profiles")
        unanswered = warehouse.unanswered_pushes("there", "main", "profiles")
    taken = state.filter(state["outcome"].is_in(["accepted", "queued"]))
    assert (taken.height, state.height) == (COUNT - len(refused), COUNT)
    assert set(account.contacts) == {f"person{n:04}@example.com" for n in range(1, COUNT + 1)} - (
        refused
    )
    assert set(state["outcome"]) - {"accepted", "queued"} <= {"rejected"}
    assert unanswered == []
    assert done.adds == len(refused)
