"""The same table by tuned DuckDB SQL: python -m bench.contenders.duckdb_sql SHOP OUT."""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

from bench.scales import AS_OF

SQL = Path(__file__).with_name("profile.sql")


def write_profiles(shop: Path, out: Path) -> None:
    """Runs profile.sql over the shop's files and writes what it defines."""
    with duckdb.connect() as connection:
        connection.execute("set preserve_insertion_order = false")
        connection.execute("set variable shop = $shop", {"shop": str(shop)})
        connection.execute("set variable as_of = $as_of", {"as_of": AS_OF})
        connection.execute(SQL.read_text())
        connection.execute(
            "copy profiles to $out (format parquet, compression zstd, compression_level 1)",
            {"out": str(out)},
        )


if __name__ == "__main__":
    write_profiles(Path(sys.argv[1]), Path(sys.argv[2]))
