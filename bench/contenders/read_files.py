"""The least a load of files can cost: DuckDB reads the same files into two tables.

python -m bench.contenders.read_files SHOP FOLDER csv
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb


def load(folder: Path, suffix: str) -> None:
    """The files of the folder are tables of a database in it."""
    with duckdb.connect(str(folder / "read.duckdb")) as connection:
        for name in ("orders", "items"):
            path = folder / f"{name}.{suffix}"
            connection.execute(f"create table {name} as from '{path}'")


if __name__ == "__main__":
    load(Path(sys.argv[2]), sys.argv[3])
