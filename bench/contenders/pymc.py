"""What pymc-marketing has of the table: python -m bench.contenders.pymc SHOP OUT.

`rfm_segments` makes its own `rfm_summary` with the first purchase included, so one call is both.
Definitions are its own (quartiles, days merged, mean amounts); the figures are not compared.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
from pymc_marketing.clv.utils import rfm_segments

from bench.scales import AS_OF, table_path


def write_segments(shop: Path, out: Path) -> None:
    """Reads the purchases of the shop and writes one row per customer who bought."""
    purchases = pd.read_parquet(
        table_path(shop, "purchases"), columns=["customer_key", "purchased_on", "amount_cents"]
    )
    rfm_segments(
        purchases,
        customer_id_col="customer_key",
        datetime_col="purchased_on",
        monetary_value_col="amount_cents",
        observation_period_end=AS_OF.isoformat(),
        sort_transactions=False,  # they are in the order of time
    ).to_parquet(out)


if __name__ == "__main__":
    write_segments(Path(sys.argv[1]), Path(sys.argv[2]))
