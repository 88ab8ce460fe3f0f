"""Whether the contenders made the same table: python -m bench.compare A.parquet B.parquet ..."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import polars as pl

KEY = "customer_key"
CHUNK = 4  # columns held of both tables at once


def differences(one: Path, other: Path) -> list[str]:
    """One line per field in which two profile tables are not equal, customer by customer.

    Types may differ where the values cannot (32 or 64 bits, coded or plain text); nulls and empty
    lists are not the same.
    """
    left, right = _scan(one), _scan(other)
    names, others = left[0].collect_schema().names(), right[0].collect_schema().names()
    found = [f"{name}: in one table only" for name in sorted({*names} ^ {*others})]
    if not _sorted_keys(left).equals(_sorted_keys(right)):
        return [*found, f"{KEY}: not the same customers"]
    both = [name for name in names if name in others and name != KEY]
    for start in range(0, len(both), CHUNK):
        found += _unequal(left, right, both[start : start + CHUNK])
    return found


def _sorted_keys(table: Sequence[pl.LazyFrame]) -> pl.Series:
    return (
        pl.concat(part.select(pl.col(KEY).cast(pl.Int64)) for part in table).collect()[KEY].sort()
    )


def _unequal(
    left: Sequence[pl.LazyFrame], right: Sequence[pl.LazyFrame], names: Sequence[str]
) -> list[str]:
    one, other = _in_order(left, names), _in_order(right, names)
    counts = {name: int(one[name].ne_missing(other[name]).sum()) for name in names}
    return [f"{name}: {count:,} customers differ" for name, count in counts.items() if count]


def _scan(path: Path) -> list[pl.LazyFrame]:
    """A table is one file, or a folder of files that each hold some of the customers."""
    files = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
    return [pl.scan_parquet(file) for file in files]


def _in_order(table: Sequence[pl.LazyFrame], names: Sequence[str]) -> pl.DataFrame:
    parts = [part.select(KEY, *names).collect() for part in table]
    plain = pl.concat(part.select(_plain(part[name]) for name in (KEY, *names)) for part in parts)
    return plain.sort(KEY).drop(KEY)


def _plain(series: pl.Series) -> pl.Series:
    """The values in the widest type of their kind."""
    dtype = series.dtype
    if dtype.is_integer():
        return series.cast(pl.Int64)
    if dtype.is_decimal():
        return series.cast(pl.Decimal(38, 2))
    if isinstance(dtype, (pl.Enum, pl.Categorical)):
        return series.cast(pl.String)
    if isinstance(dtype, pl.List):
        return series.cast(pl.List(pl.String))
    return series


def main() -> int:
    """0 when every table equals the first, else 1, naming the fields that differ."""
    first, *others = (Path(name) for name in sys.argv[1:])
    found = [f"{other.stem}: {line}" for other in others for line in differences(first, other)]
    sys.stdout.writelines(f"{line}\n" for line in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
