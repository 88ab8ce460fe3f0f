"""On which days customers bought which things: one number a day, so that sorting does the rest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from enrich.predict.arrays import Ints

Numbers = NDArray[np.int64]
EPOCH = date(1970, 1, 1)
_DAY_BITS, _CODE_BITS = 16, 24


@dataclass(frozen=True, slots=True)
class BoughtDays:
    """Distinct (customer, code, day) of one part, in this order; `codes` number the things.

    `keys`: customer_key by the customer's place. `packed`: place, code and day in one number.
    """

    keys: Numbers
    packed: Numbers

    @property
    def place(self) -> Numbers:
        return self.packed >> (_CODE_BITS + _DAY_BITS)

    @property
    def code(self) -> Numbers:
        return (self.packed >> _DAY_BITS) & ((1 << _CODE_BITS) - 1)

    @property
    def day(self) -> Numbers:
        """Days since 1970."""
        return self.packed & ((1 << _DAY_BITS) - 1)

    def until(self, day: int) -> BoughtDays:
        """The same without what came after the day."""
        return BoughtDays(self.keys, self.packed[self.day <= day])

    def those(self, places: Numbers) -> BoughtDays:
        """Some customers alone; `places` ascend, and theirs are counted anew from 0."""
        new = np.full(len(self.keys), -1)
        new[places] = np.arange(len(places))
        place = new[self.place]
        kept = place >= 0
        rest = self.packed[kept] & ((1 << (_CODE_BITS + _DAY_BITS)) - 1)
        return BoughtDays(self.keys[places], (place[kept] << (_CODE_BITS + _DAY_BITS)) | rest)

    def between(self, first: int, end: int) -> BoughtDays:
        """The customers of neighbouring places alone, from `first` to before `end`."""
        bits = _CODE_BITS + _DAY_BITS
        here = slice(*np.searchsorted(self.packed, [first << bits, end << bits]))
        return BoughtDays(self.keys[first:end], self.packed[here] - (first << bits))

    def beside(self, others: BoughtDays) -> BoughtDays:
        """These customers and others, whose places come after."""
        after = others.packed + (len(self.keys) << (_CODE_BITS + _DAY_BITS))
        return BoughtDays(
            np.concatenate([self.keys, others.keys]), np.concatenate([self.packed, after])
        )

    def by(self, codes: Numbers) -> BoughtDays:
        """The same by other codes, one for each of the present; what has a negative one is left."""
        other = codes[self.code]
        has = other >= 0
        return _packed(self.keys, self.place[has], other[has], self.day[has])


def bought_days(lines: pl.DataFrame, as_of: date) -> BoughtDays:
    """The days up to `as_of` of lines (customer_key, item, purchased_on), in no order.

    `item` is a code from 0, below 16 million.
    """
    known = lines.filter(pl.col("purchased_on") <= as_of)
    days = known["purchased_on"].to_physical()  # days since 1970
    bought, items, on = (
        column.cast(pl.Int64).to_numpy() for column in (known["customer_key"], known["item"], days)
    )
    keys, place = _places(bought)
    return _packed(keys, place, items, on)


def _places(bought: Numbers) -> tuple[Numbers, Numbers]:
    """The distinct keys in their order, and the place of each one there."""
    first = int(bought.min(initial=2**62))
    span = int(bought.max(initial=first)) - first + 1
    if span > 4 * len(bought):
        keys = distinct(bought)
        return keys, np.searchsorted(keys, bought)
    is_there = np.zeros(span, dtype=np.bool_)  # a tenth of sorting and searching
    is_there[bought - first] = True
    return np.flatnonzero(is_there) + first, (np.cumsum(is_there) - 1)[bought - first]


def distinct(numbers: Numbers) -> Numbers:
    """The numbers once, ascending: a fifth of numpy's own time, which is for any type."""
    ordered = np.sort(numbers)
    found: Numbers = ordered[starts_of(ordered)]
    return found


def starts_of(numbers: Ints) -> Numbers:
    """Where each run of equal numbers begins."""
    is_new = np.ones(len(numbers), dtype=np.bool_)
    np.not_equal(numbers[1:], numbers[:-1], out=is_new[1:])
    return np.flatnonzero(is_new)


def day_number(day: date) -> int:
    """Days since 1970."""
    return (day - EPOCH).days


@dataclass(frozen=True, slots=True)
class Pairs:
    """Who bought what, a place each of: customer, code, days on which, the first and the last."""

    place: Numbers
    code: Numbers
    count: Numbers
    first: Numbers
    last: Numbers

    def mean_gap(self) -> Numbers:
        """Days between two of the days, half up; 0 where there is one."""
        gaps: Numbers = np.maximum(self.count - 1, 1)
        mean: Numbers = (2 * (self.last - self.first) + gaps) // (2 * gaps)
        return mean


def pairs_of(bought: BoughtDays) -> Pairs:
    """Each customer and thing once, in the order of both."""
    starts = starts_of(bought.packed >> _DAY_BITS)
    ends = np.append(starts, len(bought.packed))[1:]
    first, last = bought.packed[starts], bought.packed[ends - 1]
    found = first >> _DAY_BITS
    return Pairs(
        found >> _CODE_BITS,
        found & ((1 << _CODE_BITS) - 1),
        ends - starts,
        first & ((1 << _DAY_BITS) - 1),
        last & ((1 << _DAY_BITS) - 1),
    )


def gaps_of(bought: BoughtDays) -> pl.DataFrame:
    """code, gap (days): one row for each two days in a row on which somebody bought the thing."""
    pair = bought.packed >> _DAY_BITS
    same = np.flatnonzero(pair[1:] == pair[:-1])
    gaps = np.diff(bought.packed)[same]
    return pl.DataFrame({"code": bought.code[same], "gap": gaps}, _GAPS)


_GAPS = {"code": pl.Int32, "gap": pl.Int32}


def _packed(keys: Numbers, place: Numbers, code: Numbers, day: Numbers) -> BoughtDays:
    whole = (place << (_CODE_BITS + _DAY_BITS)) | (code << _DAY_BITS) | day
    return BoughtDays(keys, distinct(whole.astype(np.int64)))
