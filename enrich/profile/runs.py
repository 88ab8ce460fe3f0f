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

from enrich.profile.arrays import AnyArray, Buckets, Code, Codes, Mask, Offsets, Positions, Words
from enrich.profile.windows import OLDEST_BUCKET, Window

_CUSTOMER_SHIFT = np.uint64(32)  # the upper half of a word is the customer
_VALUE_SHIFT = np.uint64(4)
_BUCKET_SHIFT = np.uint64(1)
_LOW_BITS = np.uint8(15)  # bucket and flag
_STRETCH = 1 << 18  # words compared at a time: what fits into the cache


@dataclass(frozen=True, slots=True)
class Pairs:
    """Distinct (customer, value) pairs in order.

    `newest` is the bucket of the newest purchase of the pair. `starts` has one more entry than
    there are customers: where each customer's pairs begin.
    """

    values: AnyArray
    newest: Buckets
    starts: Offsets

    def of(self, customers: slice, pairs: slice) -> Pairs:
        """The pairs of neighbouring customers, which are those of the second slice."""
        starts = self.starts[customers.start : customers.stop + 1] - pairs.start
        return Pairs(self.values[pairs], self.newest[pairs], starts)

    def only(self, wanted: Mask) -> Pairs:
        """The wanted pairs."""
        before = np.zeros(len(wanted) + 1, dtype=np.int64)
        np.cumsum(wanted, out=before[1:])
        return Pairs(self.values[wanted], self.newest[wanted], before[self.starts])

    def lists(self, texts: pl.Enum) -> pl.Series:
        """One sorted list of distinct texts per customer, empty for who has no pair."""
        offsets = pa.array(self.starts.astype(np.int32, copy=False))
        lists = pa.ListArray.from_arrays(offsets, pa.array(self.values))
        numbered = pl.Series(pl.from_arrow(lists))
        if len(self.values) == 0:  # DuckDB does not read empty lists over a vocabulary
            return numbered.cast(pl.List(pl.String))
        return numbered.list.eval(pl.element().cat.to(texts))


@dataclass(frozen=True, slots=True)
class Runs:
    """All pairs of a dimension, which of them were bought before the last edge, and which last."""

    pairs: Pairs
    is_old: Mask
    in_last: Mask

    def of(self, customers: slice) -> Runs:
        """The runs of neighbouring customers."""
        first, last = self.pairs.starts[customers.start], self.pairs.starts[customers.stop]
        pairs = slice(int(first), int(last))
        return Runs(self.pairs.of(customers, pairs), self.is_old[pairs], self.in_last[pairs])


def stems(customer: Positions, bucket: Buckets, in_last: Mask) -> Words:
    """The words of purchases, with room left for a value code."""
    words = customer.astype(np.uint64)
    words <<= _CUSTOMER_SHIFT
    words |= bucket.astype(np.uint64) << _BUCKET_SHIFT
    words |= ~in_last
    return words


def distinct_runs(stems: Words, codes: Codes, customer_count: int, width: type[Code]) -> Runs:
    """The distinct pairs of parallel stems and codes; `width` is the type values are kept in."""
    words = codes.astype("<u8")
    words <<= _VALUE_SHIFT
    words |= stems
    words.sort()
    is_head = _heads(words)
    halves, low = words.view("<u4"), words.view("u1")[::8] & _LOW_BITS
    first, oldest = low[is_head], low[np.append(is_head[1:], True)[: len(low)]] >> 1
    pairs = Pairs(
        values=(halves[::2][is_head] >> np.uint32(_VALUE_SHIFT)).astype(width),
        newest=first >> np.uint8(1),
        starts=np.searchsorted(halves[1::2][is_head], np.arange(customer_count + 1, dtype="<u4")),
    )
    return Runs(pairs, is_old=oldest == OLDEST_BUCKET, in_last=first & 1 == 0)


def _heads(words: Words) -> Mask:
    """Where a new pair begins: the words differ above the bucket and the flag."""
    is_head = np.ones(len(words), dtype=np.bool_)
    for start in range(1, len(words), _STRETCH):
        here, before = words[start : start + _STRETCH], words[start - 1 : start - 1 + _STRETCH]
        differing = here ^ before[: len(here)]
        np.greater(differing, _LOW_BITS, out=is_head[start : start + _STRETCH])
    return is_head


def window_lists(runs: Runs, windows: tuple[Window, ...], texts: pl.Enum) -> dict[str, pl.Series]:
    """The lists of every window by its name; each looks only through the next wider one's pairs."""
    found: dict[str, pl.Series] = {}
    pairs = runs.pairs
    for window in sorted(windows, key=lambda w: -w.oldest_bucket):
        if window.newest_bucket == OLDEST_BUCKET:
            found[window.name] = runs.pairs.only(runs.is_old).lists(texts)
            continue
        if window.oldest_bucket < OLDEST_BUCKET:
            pairs = pairs.only(pairs.newest <= window.oldest_bucket)
        found[window.name] = pairs.lists(texts)
    return found
