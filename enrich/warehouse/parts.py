"""What the profile core reads, in parts of neighbouring customers, through Arrow.

Lines and codes leave the warehouse as numbers of sorted vocabularies: the texts of a million
purchases pass once, not once a line.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import Any

import duckdb
import polars as pl

from enrich.profile import CUSTOMERS_PER_BLOCK, Details
from enrich.warehouse.connection import another
from enrich.warehouse.scripts import read, registered, run

EVERYBODY = 2**62
"""More customers than there are: one part."""

WHOLE_CUSTOMERS, WHOLE_ROWS = 2**20, 20_000_000
"""A shop with no more of both is one part and takes 3 GB: in parts, what ranks is read twice."""


@dataclass(frozen=True, slots=True)
class CustomerSpan:
    """The keys of one part, both ends inside."""

    first_key: int
    last_key: int


@dataclass(frozen=True, slots=True)
class StoreParts:
    """The customers of one store as the core's `Parts`."""

    connection: duckdb.DuckDBPyConnection
    store: str
    spans: tuple[CustomerSpan, ...]
    texts: dict[str, pl.Enum]

    @property
    def count(self) -> int:
        return len(self.spans)

    def customers(self, part: int) -> pl.DataFrame:
        """The customers of one part, in no order."""
        return self._read_apart("input/customers", part)

    def purchases(self, part: int) -> pl.DataFrame:
        """Their purchases, in no order."""
        return self._read_apart("input/purchases", part)

    def details(self, part: int) -> Details:
        """Lines and codes of one part; product, category, brand and promo code as Enum."""
        lines = self._read(self.connection, "input/lines", part)
        promo_codes = self._read(self.connection, "input/promo_codes", part)
        return Details(self._worded(lines), self._worded(promo_codes))

    def sales(self, part: int) -> pl.DataFrame:
        """How these were made, in no order; channel as Enum."""
        return self._worded(self._read(self.connection, "input/sales", part))

    def facts(self, part: int, purchase_nos: pl.Series) -> pl.DataFrame:
        """Where some of them came from and went to, in no order; texts as in details and sales."""
        wanted = purchase_nos.alias("purchase_no").to_frame()
        with registered(self.connection, {"wanted": wanted}):
            return self._worded(read(self.connection, "input/facts", store=self.store))

    def items(self) -> pl.DataFrame:
        """item (SKU, else product), product, category (numbers of the vocabularies), is_available:
        what was sold, in the order of the codes that `bought` has."""
        run(self.connection, "products/sold_items", store=self.store)
        return read(self.connection, "products/items")

    def bought(self, part: int) -> pl.DataFrame:
        """customer_key, item, purchased_on: a row per line, in no order; after `items`."""
        return self._read(self.connection, "products/bought", part)

    def kept_lists(self) -> pl.DataFrame:
        """customer_key, next_best_products (numbers of the vocabulary) of the kept profiles, as far
        as they are available; after `items`."""
        return read(self.connection, "products/kept_lists", store=self.store)

    def _read_apart(self, script: str, part: int) -> pl.DataFrame:
        """Through a connection of its own: another thread may be reading something else."""
        with closing(another(self.connection)) as reader:
            return self._read(reader, script, part)

    def _read(self, connection: duckdb.DuckDBPyConnection, script: str, part: int) -> pl.DataFrame:
        span = self.spans[part]
        values: dict[str, Any] = {"first_key": span.first_key, "last_key": span.last_key}
        return read(connection, script, store=self.store, **values)

    def _worded(self, numbered: pl.DataFrame) -> pl.DataFrame:
        """The numbers of the vocabularies as the texts they stand for, without a copy of a text."""
        return numbered.with_columns(
            _worded(numbered[name], texts)
            for name, texts in self.texts.items()
            if name in numbered.columns
        )


def store_parts(
    connection: duckdb.DuckDBPyConnection, store: str, customers_per_part: int | None = None
) -> StoreParts:
    """The customers of the last resolve, in parts of about equal size; at least one part.

    Without a size a part is one of the core's blocks, or all that there is when it is not large.
    """
    size = customers_per_part or fitting(*read(connection, "input/size", store=store).row(0))
    spans = _spans(connection, store, size) if size < EVERYBODY else ()
    run(connection, "input/vocabularies", store=store)
    texts = read(connection, "input/texts", store=store).row(0, named=True)
    return StoreParts(
        connection,
        store,
        spans or (CustomerSpan(0, EVERYBODY),),
        {name: pl.Enum(labels) for name, labels in texts.items()},
    )


def _spans(
    connection: duckdb.DuckDBPyConnection, store: str, customers_per_part: int
) -> tuple[CustomerSpan, ...]:
    found = read(connection, "input/parts", store=store, customers_per_part=customers_per_part)
    return tuple(CustomerSpan(*span) for span in found.iter_rows())


def fitting(customer_count: int, row_count: int) -> int:
    """How many customers a part of a shop of this size has; rows are those of all other tables."""
    is_whole = customer_count <= WHOLE_CUSTOMERS and row_count <= WHOLE_ROWS
    return EVERYBODY if is_whole else CUSTOMERS_PER_BLOCK


def _worded(numbers: pl.Series, texts: pl.Enum) -> pl.Series:
    held = pl.Series([], dtype=texts).to_physical().dtype
    return numbers.cast(held).cat.to(texts)
