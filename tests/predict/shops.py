"""Purchases to predict from: two public shops, and made-up ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl
from hypothesis import strategies as st

from enrich.predict import PredictionRules

DATA = Path(__file__).parents[1] / "data"
AS_OF = date(2026, 11, 29)
ANY_SHOP = PredictionRules(min_buyers=1, min_history_days=0, max_value_correlation=1)


@dataclass(frozen=True)
class Split:
    """Purchases in parts, each customer in one."""

    whole: pl.DataFrame
    count: int = 1

    def purchases(self, part: int) -> pl.DataFrame:
        return self.whole.filter(pl.col("customer_key") % self.count == part)


def public(name: str) -> pl.DataFrame:
    """`cdnow` or `online_retail_purchases` of tests/data."""
    return pl.read_parquet(DATA / f"{name}.parquet").cast(
        {"customer_key": pl.Int64, "amount_cents": pl.Int64}
    )


@st.composite
def small_shops(draw: st.DrawFn) -> pl.DataFrame:
    """A few customers with any purchases of the last two years; some after AS_OF."""
    row = st.tuples(st.integers(1, 30), st.integers(-5, 730), st.integers(0, 10**6))
    rows = draw(st.lists(row, min_size=1, max_size=120))
    days = [AS_OF - timedelta(days=ago) for _, ago, _ in rows]
    columns = ([key for key, _, _ in rows], days, [cents for _, _, cents in rows])
    names = ("customer_key", "purchased_on", "amount_cents")
    return pl.DataFrame(dict(zip(names, columns, strict=True))).cast({"customer_key": pl.Int64})
