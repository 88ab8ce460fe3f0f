"""The dimensions whose distinct values are listed, and their lists per customer."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from enrich.profile.arrays import Offsets, Words
from enrich.profile.bought import Bought, Sold, purchase_stems
from enrich.profile.keys import Coded, coded
from enrich.profile.kinds import Kinds, kinds
from enrich.profile.runs import customer_of, distinct_runs, packed, window_lists
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
    """The rows of one detail table as packed words of their kinds, dealt out by customers.

    The words of the customers of block b, `block_size` neighbours, are those between `edges[b]` and
    `edges[b + 1]`, in no order.
    """

    dimensions: tuple[Dimension, ...]
    texts: tuple[pl.Enum, ...]
    kinds: Kinds
    words: Words
    edges: Offsets
    block_size: int

    def lists(self, customers: slice, windows: tuple[Window, ...]) -> dict[str, pl.Series]:
        """The lists of one block: per dimension one a window and one of the last purchase."""
        block = customers.start // self.block_size
        words = self.words[self.edges[block] : self.edges[block + 1]]
        runs = distinct_runs(words, customers.start, customers.stop - customers.start)
        found = {}
        for place, dimension in enumerate(self.dimensions):
            own = runs.by(self.kinds.codes[place], self.kinds.known[place])
            for window, values in window_lists(own, windows, self.texts[place]).items():
                found[f"{dimension.stem}_{window}"] = values
            in_last = own.pairs.only(own.in_last)
            found[f"last_{dimension.stem}"] = in_last.lists(self.texts[place])
        return found


def goods(bought: Bought, details: Mapping[str, Sold], block_size: int) -> list[Goods]:
    """The goods of every detail table, for blocks of so many customers."""
    stems = purchase_stems(bought)
    return [_goods(table, rows, stems, bought, block_size) for table, rows in details.items()]


def _goods(table: str, rows: Sold, stems: Words, bought: Bought, block_size: int) -> Goods:
    dimensions = tuple(one for one in DIMENSIONS if one.table == table)
    with ThreadPoolExecutor(THREADS) as pool:
        columns = tuple(pool.map(lambda one: _column(one, rows.rows), dimensions))
    kind, found = kinds(columns)
    words = packed(stems[rows.purchase], rows.of_known(kind))
    dealt, edges = _dealt(words, bought.customer_count, block_size)
    texts = tuple(column.texts for column in columns)
    return Goods(dimensions, texts, found, dealt, edges, block_size)


def _column(dimension: Dimension, rows: pl.DataFrame) -> Coded:
    """The values of a dimension; where a row does not count in it they are null."""
    values = coded(rows[dimension.column])
    if dimension.only_where is None:
        return values
    holds = rows[dimension.only_where].to_numpy()
    return replace(values, known=holds if values.known is None else values.known & holds)


def _dealt(words: Words, customer_count: int, block_size: int) -> tuple[Words, Offsets]:
    """The words with those of each block of customers together, and where each block begins."""
    block_count = max(-(-customer_count // block_size), 1)
    if block_count == 1:
        return words, np.array([0, len(words)])
    block = (customer_of(words) // np.uint32(block_size)).astype(np.uint16)
    order = np.argsort(block, kind="stable")  # a radix sort of 16 bits
    return words[order], np.searchsorted(block[order], np.arange(block_count + 1))
