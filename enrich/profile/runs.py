"""Which values a customer had in which window, from one sort of packed 64-bit words.

A word holds customer, value code, bucket of age and whether it is not of the last purchase, in that
order of weight. Sorted, the words of one customer and value stand together: the first carries the
newest bucket (and the last-purchase flag), the last one the oldest. Each window is then a filter
over these distinct runs, whose values are already in order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from enrich.profile.arrays import Buckets, Codes, Mask, Positions, Words
from enrich.profile.windows import OLDEST_BUCKET, Window

_CUSTOMER_SHIFT = np.uint64(32)
_VALUE_SHIFT = np.uint64(4)
_BUCKET_SHIFT = np.uint64(1)
_VALUE_MASK = np.uint64(2**28 - 1)
_BUCKET_MASK = np.uint64(7)
LARGEST_CODE = int(_VALUE_MASK)


@dataclass(frozen=True, slots=True)
class Runs:
    """Distinct (customer, value) pairs in order, with the ages they were seen at.

    `starts` has one more entry than there are customers: where each customer's pairs begin.
    """

    values: Codes
    newest: Buckets
    oldest: Buckets
    in_last: Mask
    starts: Positions


def distinct_runs(
    customer: Positions, codes: Codes, bucket: Buckets, in_last: Mask, customer_count: int
) -> Runs:
    """The distinct pairs of parallel columns, one row per thing bought."""
    words = _packed(customer, codes, bucket, in_last)
    words.sort()
    heads = _heads(words)
    tails = np.append(heads[1:], len(words)) - 1 if len(words) else heads
    first = words[heads]
    oldest = (words[tails] >> _BUCKET_SHIFT & _BUCKET_MASK).astype(np.uint8)
    customers = (first >> _CUSTOMER_SHIFT).astype(np.int64)
    return Runs(
        values=(first >> _VALUE_SHIFT & _VALUE_MASK).astype(np.uint32),
        newest=(first >> _BUCKET_SHIFT & _BUCKET_MASK).astype(np.uint8),
        oldest=oldest,
        in_last=(first & np.uint64(1)) == 0,
        starts=np.searchsorted(customers, np.arange(customer_count + 1)),
    )


def _packed(customer: Positions, codes: Codes, bucket: Buckets, in_last: Mask) -> Words:
    words = customer.astype(np.uint64) << _CUSTOMER_SHIFT
    words |= codes.astype(np.uint64) << _VALUE_SHIFT
    words |= bucket.astype(np.uint64) << _BUCKET_SHIFT
    words |= ~in_last
    return words


def _heads(words: Words) -> Positions:
    pairs = words >> _VALUE_SHIFT
    is_head = np.ones(len(words), dtype=np.bool_)
    np.not_equal(pairs[1:], pairs[:-1], out=is_head[1:])
    return np.flatnonzero(is_head)


def window_mask(runs: Runs, window: Window) -> Mask:
    """Which pairs fall into the window: newest inside it, or for the open end, oldest inside it."""
    if window.newest_bucket == OLDEST_BUCKET:
        return np.equal(runs.oldest, OLDEST_BUCKET)
    return np.less_equal(runs.newest, window.oldest_bucket)


def value_lists(runs: Runs, wanted: Mask, labels: pl.Series) -> pl.Series:
    """One sorted list of distinct labels per customer, empty where nothing is wanted."""
    before = np.concatenate(([0], np.cumsum(wanted)))
    offsets = pa.array(before[runs.starts])
    texts = pl.Enum(labels)
    codes = pl.Series(runs.values[wanted]).cast(pl.Series([], dtype=texts).to_physical().dtype)
    lists = pl.Series(pl.from_arrow(pa.LargeListArray.from_arrays(offsets, codes.to_arrow())))
    return lists.list.eval(pl.element().cat.to(texts))
