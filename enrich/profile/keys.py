"""Dense numbers for sparse keys, and sorted codes for texts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from enrich.profile.arrays import Codes, Integers, Mask, Positions

_SPARSE_FACTOR = 8  # up to this many slots a key, a look-up table beats a binary search


def positions(keys: Integers, wanted: Integers) -> Positions:
    """Where each wanted key stands in the ascending, unique `keys`; -1 where it does not."""
    if len(keys) == 0:
        return np.full(len(wanted), -1, dtype=np.int64)
    first, last = int(keys[0]), int(keys[-1])
    if last - first < _SPARSE_FACTOR * len(keys) + 1024:
        return _by_table(keys, wanted, first, last)
    found = np.searchsorted(keys, wanted).clip(max=len(keys) - 1)
    return np.where(keys[found] == wanted, found, -1)


def _by_table(keys: Integers, wanted: Integers, first: int, last: int) -> Positions:
    table = np.full(last - first + 2, -1, dtype=np.int32)  # the last slot stands for "outside"
    table[keys - first] = np.arange(len(keys), dtype=np.int32)
    outside = (wanted < first) | (wanted > last)
    return table[np.where(outside, last - first + 1, wanted - first)].astype(np.int64)


@dataclass(frozen=True, slots=True)
class Coded:
    """A text column as numbers: `codes` index the sorted `labels`; null texts are not `known`."""

    codes: Codes
    known: Mask
    labels: pl.Series


def coded(texts: pl.Series) -> Coded:
    """Codes whose order is the order of the texts by code point."""
    labels = texts.drop_nulls().unique().cast(pl.String).sort()
    numbers = texts.cast(pl.String).cast(pl.Enum(labels)).to_physical().cast(pl.UInt32)
    return Coded(
        numbers.fill_null(0).to_numpy(),
        texts.is_not_null().to_numpy(),
        labels,
    )
