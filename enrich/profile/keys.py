"""Dense numbers for sparse keys, and sorted codes for texts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from enrich.profile.arrays import Code, Codes, Integers, Mask, Positions, stretches
from enrich.threads import each

_SPARSE_FACTOR = 16  # up to this many slots a key, a look-up table beats a binary search


def distinct(keys: pl.Series) -> pl.Series:
    """The distinct keys, ascending."""
    numbers = keys.to_numpy()
    if len(numbers) == 0:
        return keys
    lowest, span = numbers.min(), int(np.ptp(numbers)) + 1
    if not _is_dense(span, len(numbers)):
        return keys.unique().sort()
    is_there = np.zeros(span, dtype=np.bool_)
    is_there[numbers - lowest] = True
    return pl.Series(keys.name, np.flatnonzero(is_there) + lowest)


def _is_dense(span: int, count: int) -> bool:
    """Whether a table with a slot for each possible key is worth its memory."""
    return span < _SPARSE_FACTOR * count + 1024


def positions(keys: Integers, wanted: Integers) -> Positions:
    """Where each wanted key stands in the ascending, unique `keys`; -1 where it does not."""
    find = _finder(keys)
    found = np.empty(len(wanted), dtype=np.int32)

    def fill(here: slice) -> None:
        found[here] = find(wanted[here])

    each(fill, stretches(len(wanted)))
    return found


def _finder(keys: Integers) -> Callable[[Integers], Positions]:
    """What finds the positions of wanted keys."""
    if len(keys) == 0:
        return lambda wanted: np.full(len(wanted), -1, dtype=np.int32)
    span = int(keys[-1]) - int(keys[0]) + 1
    if span == len(keys):
        return _by_difference(keys[0], span)
    if _is_dense(span, len(keys)):
        return _by_table(keys, span)

    def search(wanted: Integers) -> Positions:
        found = np.searchsorted(keys, wanted).clip(max=len(keys) - 1).astype(np.int32)
        return np.where(keys[found] == wanted, found, np.int32(-1))

    return search


def _by_difference(first: np.int64, count: int) -> Callable[[Integers], Positions]:
    """Keys without a gap: as unsigned, what is below the first is above the last."""

    def subtract(wanted: Integers) -> Positions:
        found = np.subtract(wanted, first)
        return np.where(found.view(np.uint64) < count, found, -1).astype(np.int32)

    return subtract


def _by_table(keys: Integers, span: int) -> Callable[[Integers], Positions]:
    """The look-up table's last slot stands for every key outside: as unsigned, below is above."""
    table = np.full(span + 1, -1, dtype=np.int32)
    table[keys - keys[0]] = np.arange(len(keys), dtype=np.int32)

    def look_up(wanted: Integers) -> Positions:
        slots = np.subtract(wanted, keys[0]).view(np.uint64)
        found: Positions = table[np.minimum(slots, np.uint64(span), out=slots)]
        return found

    return look_up


@dataclass(frozen=True, slots=True)
class Coded:
    """A text column as numbers, each of which stands for a code of the sorted `texts`.

    `code_of` is by the number, None where numbers are the codes; `known` is None when none is null.
    """

    numbers: Codes
    code_of: Codes | None
    known: Mask | None
    texts: pl.Enum

    def __len__(self) -> int:
        return len(self.numbers)

    def slots(self, rows: slice) -> Codes:
        """The codes of some rows, with the one after the last for null."""
        here = self.numbers[rows]
        codes = here if self.code_of is None else self.code_of[here]
        if self.known is None:
            return codes
        return np.where(self.known[rows], codes, self.slot_width.type(self.slot_count - 1))

    @property
    def slot_count(self) -> int:
        """How many slots there are, the one for null included."""
        return len(self.texts.categories) + 1

    @property
    def slot_width(self) -> np.dtype[Code]:
        """The type of the slots."""
        codes = self.numbers if self.code_of is None else self.code_of
        return np.promote_types(codes.dtype, np.min_scalar_type(self.slot_count - 1))

    @property
    def width(self) -> np.dtype[Code]:
        """The narrowest type that the vocabulary's codes fit into."""
        width: np.dtype[Code] = pl.Series([], dtype=self.texts).to_physical().to_numpy().dtype
        return width


def coded(texts: pl.Series) -> Coded:
    """Codes whose order is the order of the texts by code point."""
    known = texts.is_not_null().to_numpy() if texts.null_count() else None
    if isinstance(texts.dtype, pl.Enum) and texts.dtype.categories.is_sorted():
        return Coded(_numbers(texts), None, known, texts.dtype)
    distinct = texts.drop_nulls().unique()
    vocabulary = pl.Enum(distinct.cast(pl.String).sort())
    if texts.dtype == pl.String:
        return Coded(_numbers(texts.cast(vocabulary)), None, known, vocabulary)
    return Coded(_numbers(texts), _ranks(distinct), known, vocabulary)


def _numbers(texts: pl.Series) -> Codes:
    numbers = texts.to_physical()
    return (numbers.fill_null(0) if numbers.null_count() else numbers).to_numpy()


def _ranks(distinct: pl.Series) -> Codes:
    """By the number a text already has in its own vocabulary, its place in text order."""
    numbers = distinct.to_physical().to_numpy()
    ranks: Codes = np.zeros(int(numbers.max(initial=0)) + 1, dtype=np.uint32)
    ranks[numbers] = distinct.cast(pl.String).rank("dense").to_numpy() - 1
    return ranks
