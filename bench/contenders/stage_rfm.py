"""Recency, frequency, monetary and their scores alone, by the project's own functions.

python -m bench.contenders.stage_rfm SHOP OUT
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl
from enrich.profile.bought import bought_until
from enrich.profile.cells import standings
from enrich.profile.keys import distinct

from bench.scales import AS_OF, table_path
from enrich.model import Rules
from enrich.profile.rfm import Axis
from enrich.profile.scoring import histograms, score_columns, scoring_of, segment_columns
from enrich.profile.segments import SEGMENTS
from enrich.profile.windows import LIFETIME


def write_rfm(shop: Path, out: Path) -> None:
    """Reads the purchases of the shop and writes one row per customer who bought."""
    purchases = pl.read_parquet(table_path(shop, "purchases"))
    customers = distinct(purchases["customer_key"])
    ranks = standings(bought_until(customers, purchases, AS_OF))
    scoring = scoring_of([histograms(ranks, (LIFETIME,))], Rules(), None)
    columns = score_columns(ranks, scoring, (LIFETIME,))
    columns["recency_days"] = pl.Series(ranks.values(Axis.RECENCY, LIFETIME))
    columns["orders_lifetime"] = pl.Series(ranks.values(Axis.FREQUENCY, LIFETIME))
    columns["amount_cents"] = pl.Series(ranks.values(Axis.MONETARY, LIFETIME))
    columns |= segment_columns(columns, LIFETIME.name, SEGMENTS)
    pl.DataFrame(customers).with_columns(**columns).write_parquet(
        out, compression="zstd", compression_level=1
    )


if __name__ == "__main__":
    write_rfm(Path(sys.argv[1]), Path(sys.argv[2]))
