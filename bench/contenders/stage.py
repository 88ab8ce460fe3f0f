"""The project's own profile stage: python -m bench.contenders.stage SHOP OUT."""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

from bench.scales import AS_OF, table_path
from enrich.model import Rules
from enrich.profile import ProfileInputs, build_profiles


def write_profiles(shop: Path, out: Path) -> None:
    """Reads the four tables of the shop and writes its profiles."""
    inputs = ProfileInputs(
        customers=pl.read_parquet(table_path(shop, "customers")),
        purchases=pl.read_parquet(table_path(shop, "purchases")),
        lines=pl.read_parquet(table_path(shop, "lines")),
        promo_codes=pl.read_parquet(table_path(shop, "promo_codes")),
    )
    result = build_profiles(inputs, AS_OF, Rules())
    result.profiles.write_parquet(out, compression="zstd", compression_level=1)


if __name__ == "__main__":
    write_profiles(Path(sys.argv[1]), Path(sys.argv[2]))
