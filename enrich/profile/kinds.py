"""The distinct kinds of rows: each combination of values that several columns have in a row.

Most shops know a product under one category and one brand, so there are hardly more kinds than
products: rows are sorted once by kind, and the other columns are read off the few kinds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from enrich.profile.arrays import Code, Codes, Mask, Offsets, stretches
from enrich.profile.keys import Coded
from enrich.threads import each


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
    others are sorted. All goes in stretches: fresh memory costs more than what is done in it.
    """
    lead, *others = columns
    sizes = [column.slot_count for column in columns]
    kind = np.empty(len(lead), dtype=lead.slot_width)
    usual = np.zeros(sizes[0], dtype=np.min_scalar_type(prod(sizes[1:])))
    for rows in stretches(len(lead)):
        kind[rows] = lead.slots(rows)
        usual[kind[rows]] = _mixed(others, rows, usual.dtype)
    keys = np.arange(sizes[0], dtype=np.uint64) * np.uint64(prod(sizes[1:])) + usual
    odd, rest = _odd(kind, usual, others)
    if len(odd):
        odd_keys = kind[odd] * np.uint64(prod(sizes[1:])) + rest
        kind, keys = _with_odd(kind, keys, odd, odd_keys)
    slots = _apart(keys, sizes)
    known = tuple(slot < size - 1 for slot, size in zip(slots, sizes, strict=True))
    codes = (slot.astype(column.width) for slot, column in zip(slots, columns, strict=True))
    return kind, Kinds(tuple(codes), known)


def _mixed(columns: Sequence[Coded], rows: slice, width: np.dtype[Code]) -> Codes:
    """One number of that type per row for the slots of the columns side by side."""
    mixed = np.zeros(rows.stop - rows.start, dtype=width)
    for column in columns:
        mixed *= width.type(column.slot_count)
        mixed += column.slots(rows).astype(width, copy=False)
    return mixed


def _odd(lead: Codes, usual: Codes, others: Sequence[Coded]) -> tuple[Offsets, Codes]:
    """The rows whose other slots are not the usual ones, and those slots mixed."""

    def odd_in(rows: slice) -> tuple[Offsets, Codes]:
        rest = _mixed(others, rows, usual.dtype)
        found = np.flatnonzero(usual[lead[rows]] != rest)
        return found + rows.start, rest[found]

    found = [odd_in(slice(0, 0)), *each(odd_in, stretches(len(lead)))]
    odd, rest = zip(*found, strict=True)
    return np.concatenate(odd), np.concatenate(rest)


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
