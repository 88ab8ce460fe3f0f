"""The array types the engine computes with; names for what the numbers are."""

from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

Ages: TypeAlias = npt.NDArray[np.int32]
Buckets: TypeAlias = npt.NDArray[np.uint8]
Integers: TypeAlias = npt.NDArray[np.int64]
Positions: TypeAlias = npt.NDArray[np.int32]
Offsets: TypeAlias = npt.NDArray[np.int64]
Codes: TypeAlias = npt.NDArray[np.unsignedinteger[Any]]
Words: TypeAlias = npt.NDArray[np.uint64]
Scores: TypeAlias = npt.NDArray[np.int8]
Mask: TypeAlias = npt.NDArray[np.bool_]
Code: TypeAlias = np.unsignedinteger[Any]
AnyArray: TypeAlias = npt.NDArray[Any]

ROWS_AT_A_TIME = 1 << 20


def stretches(row_count: int) -> Iterator[slice]:
    """So many rows in stretches, none without rows: what is made of one in passing stays small."""
    for start in range(0, row_count, ROWS_AT_A_TIME):
        yield slice(start, min(start + ROWS_AT_A_TIME, row_count))


def nullable(values: AnyArray, is_valid: Mask) -> pl.Series:
    """The values where valid, null elsewhere."""
    found = pl.DataFrame({"value": values, "is_valid": is_valid})
    return found.select(pl.when("is_valid").then("value")).to_series()
