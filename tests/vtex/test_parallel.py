"""A few at once: in order, bounded, and over at the first fault."""

from __future__ import annotations

import threading
import time

import pytest

from enrich.threads import in_parallel


@pytest.mark.parametrize("count", [0, 1, 7, 500])
def test_results_come_in_the_order_of_the_items(count: int) -> None:
    items = list(range(count))
    assert list(in_parallel(lambda n: n * 2, items, 5)) == [n * 2 for n in items]


def test_as_many_wait_at_once_as_asked_for_and_no_more() -> None:
    lock = threading.Lock()
    running = 0
    at_once: list[int] = []

    def work(item: int) -> int:
        nonlocal running
        with lock:
            running += 1
            at_once.append(running)
        time.sleep(0.002)
        with lock:
            running -= 1
        return item

    list(in_parallel(work, range(200), 3))
    assert max(at_once) == 3


def test_a_slow_reader_is_not_overrun() -> None:
    begun: list[int] = []

    def work(item: int) -> int:
        begun.append(item)
        return item

    results = in_parallel(work, range(1000), 2)
    next(results)
    threading.Event().wait(0.05)
    assert len(begun) <= 2 * 4


def test_the_first_fault_ends_it_and_drops_what_waits() -> None:
    begun: list[int] = []

    def work(item: int) -> int:
        begun.append(item)
        if item == 3:
            raise ValueError("broken")
        return item

    with pytest.raises(ValueError, match="broken"):
        list(in_parallel(work, range(1000), 2))
    assert len(begun) < 100
