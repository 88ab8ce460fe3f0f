"""What comes next for every buyer: python -m bench.contenders.predict SHOP OUT [PARTS].

Reads the purchases of the shop, fits, predicts, writes the fields, a Parquet file per part.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import scipy.optimize  # noqa: F401  else it is loaded in the midst of the work

from bench.measure import say_seconds
from bench.scales import AS_OF, table_path
from enrich.predict import (
    PredictionRules,
    predictions,
    shop_model,
    states_of,
    tier_cuts,
    with_tiers,
    worths,
)


@dataclass(frozen=True, slots=True)
class PartsOfFile:
    """The purchases of Parquet files, in parts of neighbouring customers."""

    path: Path
    count: int
    first_key: int
    last_key: int

    def purchases(self, part: int) -> pl.DataFrame:
        """The purchases of one part."""
        rows = pl.scan_parquet(self.path).select("customer_key", "purchased_on", "amount_cents")
        size = (self.last_key - self.first_key) // self.count + 1
        first = self.first_key + part * size
        is_here = pl.col("customer_key").is_between(first, first + size - 1)
        return (rows.filter(is_here) if self.count > 1 else rows).collect()


def parts_of(path: Path, count: int) -> PartsOfFile:
    """The purchases below the path in that many parts."""
    key = pl.col("customer_key")
    ends = pl.scan_parquet(path).select(key.min().alias("first"), key.max().alias("last")).collect()
    return PartsOfFile(path, count, *ends.row(0))


def write_predictions(shop: Path, out: Path, part_count: int = 1) -> None:
    """Writes one row per buyer of the shop."""
    every = list(states_of(parts_of(table_path(shop, "purchases"), part_count), AS_OF))
    rules = PredictionRules()
    model = shop_model(every, AS_OF, rules)
    rows = [predictions(part, model, rules) for part in every]
    cuts = tier_cuts(worths(pl.concat(part.select("clv_365d") for part in rows)))
    out.mkdir(parents=True, exist_ok=True)
    for number, part in enumerate(rows):
        path = out / f"{number:03d}.parquet"
        with_tiers(part, cuts).write_parquet(path, compression="zstd", compression_level=1)


if __name__ == "__main__":
    shop, out, *parts = sys.argv[1:]
    say_seconds(lambda: write_predictions(Path(shop), Path(out), *map(int, parts)))
