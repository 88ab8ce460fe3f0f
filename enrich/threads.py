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


def made_ahead(
    make: Callable[[Item], Made],
    items: Iterable[Item],
    threads: int = THREADS,
    max_ahead: int = THREADS + 1,
    *,
    waits: bool = True,
) -> Iterator[Made]:
    """The same one by one: up to `max_ahead` are in the making or made before the caller takes one.

    A fault comes out when it is the item's turn; what has not begun by then is dropped, and what
    has is waited for, if it `waits`.
    """
    waiting: deque[Future[Made]] = deque()
    pool = ThreadPoolExecutor(threads)
    try:
        for item in items:
            waiting.append(pool.submit(make, item))
            if len(waiting) >= max_ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(waits, cancel_futures=True)


def in_parallel(ask: Callable[[Item], Made], items: Iterable[Item], workers: int) -> Iterator[Made]:
    """The same for calls that wait for another machine: a fault does not wait for the others."""
    return made_ahead(ask, items, workers, 4 * workers, waits=False)
