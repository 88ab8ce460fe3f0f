"""The engine: what is recorded when, what is sent again, and when it stops."""

import polars as pl
import pytest

from enrich.errors import HeldBack, Refused
from enrich.model import Outcome
from tests.destinations.conftest import make_people, make_profiles

URL = {"url": "https://hooks.example.com/customers"}


def test_only_failed_records_are_sent_again_with_their_newest_values(world):
    there = world.open("icomm", api_key={"env": "K"}, profile_key="P", stop_failed_share=1)
    world.icomm.refused = {"person0002@example.com"}
    first = world.push(there, make_people(3))
    assert (first.accepted, first.rejected, first.fault) == (2, 1, None)
    world.icomm.refused = set()
    newer = with_value(make_people(3), 2, rfm_group="LOYAL")
    second = world.push(there, newer)
    assert [c["Email"] for c in world.icomm.bodies[-1]["ContactList"]] == ["person0002@example.com"]
    assert world.icomm.contacts["person0002@example.com"]["ICOMMKT_RFM_Grupo"] == "LOYAL"
    assert second.accepted == 1
    assert world.push(there, newer).batches == 0


def test_a_refused_change_keeps_the_old_hash_so_the_old_value_is_no_change(world):
    there = world.open("icomm", api_key={"env": "K"}, profile_key="P", stop_failed_share=1)
    world.push(there, make_people(1, rfm_group="LOYAL"))
    world.icomm.refused = {"person0001@example.com"}
    assert world.push(there, make_people(1, rfm_group="FREQUENT")).rejected == 1
    world.icomm.refused = set()
    assert world.push(there, make_people(1, rfm_group="LOYAL")).unchanged == 1


def test_each_batch_is_recorded_before_the_next_is_sent(world):
    there = world.open("webhook", **URL, batch_size=2)
    seen = []
    world.receiver.answer = lambda ids: seen.append(len(world.ledger.records))
    world.push(there, make_people(6))
    assert seen == [0, 2, 4]


def test_an_interrupted_push_goes_on_where_it_stopped(world):
    there = world.open("webhook", **URL, batch_size=2)
    world.receiver.answer = _interrupt_at(world, 2)
    with pytest.raises(KeyboardInterrupt):
        world.push(there, make_people(6))
    assert world.ledger.runs == {"run-1": "interrupted"}
    world.receiver.answer = lambda ids: None
    assert world.push(there, make_people(6)).adds == 4
    assert len(world.receiver.profiles) == 6


def test_refused_credentials_end_this_push_and_stand_in_the_summary(world):
    there = world.open("webhook", **URL, batch_size=2)
    world.receiver.faults = [200, 401, 401]
    summary = world.push(there, make_people(6))
    assert isinstance(summary.fault, Refused)
    assert (summary.accepted, summary.retryable, summary.batches) == (2, 2, 2)
    assert world.ledger.runs == {"run-1": "failed"}


def test_a_push_stops_when_too_many_of_the_first_records_fail(world):
    there = world.open("icomm", api_key={"env": "K"}, profile_key="P", batch_size=10)
    world.icomm.refused = {f"person{n:04}@example.com" for n in range(1, 201) if n % 4 == 0}
    summary = world.push(there, make_people(200))
    assert isinstance(summary.fault, HeldBack)
    assert (summary.batches, summary.accepted, summary.rejected) == (10, 75, 25)
    assert "25 of 100" in str(summary.fault)


@pytest.mark.parametrize(("share", "is_stopped"), [(0.2, True), (0.25, False)])
def test_the_share_is_a_setting_and_exactly_the_share_is_let_pass(world, share, is_stopped):
    there = world.open(
        "icomm",
        api_key={"env": "K"},
        profile_key="P",
        stop_after_records=8,
        stop_failed_share=share,
    )
    world.icomm.refused = {"person0001@example.com", "person0002@example.com"}
    assert (world.push(there, make_people(8)).fault is not None) is is_stopped


def test_records_without_an_address_are_counted_and_do_not_stop_a_push(world):
    there = world.open("icomm", api_key={"env": "K"}, profile_key="P", stop_after_records=1)
    people = make_profiles(*({"customer_key": n} for n in range(2, 51)))
    summary = world.push(there, people.vstack(make_people(1)))
    assert (summary.accepted, summary.invalid_count, summary.fault) == (1, 49, None)
    assert summary.invalid == {"no real e-mail": 49}


def test_a_record_larger_than_the_platform_takes_is_invalid_and_the_others_go(world):
    there = world.open("webhook", **URL, max_bytes=8_192)
    people = with_value(make_people(3), 2, first_name="x" * 9_000)
    summary = world.push(there, people)
    assert (summary.accepted, summary.invalid) == (2, {"larger than the platform takes": 1})
    assert world.ledger.outcomes()["2"] == Outcome.INVALID


def test_batches_keep_the_bytes_with_the_envelope(world):
    there = world.open("webhook", **URL, max_bytes=12_000)
    world.push(there, make_people(40))
    sizes = [len(request.content) for request in world.receiver.requests]
    assert len(sizes) > 2
    assert max(sizes) <= 12_000
    assert len(world.receiver.profiles) == 40


def test_progress_counts_every_record(world):
    there = world.open("webhook", **URL, batch_size=2)
    seen = []
    world.push(there, make_people(5), progress=lambda done, total: seen.append((done, total)))
    assert seen == [(2, 5), (4, 5), (5, 5)]


def test_nothing_of_a_person_stands_in_ledger_or_summary(world):
    there = world.open("icomm", api_key={"env": "K"}, profile_key="P", stop_failed_share=1)
    world.icomm.refused = {"person0001@example.com"}
    summary = world.push(there, make_people(2))
    # What the platform knows a record by is kept, to be able to erase it there.
    shown = [{**row, "remote_key": ""} for row in world.ledger.records.values()]
    text = f"{shown} {summary.as_json()} {summary}"
    assert not [part for part in ("example.com", "Zuleika", "+5511") if part in text]


def _interrupt_at(world, batch_no):
    def answer(ids):
        if len(world.receiver.requests) == batch_no:
            raise KeyboardInterrupt

    return answer


def with_value(people, key, **values):
    is_the_one = pl.col("customer_key") == key
    return people.with_columns(
        pl.when(is_the_one).then(pl.lit(value)).otherwise(pl.col(column)).alias(column)
        for column, value in values.items()
    )
