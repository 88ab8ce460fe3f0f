"""Recency, frequency, monetary and their scores alone, by the project's own functions.

python -m bench.contenders.stage_rfm SHOP OUT
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

from bench.scales import AS_OF, table_path
from enrich.model import Rules
from enrich.profile import SEGMENTS
from enrich.profile.purchases import known_purchases, ranked_values
from enrich.profile.scoring import histograms, scoring_of, with_scores, with_segments
from enrich.profile.windows import windows


def write_rfm(shop: Path, out: Path) -> None:
    """Reads the purchases of the shop and writes one row per customer who bought."""
    rules, lifetime = Rules(), windows(Rules())[-1:]
    purchases = pl.read_parquet(table_path(shop, "purchases"))
    customers = purchases["customer_key"].unique().sort()
    known = known_purchases(customers, purchases, AS_OF, rules.windows)
    values = ranked_values(known, len(customers), lifetime)
    scoring = scoring_of([histograms(values, lifetime)], rules, None)
    scores = with_segments(with_scores(values, scoring, lifetime), "lifetime", SEGMENTS)
    named = {"days_lifetime": "recency_days", "amount_cents_lifetime": "amount_cents"}
    rfm = scores.drop("days_since_first", "last_amount_cents").rename(named)
    rfm.insert_column(0, customers).write_parquet(out, compression="zstd", compression_level=1)


if __name__ == "__main__":
    write_rfm(Path(sys.argv[1]), Path(sys.argv[2]))
