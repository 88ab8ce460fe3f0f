"""What comes next for every buyer: python -m bench.contenders.predict SHOP OUT [PARTS].

Reads the purchases of the shop, fits, predicts, writes the fields, a Parquet file per part.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from bench.scales import AS_OF, table_path
from enrich.predict import (
    PredictionRules,
    added,
    counted,
    modelled,
    predictions,
    states_of,
    tier_cuts,
    with_tiers,
)


@dataclass(frozen=True, slots=True)
class PartsOfFile:
    """The purchases of a Parquet file, customers dealt out by their key."""

    path: Path
    count: int

    def purchases(self, part: int) -> pl.DataFrame:
        """The purchases of one part."""
        rows = pl.scan_parquet(self.path).select("customer_key", "purchased_on", "amount_cents")
        if self.count > 1:
            rows = rows.filter(pl.col("customer_key") % self.count == part)
        return rows.collect()


def write_predictions(shop: Path, out: Path, part_count: int = 1) -> None:
    """Writes one row per buyer of the shop."""
    every = list(states_of(PartsOfFile(table_path(shop, "purchases"), part_count), AS_OF))
    rules = PredictionRules()
    model = modelled(added(map(counted, every)), AS_OF, rules)
    rows = [predictions(part, model, rules) for part in every]
    cuts = tier_cuts(part["clv_365d"] for part in rows)
    out.mkdir(parents=True, exist_ok=True)
    for number, part in enumerate(rows):
        path = out / f"{number:03d}.parquet"
        with_tiers(part, cuts).write_parquet(path, compression="zstd", compression_level=1)


if __name__ == "__main__":
    write_predictions(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:]))
