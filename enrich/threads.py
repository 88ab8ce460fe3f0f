"""Work that does not wait for each other on a few threads: most of it is done without the GIL."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")

THREADS = 2


def side_by_side(*calls: Callable[[], Any]) -> list[Any]:
    """What each of the calls returns, in their order."""
    return each(lambda call: call(), calls)


def each(make: Callable[[Item], Made], items: Iterable[Item]) -> list[Made]:
    """What is made of each item, in their order."""
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(make, items))


def made_ahead(make: Callable[[Item], Made], items: Iterable[Item]) -> Iterator[Made]:
    """The same one by one: a few items are in the making or made while the caller is busy.

    A fault comes out when it is the item's turn; what has not begun by then is dropped.
    """
    waiting: deque[Future[Made]] = deque()
    with ThreadPoolExecutor(THREADS) as pool:
        try:
            for item in items:
                waiting.append(pool.submit(make, item))
                if len(waiting) > THREADS:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for late in waiting:
                late.cancel()
