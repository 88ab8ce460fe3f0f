"""Made-up purchases of customers who buy and leave as a model says; the shop is two years old."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from bench.scales import AS_OF, table_path
from enrich.predict import Model

SHOP_DAYS = 730
MODEL = Model(1, 0.55, 6.0, 0.9, 2.0)
"""Rather like CDNOW: two thirds of the customers buy once."""


def purchases(
    count: int, as_of: date, *, model: Model = MODEL, days: int = SHOP_DAYS, seed: int = 1
) -> pl.DataFrame:
    """customer_key, purchased_on, amount_cents of `count` customers, who come at any day up to
    `as_of`; a purchase is gamma-gamma with p 6, q 4, gamma 15."""
    made = np.random.default_rng(seed)
    per_week = made.gamma(model.r, 1 / model.alpha, count)
    leaves = made.beta(model.a, model.b, count)
    at = made.uniform(0, days, count)
    who, found = np.arange(count), []
    while len(who):
        found.append((who, at))
        stays = made.random(len(who)) >= leaves[who]
        who, at = who[stays], at[stays]
        at = at + 7 * made.gamma(model.k, 1 / np.maximum(per_week[who], 1e-12))
        who, at = who[at < days], at[at < days]
    keys = np.concatenate([keys for keys, _ in found])
    day = np.concatenate([at for _, at in found]).astype(np.int32)
    scale = made.gamma(4.0, 1 / 15.0, count)
    cents = np.rint(100 * made.gamma(6.0, 1 / scale[keys])).astype(np.int64)
    first = (as_of - date(1970, 1, 1)).days - days + 1
    frame = pl.DataFrame({"customer_key": keys, "purchased_on": day + first, "amount_cents": cents})
    return frame.with_columns(pl.col("purchased_on").cast(pl.Int32).cast(pl.Date)).sort(
        "purchased_on", maintain_order=True
    )


PER_FILE = 1_000_000


def write(count: int, folder: Path) -> None:
    """Files of a million customers each, so that no more of them wait in memory."""
    target = table_path(folder, "purchases")
    target.mkdir(parents=True, exist_ok=True)
    for number, first in enumerate(range(0, count, PER_FILE)):
        rows = purchases(min(PER_FILE, count - first), AS_OF, seed=number + 1)
        rows.with_columns(pl.col("customer_key") + first).write_parquet(
            target / f"{number:03d}.parquet"
        )


if __name__ == "__main__":  # python -m bench.buyers COUNT FOLDER
    write(int(sys.argv[1]), Path(sys.argv[2]))
