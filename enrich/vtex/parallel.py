"""A few calls at once, never more than a few ahead of the reader."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
_AHEAD = 4  # tasks begun or done per worker before the reader takes one
_MANY_PER_WORKER = 20
_TOGETHER = 5  # of many items: handing them over one by one costs as much as parsing them


def in_parallel(
    work: Callable[[_Item], _Result], items: Sequence[_Item], workers: int
) -> Iterator[_Result]:
    """The results in the order of the items; the first exception ends it and drops what waits."""
    size = _TOGETHER if len(items) >= workers * _MANY_PER_WORKER else 1
    pool = ThreadPoolExecutor(workers, thread_name_prefix="vtex")
    waiting: deque[Future[list[_Result]]] = deque()
    try:
        for start in range(0, len(items), size):
            waiting.append(pool.submit(_each, work, items[start : start + size]))
            if len(waiting) >= workers * _AHEAD:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _each(work: Callable[[_Item], _Result], items: Sequence[_Item]) -> list[_Result]:
    return [work(item) for item in items]
