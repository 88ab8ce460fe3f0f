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

from enrich.profile.arrays import Buckets, Codes, Mask, Offsets, Positions, Words
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
    starts: Offsets


def stems(customer: Positions, bucket: Buckets, in_last: Mask) -> Words:
    """The words of purchases, with room left for a value code."""
    words = customer.astype(np.uint64)
    words <<= _CUSTOMER_SHIFT
    words |= bucket.astype(np.uint64) << _BUCKET_SHIFT
    words |= ~in_last
    return words


def distinct_runs(stems: Words, codes: Codes, customer_count: int) -> Runs:
    """The distinct pairs of parallel stems and codes, one row per thing bought."""
    words = codes.astype(np.uint64)
    words <<= _VALUE_SHIFT
    words |= stems
    words.sort()
    heads = _heads(words)
    tails = np.append(heads, len(words))[1:] - 1
    first, last = words[heads], words[tails]
    customers = (first >> _CUSTOMER_SHIFT).astype(np.int64)
    return Runs(
        values=(first >> _VALUE_SHIFT & _VALUE_MASK).astype(np.uint32),
        newest=(first >> _BUCKET_SHIFT & _BUCKET_MASK).astype(np.uint8),
        oldest=(last >> _BUCKET_SHIFT & _BUCKET_MASK).astype(np.uint8),
        in_last=(first & np.uint64(1)) == 0,
        starts=np.searchsorted(customers, np.arange(customer_count + 1)),
    )


def _heads(words: Words) -> Offsets:
    """Where a new pair begins: the words differ above the bucket and the flag."""
    is_head = np.ones(len(words), dtype=np.bool_)
    np.greater_equal(words[1:] ^ words[:-1], 1 << int(_VALUE_SHIFT), out=is_head[1:])
    return np.flatnonzero(is_head)


def window_mask(runs: Runs, window: Window) -> Mask:
    """Which pairs fall into the window: newest inside it, or for the open end, oldest inside it."""
    if window.newest_bucket == OLDEST_BUCKET:
        return np.equal(runs.oldest, OLDEST_BUCKET)
    return np.less_equal(runs.newest, window.oldest_bucket)


def value_lists(runs: Runs, wanted: Mask, labels: pl.Series) -> pl.Series:
    """One sorted list of distinct labels per customer, empty where nothing is wanted."""
    before = np.zeros(len(wanted) + 1, dtype=np.int32)
    np.cumsum(wanted, out=before[1:])
    texts = pl.Enum(labels)
    codes = pl.Series(runs.values[wanted]).cast(pl.Series([], dtype=texts).to_physical().dtype)
    lists = pa.ListArray.from_arrays(pa.array(before[runs.starts]), codes.to_arrow())
    return pl.Series(pl.from_arrow(lists)).list.eval(pl.element().cat.to(texts))
