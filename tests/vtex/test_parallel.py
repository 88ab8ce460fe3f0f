"""A few at once: in order, bounded, and over at the first fault."""

from __future__ import annotations

import threading

import pytest

from enrich.vtex.parallel import in_parallel


@pytest.mark.parametrize("count", [0, 1, 7, 500])
def test_results_come_in_the_order_of_the_items(count: int) -> None:
    items = list(range(count))
    assert list(in_parallel(lambda n: n * 2, items, 5)) == [n * 2 for n in items]


def test_no_more_run_at_once_than_asked_for() -> None:
    lock = threading.Lock()
    running, most = 0, 0

    def work(_: int) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.002)
        with lock:
            running -= 1

    list(in_parallel(work, list(range(40)), 3))
    assert most <= 3


def test_a_slow_reader_is_not_overrun() -> None:
    begun: list[int] = []
    results = in_parallel(begun.append, list(range(1000)), 2)
    next(results)
    threading.Event().wait(0.05)
    assert len(begun) <= 2 * 4 * 5
    results.close()


def test_the_first_fault_ends_it_and_drops_what_waits() -> None:
    begun: list[int] = []

    def work(item: int) -> int:
        begun.append(item)
        if item == 3:
            raise ValueError("broken")
        return item

    with pytest.raises(ValueError, match="broken"):
        list(in_parallel(work, list(range(1000)), 2))
    assert len(begun) < 100
