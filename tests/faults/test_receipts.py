"""The harness's own bookkeeping: an excuse holds for what was on its way, once, and no longer."""

from __future__ import annotations

from tests.faults.receipts import Receipts

A, B = {"id": "a", "v": 1}, {"id": "b", "v": 1}


def counted(receipts: Receipts) -> tuple[int, int, int]:
    return receipts.in_flight_count, receipts.sent_twice_count, receipts.needless_count


def test_what_was_on_its_way_may_come_once_more_under_its_key() -> None:
    receipts = Receipts()
    receipts.take({"k1": [A]}, {}, ["a"])
    receipts.take({"k1": [A]}, {"k1": 1}, [])
    assert counted(receipts) == (1, 1, 0)
    receipts.take({"k1": [A]}, {"k1": 2}, [])
    assert counted(receipts) == (1, 1, 1)


def test_or_in_another_batch() -> None:
    receipts = Receipts()
    receipts.take({"k1": [A]}, {}, ["a"])
    receipts.take({"k1": [A], "k2": [A, B]}, {}, [])
    assert counted(receipts) == (1, 1, 0)


def test_what_never_arrived_excuses_nothing() -> None:
    receipts = Receipts()
    receipts.take({"k1": [A]}, {}, ["b"])
    receipts.take({"k1": [A], "k2": [A]}, {}, [])
    assert counted(receipts) == (0, 0, 1)


def test_a_retry_of_the_same_process_and_a_change_are_no_repeats() -> None:
    receipts = Receipts()
    receipts.take({"k1": [A]}, {"k1": 3}, [])
    receipts.take({"k1": [A], "k2": [{**A, "v": 2}]}, {"k1": 3}, [])
    assert counted(receipts) == (0, 0, 0)
