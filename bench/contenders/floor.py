"""The least anybody could do: read every column, count purchases per customer, write nothing.

python -m bench.contenders.floor SHOP
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

from bench.scales import TABLES, table_path


def count_purchases(shop: Path) -> int:
    """How many customers bought, after everything was read."""
    tables = {name: pl.read_parquet(table_path(shop, name)) for name in TABLES}
    return tables["purchases"].group_by("customer_key").len().height


if __name__ == "__main__":
    count_purchases(Path(sys.argv[1]))
