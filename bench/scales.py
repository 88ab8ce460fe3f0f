"""How large the made-up shops are, and where their files lie."""

from __future__ import annotations

from datetime import date
from pathlib import Path

AS_OF = date(2025, 12, 31)
HISTORY_DAYS = 1096
SCALES = {"XXS": 300, "XS": 5_000, "S": 100_000, "M": 1_000_000, "L": 5_000_000}  # customers
TABLES = ("customers", "purchases", "lines", "promo_codes")


def table_path(folder: Path, table: str) -> Path:
    """The Parquet file of one input table of a shop."""
    return folder / f"{table}.parquet"
