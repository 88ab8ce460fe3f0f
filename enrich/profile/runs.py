"""Which values a customer had in which window, from packed 64-bit words sorted once.

A word holds, in this order of weight: customer, value code, bucket of age, whether it is not of
the last purchase, whether it is not older than the last edge. Sorted, the words of one customer and
value stand together, the newest first: one run, which remembers its newest bucket, whether it was
in the last purchase and whether any of it is old. Each window is then a filter over these runs,
whose values are already in order. Runs of one thing become runs of another that follows from it (of
kinds of lines, of their brands) by the same means: fewer words, each customer's in their place.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from enrich.profile.arrays import AnyArray, Buckets, Codes, Mask, Positions, Words
from enrich.profile.windows import OLDEST_BUCKET, Window

_CUSTOMER_SHIFT = np.uint64(32)  # the upper half of a word is the customer
_VALUE_SHIFT = np.uint64(5)
_BUCKET_SHIFT = np.uint64(2)
_NOT_LAST, _NOT_OLD = np.uint8(2), np.uint8(1)
_LOW_BITS = np.uint8(31)
_STRETCH_WORDS = 1 << 18  # compared at a time: what fits into the cache
_STRETCH_CUSTOMERS = 1 << 11  # sorted at a time, likewise


@dataclass(frozen=True, slots=True)
class Pairs:
    """Distinct (customer, value) pairs in order.

    `newest` is the bucket of the newest purchase of the pair. `starts` has one more entry than
    there are customers: where each customer's pairs begin.
    """

    values: AnyArray
    newest: Buckets
    starts: Positions

    def only(self, wanted: Mask) -> Pairs:
        """The wanted pairs."""
        place = np.flatnonzero(wanted)  # places are taken several times as fast as by a mask
        before = np.zeros(len(wanted) + 1, dtype=np.int32)
        np.cumsum(wanted, out=before[1:])
        return Pairs(self.values.take(place), self.newest.take(place), before.take(self.starts))

    def lists(self, texts: pl.Enum) -> pl.Series:
        """One sorted list of distinct texts per customer, empty for who has no pair."""
        import pyarrow as pa  # a quarter of the start of who only wants scores

        lists = pa.ListArray.from_arrays(pa.array(self.starts), pa.array(self.values))
        numbered = pl.Series(pl.from_arrow(lists))
        return numbered.list.eval(pl.element().cat.to(texts))


@dataclass(frozen=True, slots=True)
class Runs:
    """All pairs of a dimension, which of them were bought before the last edge, and which last."""

    pairs: Pairs
    is_old: Mask
    in_last: Mask

    def by(self, values: Codes, is_wanted: Mask) -> Runs:
        """The runs of what the wanted codes stand for; `values` and `is_wanted` go by the code."""
        own = self if is_wanted.all() else self._only(is_wanted[self.pairs.values])
        meant = values[own.pairs.values]
        if _is_ascending(values[is_wanted]):
            return Runs(replace(own.pairs, values=meant), own.is_old, own.in_last)
        return own._merged(meant)

    def _only(self, wanted: Mask) -> Runs:
        place = np.flatnonzero(wanted)
        return Runs(self.pairs.only(wanted), self.is_old.take(place), self.in_last.take(place))

    def _merged(self, values: Codes) -> Runs:
        """The runs of parallel values, several of which may be the same for one customer."""
        starts = self.pairs.starts
        counts = np.diff(starts)
        customer = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
        words = packed(stems(customer, self.pairs.newest, self.in_last, self.is_old), values)
        for first in range(0, len(counts), _STRETCH_CUSTOMERS):
            last = min(first + _STRETCH_CUSTOMERS, len(counts))
            words[starts[first] : starts[last]].sort()
        return _runs_of(words, len(counts), values.dtype)


def stems(customer: Positions, bucket: Buckets, in_last: Mask, is_old: Mask) -> Words:
    """The words of purchases, with room left for a value code."""
    low = bucket << np.uint8(_BUCKET_SHIFT)
    low |= ~in_last * _NOT_LAST
    low |= ~is_old * _NOT_OLD
    words = customer.astype(np.uint64)
    words <<= _CUSTOMER_SHIFT
    words |= low
    return words


def packed(stems: Words, codes: Codes) -> Words:
    """The whole words of parallel stems and codes, in no order."""
    words = codes.astype("<u8")
    words <<= _VALUE_SHIFT
    words |= stems
    return words


def customer_of(words: Words) -> Codes:
    """The customer each word is about."""
    return words.view("<u4")[1::2]


def distinct_runs(words: Words, first_customer: int, customer_count: int) -> Runs:
    """The runs of neighbouring customers, numbered from 0, from all their words, used up by it."""
    words -= np.uint64(first_customer) << _CUSTOMER_SHIFT
    words.sort()
    return _runs_of(words, customer_count, np.dtype(np.uint32))


def _runs_of(words: Words, customer_count: int, width: np.dtype[np.unsignedinteger]) -> Runs:
    """The runs of sorted words; `width` is the type the values are kept in."""
    heads = np.flatnonzero(_is_head(words))
    first = words[heads]
    low = words.view("u1")[::8]
    newest = (first & _LOW_BITS).astype(np.uint8)
    pairs = Pairs(
        values=(first.astype(np.uint32) >> np.uint32(_VALUE_SHIFT)).astype(width, copy=False),
        newest=newest >> np.uint8(_BUCKET_SHIFT),
        starts=_starts(customer_of(first), customer_count),
    )
    never_old = np.bitwise_and.reduceat(low, heads) if len(heads) else low
    return Runs(pairs, is_old=never_old & _NOT_OLD == 0, in_last=newest & _NOT_LAST == 0)


def _starts(customers: Codes, customer_count: int) -> Positions:
    """Where the rows of each customer begin in rows ordered by customer, and where the last end."""
    starts = np.zeros(customer_count + 1, dtype=np.int32)
    np.cumsum(np.bincount(customers, minlength=customer_count), out=starts[1:])
    return starts


def _is_ascending(values: Codes) -> bool:
    """Whether each is larger than the one before: then equal ones never meet and order stays."""
    return bool((values[1:] > values[:-1]).all())


def _is_head(words: Words) -> Mask:
    """Where a new run begins: the words differ above the bucket and the flags."""
    is_head = np.ones(len(words), dtype=np.bool_)
    for start in range(1, len(words), _STRETCH_WORDS):
        here, before = words[start : start + _STRETCH_WORDS], words[start - 1 :]
        differing = here ^ before[: len(here)]
        np.greater(differing, _LOW_BITS, out=is_head[start : start + _STRETCH_WORDS])
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
