"""Independent steps of the engine on both cores: numpy and polars let go of the interpreter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")

THREADS = 2
ROWS_AT_A_TIME = 1 << 20


def stretches(row_count: int) -> Iterator[slice]:
    """So many rows in stretches, none without rows: what is made of one in passing stays small."""
    for start in range(0, row_count, ROWS_AT_A_TIME):
        yield slice(start, min(start + ROWS_AT_A_TIME, row_count))


def side_by_side(*calls: Callable[[], Any]) -> list[Any]:
    """What each of the calls returns, in their order."""
    return each(lambda call: call(), calls)


def each(make: Callable[[Item], Made], items: Iterable[Item]) -> list[Made]:
    """What is made of each item, in their order; a few are made at once."""
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(make, items))
