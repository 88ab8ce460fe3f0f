"""The dimensions whose distinct values are listed, and their lists per customer."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import polars as pl

from enrich.profile.arrays import Mask, Words
from enrich.profile.bought import Bought, Sold, purchase_stems
from enrich.profile.keys import coded
from enrich.profile.runs import Runs, distinct_runs, window_lists
from enrich.profile.windows import Window

THREADS = 2


@dataclass(frozen=True, slots=True)
class Dimension:
    """Something whose distinct values are listed: its field stem and the input column."""

    stem: str
    table: str
    column: str
    only_where: str | None = None


DIMENSIONS = (
    Dimension("products", "lines", "product"),
    Dimension("categories", "lines", "category"),
    Dimension("brands", "lines", "brand"),
    Dimension("promo_codes", "promo_codes", "promo_code"),
    Dimension("applied_promo_codes", "promo_codes", "promo_code", only_where="is_applied"),
)


@dataclass(frozen=True, slots=True)
class Goods:
    """The distinct values of every customer in one dimension."""

    dimension: Dimension
    runs: Runs
    texts: pl.Enum

    def lists(self, customers: slice, windows: tuple[Window, ...]) -> dict[str, pl.Series]:
        """The lists of neighbouring customers: a series per window and one of the last purchase."""
        runs = self.runs.of(customers)
        stem = self.dimension.stem
        lists = {
            f"{stem}_{window}": values
            for window, values in window_lists(runs, windows, self.texts).items()
        }
        return {**lists, f"last_{stem}": runs.pairs.only(runs.in_last).lists(self.texts)}


def goods(bought: Bought, details: Mapping[str, Sold]) -> list[Goods]:
    """The goods of every dimension; they do not depend on one another, so two are made at once."""
    words = purchase_stems(bought)
    stems = {table: words[rows.purchase] for table, rows in details.items()}

    def one(dimension: Dimension) -> Goods:
        table = dimension.table
        return _goods(dimension, details[table], stems[table], bought.customer_count)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(one, DIMENSIONS))


def _goods(dimension: Dimension, details: Sold, stems: Words, customer_count: int) -> Goods:
    values = coded(details.rows[dimension.column])
    codes, wanted = details.of_known(values.codes), _wanted(dimension, details, values.known)
    if wanted is not None:
        codes, stems = codes[wanted], stems[wanted]
    return Goods(dimension, distinct_runs(stems, codes, customer_count, values.width), values.texts)


def _wanted(dimension: Dimension, details: Sold, known: Mask | None) -> Mask | None:
    """Which of the rows count in the dimension; None when all do."""
    wanted = None if known is None else details.of_known(known)
    if dimension.only_where is None:
        return wanted
    holds = details.of_known(details.rows[dimension.only_where].to_numpy())
    return holds if wanted is None else wanted & holds
