"""A few at once: in order, bounded, and over at the first fault."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import pytest

from enrich.sources.vtex.parallel import in_parallel


@pytest.mark.parametrize("count", [0, 1, 7, 500])
def test_results_come_in_the_order_of_the_items(count: int) -> None:
    items = list(range(count))
    assert list(in_parallel(lambda few: [n * 2 for n in few], items, 5)) == [n * 2 for n in items]


class Crew:
    """Work that takes a moment, and notes how many do it at once and whether the reader does."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running = 0
        self.at_once: list[int] = []
        self.by_reader: list[bool] = []

    def __call__(self, items: Sequence[int]) -> list[int]:
        with self._lock:
            self._running += 1
            self.at_once.append(self._running)
            self.by_reader.append(threading.current_thread() is threading.main_thread())
        time.sleep(0.002)
        with self._lock:
            self._running -= 1
        return list(items)


def test_as_many_wait_at_once_as_asked_for_and_no_more() -> None:
    crew = Crew()
    list(in_parallel(crew, list(range(200)), 3, computed_seconds=lambda: 0.0))
    assert max(crew.at_once) == 3
    assert not any(crew.by_reader)


def test_where_all_is_computing_the_reader_soon_does_it_alone() -> None:
    crew = Crew()
    items = list(range(2_000))
    assert list(in_parallel(crew, items, 3, computed_seconds=time.perf_counter)) == items
    later = slice(-20, None)
    assert all(crew.by_reader[later])
    assert set(crew.at_once[later]) == {1}


def test_a_slow_reader_is_not_overrun() -> None:
    begun: list[int] = []

    def work(few: Sequence[int]) -> list[int]:
        begun.extend(few)
        return list(few)

    results = in_parallel(work, list(range(1000)), 2)
    next(results)
    threading.Event().wait(0.05)
    assert len(begun) <= 2 * 4 * 5


def test_the_first_fault_ends_it_and_drops_what_waits() -> None:
    begun: list[int] = []

    def work(few: Sequence[int]) -> list[int]:
        begun.extend(few)
        if 3 in few:
            raise ValueError("broken")
        return list(few)

    with pytest.raises(ValueError, match="broken"):
        list(in_parallel(work, list(range(1000)), 2))
    assert len(begun) < 100
