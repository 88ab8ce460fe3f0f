"""The distinct kinds of rows: each combination of values that several columns have in a row.

Most shops know a product under one category and one brand, so there are hardly more kinds than
products: rows are sorted once by kind, and the other columns are read off the few kinds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from enrich.profile.arrays import Codes, Mask, Offsets
from enrich.profile.keys import Coded


@dataclass(frozen=True, slots=True)
class Kinds:
    """By kind, for each column: the code there, and whether it is one and not null.

    Kinds ascend as their codes in the first column do, nulls last.
    """

    codes: tuple[Codes, ...]
    known: tuple[Mask, ...]


def kinds(columns: Sequence[Coded]) -> tuple[Codes, Kinds]:
    """The kind of each row of one or more parallel columns, and what the kinds are.

    The usual companions of a value of the first column are found by looking one up; only rows with
    others are sorted.
    """
    sizes = [len(column.texts.categories) + 1 for column in columns]
    lead, *others = [column.slots for column in columns]
    rest = _mixed(others, sizes[1:], len(lead))
    usual = np.zeros(sizes[0], dtype=rest.dtype)
    usual[lead] = rest
    keys = np.arange(sizes[0], dtype=np.uint64) * np.uint64(prod(sizes[1:])) + usual
    odd = np.flatnonzero(usual[lead] != rest)
    if len(odd):
        odd_keys = lead[odd] * np.uint64(prod(sizes[1:])) + rest[odd]
        lead, keys = _with_odd(lead, keys, odd, odd_keys)
    slots = _apart(keys, sizes)
    known = tuple(slot < size - 1 for slot, size in zip(slots, sizes, strict=True))
    codes = (slot.astype(column.width) for slot, column in zip(slots, columns, strict=True))
    return lead, Kinds(tuple(codes), known)


def _mixed(slots: Sequence[Codes], sizes: Sequence[int], row_count: int) -> Codes:
    """One number per row for the slots side by side, as narrow as it can be."""
    width = np.min_scalar_type(prod(sizes))
    mixed = np.zeros(row_count, dtype=width)
    for slot, size in zip(slots, sizes, strict=True):
        mixed *= width.type(size)
        mixed += slot.astype(width, copy=False)
    return mixed


def _with_odd(usual: Codes, keys: Codes, odd: Offsets, odd_keys: Codes) -> tuple[Codes, Codes]:
    """The kind of each row and the keys of the kinds, when the `odd` rows are of kinds apart."""
    others, place = np.unique(odd_keys, return_inverse=True)
    every = np.concatenate([keys, others])
    order = np.argsort(every)
    rank = np.empty(len(every), dtype=np.uint32)
    rank[order] = np.arange(len(every), dtype=np.uint32)
    kind = rank[usual]
    kind[odd] = rank[len(keys) + place]
    return kind, every[order]


def _apart(keys: Codes, sizes: Sequence[int]) -> list[Codes]:
    """The slots that the keys were mixed from."""
    slots = []
    for size in reversed(sizes):
        keys, slot = np.divmod(keys, np.uint64(size))
        slots.append(slot)
    return slots[::-1]
