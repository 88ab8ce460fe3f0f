"""Chance that can be asked again: the same seed, name and index give the same number.

SplitMix64, once for whole polars columns and once for a single index, so that an order drawn in
bulk and a detail worked out on request agree.
"""

from __future__ import annotations

from zlib import crc32

import polars as pl

_GOLDEN = 0x9E3779B97F4A7C15
_FIRST = 0xBF58476D1CE4E5B9
_SECOND = 0x94D049BB133111EB
_MASK = (1 << 64) - 1


def salt(seed: int, name: str) -> int:
    """The starting point of the stream of chance called `name`."""
    return ((seed & 0xFFFFFFFF) << 32 | crc32(name.encode())) & _MASK


def roll(seed: int, name: str, index: int) -> int:
    """A number of 64 bits for one index."""
    mixed = (index * _GOLDEN + salt(seed, name)) & _MASK
    mixed = ((mixed ^ (mixed >> 30)) * _FIRST) & _MASK
    mixed = ((mixed ^ (mixed >> 27)) * _SECOND) & _MASK
    return mixed ^ (mixed >> 31)


def chance(seed: int, name: str, index: int) -> float:
    """A number in [0, 1) for one index."""
    return (roll(seed, name, index) >> 11) / (1 << 53)


def rolls(seed: int, name: str, index: pl.Expr | None = None) -> pl.Expr:
    """The numbers of 64 bits for a column of indexes; by default the row numbers."""
    rows = pl.int_range(pl.len(), dtype=pl.UInt64) if index is None else index.cast(pl.UInt64)
    mixed = rows * _wide(_GOLDEN) + _wide(salt(seed, name))
    mixed = (mixed ^ (mixed // _wide(1 << 30))) * _wide(_FIRST)
    mixed = (mixed ^ (mixed // _wide(1 << 27))) * _wide(_SECOND)
    return mixed ^ (mixed // _wide(1 << 31))


def units(seed: int, name: str, index: pl.Expr | None = None) -> pl.Expr:
    """Numbers in [0, 1) for a column of indexes."""
    return (rolls(seed, name, index) // _wide(1 << 11)).cast(pl.Float64) / float(1 << 53)


def picks(seed: int, name: str, count: int) -> pl.Expr:
    """Whole numbers in [0, count) for the rows."""
    return (rolls(seed, name) % _wide(count)).cast(pl.Int64)


def _wide(value: int) -> pl.Expr:
    return pl.lit(value, dtype=pl.UInt64)
