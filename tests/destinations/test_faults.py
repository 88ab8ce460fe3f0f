"""Every bulk platform under 429, 5xx and lost replies, its sender killed ten times: it ends right.

So do purchases, products, coupons and carts, of which none counts twice: not even when the ledger
is lost on top. The last run meets no fault: a refused record is sent again in every run, and one
whose answer is lost in the last of them would rightly stay unanswered.
"""

import contextlib
import hashlib
import random

import pytest

from enrich.destinations import REGISTRY
from enrich.simulator.platforms import PLATFORMS
from enrich.warehouse import PushTarget, open_warehouse
from tests.destinations.cases import PAIRS, TAKE_PROFILES, Case
from tests.destinations.conftest import make_people

COUNT = 300
BULK = sorted(
    kind
    for kind in {*PLATFORMS} & {*TAKE_PROFILES}
    if REGISTRY[kind].transport in ("json_batch", "job")
)
# Small batches: as many requests as a hundred thousand profiles would make.
SMALL = {
    "braze": {"batch_size": 20},
    "hubspot": {"batch_size": 20},
    "connectif": {"error_report_column": "_email", "patch_limit": 0},
}


def faults(numbers):
    """5 % throttled, 5 % failing, 2 % carried out without an answer."""
    while True:
        roll = numbers.random()
        yield 429 if roll < 0.05 else 503 if roll < 0.10 else "lost" if roll < 0.12 else 200


@pytest.mark.parametrize("kind", BULK)
def test_the_platform_ends_with_the_profiles_and_the_refused_are_listed(world, kind, tmp_path):
    numbers = random.Random(kind)
    account, next_faults = world.account(kind), faults(numbers)
    reports = REGISTRY[kind].result_fidelity != "none"
    everybody = [key_there(kind, f"person{n:04}@example.com") for n in range(1, COUNT + 1)]
    refused = set(everybody[::100]) if reports else set()
    account.refused = refused
    world.before_each = lambda: account.faults.append(next(next_faults))
    options = {**REGISTRY[kind].example, **SMALL.get(kind, {})}
    there = world.open(kind, **options, stop_failed_share=1)
    there.max_records = min(there.max_records or COUNT, 60)
    people = make_people(COUNT)
    with open_warehouse(tmp_path / "data") as warehouse:
        for run_no in range(16):
            if run_no == 15:
                world.before_each = lambda: None
            world.kills_after = run_no % 2 == 1
            world.calls_until_killed = numbers.randint(1, 12) if run_no < 10 else 1_000_000_000
            with contextlib.suppress(KeyboardInterrupt):
                done = world.push(there, people, warehouse.pushes)
        target = PushTarget("there", "main")
        state, unanswered = warehouse.pushes.state(target), warehouse.pushes.unanswered(target)
    taken = state.filter(state["outcome"].is_in(["accepted", "queued"]))
    assert (taken.height, state.height) == (COUNT - len(refused), COUNT)
    assert set(account.contacts) == set(everybody) - refused
    assert set(state["outcome"]) - {"accepted", "queued"} <= {"rejected", "invalid"}
    assert unanswered == []
    assert done.adds == len(refused)


def key_there(kind, email):
    """What the stand-in knows a contact by."""
    is_hashed = kind == "mailchimp"
    return hashlib.md5(email.encode(), usedforsecurity=False).hexdigest() if is_hashed else email


RECORDS = [(kind, entity) for kind, entity in PAIRS if kind in PLATFORMS and entity != "profiles"]
RECORD_COUNT = 60


@pytest.mark.parametrize("pair", RECORDS, ids="-".join)
def test_no_record_is_lost_or_counts_twice(world, pair, tmp_path):
    numbers, case = random.Random("-".join(pair)), Case(world, *pair)
    account, next_faults = world.account(case.kind), faults(numbers)
    there = case.open(stop_failed_share=1, **({"patch_limit": 0} if "connectif" in pair else {}))
    reports = there.result_fidelity not in ("counts_only", "none")
    account.refused = case.refusals(7) if reports else set()
    target = PushTarget("there", "main", case.entity)
    wanted = RECORD_COUNT - (1 if account.refused else 0)
    for ledger in ("first", "after it was lost"):
        with open_warehouse(tmp_path / ledger) as warehouse:
            world.before_each = lambda: account.faults.append(next(next_faults))
            for run_no in range(12):
                if run_no == 11:
                    world.before_each = lambda: None
                world.kills_after = run_no % 2 == 1
                world.calls_until_killed = numbers.randint(1, 50) if run_no < 8 else 1_000_000_000
                with contextlib.suppress(KeyboardInterrupt):
                    world.push_records(there, case.make(RECORD_COUNT), warehouse.pushes)
            state = warehouse.pushes.state(target)
            assert warehouse.pushes.unanswered(target) == []
        taken = state.filter(state["outcome"].is_in(["accepted", "queued"]))
        assert (taken.height, state.height) == (wanted, RECORD_COUNT)
        assert (len(case.held), case.counted_twice) == (wanted, [])
