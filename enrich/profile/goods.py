"""The dimensions whose distinct values are listed, and their lists per customer."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from enrich.profile.arrays import Codes, Offsets, Words, stretches
from enrich.profile.bought import Bought, Sold, purchase_stems
from enrich.profile.keys import Coded, coded
from enrich.profile.kinds import Kinds, kinds
from enrich.profile.runs import customer_of, distinct_runs, packed, window_lists
from enrich.profile.windows import Window
from enrich.threads import each

_NOTHING: Words = np.zeros(0, dtype=np.uint64)


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
class Pile:
    """Packed words of some rows: those of block b of customers lie between edges b and b + 1."""

    words: Words
    edges: Offsets

    def of_block(self, block: int) -> Words:
        """The words of the customers of one block, in no order."""
        return self.words[self.edges[block] : self.edges[block + 1]]


@dataclass(frozen=True, slots=True)
class Goods:
    """The rows of one detail table as packed words of their kinds, in piles.

    A block of customers are `block_size` neighbours.
    """

    dimensions: tuple[Dimension, ...]
    texts: tuple[pl.Enum, ...]
    kinds: Kinds
    piles: list[Pile]
    block_size: int

    def lists(self, customers: slice, windows: tuple[Window, ...]) -> dict[str, pl.Series]:
        """The lists of one block: per dimension one a window and one of the last purchase."""
        block = customers.start // self.block_size
        words = np.concatenate([_NOTHING, *(pile.of_block(block) for pile in self.piles)])
        runs = distinct_runs(words, customers.start, customers.stop - customers.start)
        found = {}
        for place, dimension in enumerate(self.dimensions):
            own = runs.by(self.kinds.codes[place], self.kinds.known[place])
            for window, values in window_lists(own, windows, self.texts[place]).items():
                found[f"{dimension.stem}_{window}"] = values
            in_last = own.pairs.only(own.in_last)
            found[f"last_{dimension.stem}"] = in_last.lists(self.texts[place])
        return found


def goods(bought: Bought, details: dict[str, Sold], block_size: int) -> list[Goods]:
    """The goods of every detail table, for blocks of so many customers; `details` are used up."""
    stems = purchase_stems(bought)
    blocks = Blocks(bought.customer_count, block_size)
    return each(lambda table: _goods(table, details.pop(table), stems, blocks), tuple(details))


@dataclass(frozen=True, slots=True)
class Blocks:
    """How customers are cut into blocks of neighbours; there is at least one block."""

    customer_count: int
    size: int

    @property
    def count(self) -> int:
        return max(-(-self.customer_count // self.size), 1)

    def pile(self, words: Words) -> Pile:
        """The words with those of each block together."""
        if self.count == 1:
            return Pile(words, np.array([0, len(words)]))
        block = (customer_of(words) // np.uint32(self.size)).astype(np.uint16)
        order = np.argsort(block, kind="stable")  # a radix sort of 16 bits
        return Pile(words[order], np.searchsorted(block[order], np.arange(self.count + 1)))


def _goods(table: str, rows: Sold, stems: Words, blocks: Blocks) -> Goods:
    dimensions = tuple(one for one in DIMENSIONS if one.table == table)
    purchase, texts, kind, found = rows.purchase, *_kinds(dimensions, rows)
    del rows

    def pile(here: slice) -> Pile:
        return blocks.pile(packed(stems[purchase[here]], kind[here]))

    return Goods(dimensions, texts, found, each(pile, stretches(len(kind))), blocks.size)


def _kinds(
    dimensions: tuple[Dimension, ...], rows: Sold
) -> tuple[tuple[pl.Enum, ...], Codes, Kinds]:
    """The vocabulary of each dimension, the kind of each row that counts, what the kinds are."""
    columns = each(lambda one: _column(one, rows.rows), dimensions)
    kind, found = kinds(columns)
    return tuple(column.texts for column in columns), rows.of_known(kind), found


def _column(dimension: Dimension, rows: pl.DataFrame) -> Coded:
    """The values of a dimension; where a row does not count in it they are null."""
    values = coded(rows[dimension.column])
    if dimension.only_where is None:
        return values
    holds = rows[dimension.only_where].to_numpy()
    return replace(values, known=holds if values.known is None else values.known & holds)
