"""The four Parquet tables of a shop in parts of neighbouring customers.

Lines and codes lie in the files by time, parts are by customer; so the rows are dealt out once,
texts as numbers, into one Arrow file per part and table. Memory holds one chunk of rows and then a
few parts, whatever the size of the shop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from bench.scales import table_path
from enrich.profile import Details, Parts

CHUNK_ROWS = 1 << 22
NO_HOLD_OUT = pl.lit(None, pl.Int8).alias("control_bucket")
CATEGORIES = {
    name: pl.Categories(name, "bench", pl.UInt32)
    for name in ("product", "category", "brand", "promo_code")
}
KEPT_ALIVE = [pl.Series([], dtype=pl.Categorical(texts)) for texts in CATEGORIES.values()]
"""A vocabulary is forgotten with its last column; its numbers must mean the same in every chunk."""

PartOf = Callable[[pl.DataFrame], Any]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The sorted texts of a column, and the place among them of each number it was dealt out as."""

    texts: pl.Enum
    place: pl.Series

    def worded(self, numbers: pl.Series) -> pl.Series:
        """The texts that the numbers stand for."""
        return self.place.gather(numbers).cat.to(self.texts).alias(numbers.name)


@dataclass(frozen=True, slots=True)
class ParquetParts:
    """The core's `Parts`, read from the files that `parts_of` wrote."""

    known: Path
    folder: Path
    bounds: tuple[tuple[int, int], ...]
    vocabularies: dict[str, Vocabulary] = field(repr=False)

    @property
    def count(self) -> int:
        return len(self.bounds)

    def customers(self, part: int) -> pl.DataFrame:
        """The customers of one part."""
        here = pl.col("customer_key").is_between(*self.bounds[part])
        return pl.scan_parquet(self.known).filter(here).with_columns(NO_HOLD_OUT).collect()

    def purchases(self, part: int) -> pl.DataFrame:
        """Their purchases."""
        return self._read("purchases", part)

    def details(self, part: int) -> Details:
        """Lines and codes of one part."""
        return Details(self._read("lines", part), self._read("promo_codes", part))

    def sales(self, part: int) -> None:
        """Not known of a made-up shop: its profiles have the fields that the others make too."""

    def facts(self, part: int, purchase_nos: pl.Series) -> pl.DataFrame:
        """Nobody asks."""
        return pl.DataFrame()

    def _read(self, table: str, part: int) -> pl.DataFrame:
        with pa.memory_map(str(_file(self.folder, table, part))) as file:
            frame = pl.DataFrame(pa.ipc.open_stream(file).read_all())
        return frame.with_columns(
            vocabulary.worded(frame[name])
            for name, vocabulary in self.vocabularies.items()
            if name in frame.columns
        )


@dataclass(frozen=True, slots=True)
class WholeShop:
    """A shop that fits into memory, as a single part."""

    shop: Path
    count: int = 1

    def customers(self, part: int) -> pl.DataFrame:
        """The customers."""
        return self._read("customers").with_columns(NO_HOLD_OUT)

    def purchases(self, part: int) -> pl.DataFrame:
        """Their purchases."""
        return self._read("purchases")

    def details(self, part: int) -> Details:
        """Lines and codes."""
        return Details(self._read("lines"), self._read("promo_codes"))

    def sales(self, part: int) -> None:
        """Not known of a made-up shop: its profiles have the fields that the others make too."""

    def facts(self, part: int, purchase_nos: pl.Series) -> pl.DataFrame:
        """Nobody asks."""
        return pl.DataFrame()

    def _read(self, table: str) -> pl.DataFrame:
        rows = pl.scan_parquet(table_path(self.shop, table))
        columns = rows.collect_schema()
        return rows.with_columns(
            pl.col(name).cast(pl.Categorical(categories))
            for name, categories in CATEGORIES.items()
            if name in columns
        ).collect()


def parts_of(shop: Path, folder: Path, count: int) -> Parts:
    """The shop in parts; more than one are dealt out into the folder first."""
    return WholeShop(shop) if count == 1 else _dealt_out(shop, folder, count)


def _dealt_out(shop: Path, folder: Path, count: int) -> ParquetParts:
    """The parts, after every row of the shop's tables was written to the file of its part."""
    bounds = _bounds(shop, count)
    firsts = np.array([first for first, _ in bounds[1:]], dtype=np.int64)

    def by_customer(rows: pl.DataFrame) -> Any:
        return np.searchsorted(firsts, rows["customer_key"].to_numpy(), side="right")

    part_of_purchase = _deal(shop, folder, "purchases", by_customer, len(bounds))

    def by_purchase(rows: pl.DataFrame) -> Any:
        return part_of_purchase[rows["purchase_no"].to_numpy()]

    for table in ("lines", "promo_codes"):
        _deal(shop, folder, table, by_purchase, len(bounds))
    return ParquetParts(table_path(shop, "customers"), folder, bounds, _vocabularies())


def _bounds(shop: Path, count: int) -> tuple[tuple[int, int], ...]:
    """The first and last key of each part; about as many customers in each."""
    keys = pl.read_parquet(table_path(shop, "customers"), columns=["customer_key"])
    ordered = keys["customer_key"].sort()
    edges = [len(ordered) * part // count for part in range(count + 1)]
    return tuple((ordered[a], ordered[b - 1]) for a, b in pairwise(edges) if b > a)


def _deal(shop: Path, folder: Path, table: str, part_of: PartOf, count: int) -> Any:
    """The part of each row in order; purchases are numbered from 1, so theirs is at the number."""
    told = [np.zeros(1, dtype=np.uint8)]
    with ExitStack() as stack:
        files: list[Any] = []
        for rows in _chunks(shop, table):
            part = part_of(rows).astype(np.uint8)
            order = np.argsort(part, kind="stable")
            dealt = rows[order].to_arrow()
            files = files or [
                stack.enter_context(pa.ipc.new_stream(_file(folder, table, p), dealt.schema))
                for p in range(count)
            ]
            edges = np.searchsorted(part[order], np.arange(count + 1))
            for file, (start, end) in zip(files, pairwise(edges), strict=True):
                file.write_table(dealt.slice(start, end - start))
            told.append(part)
    return np.concatenate(told)


def _chunks(shop: Path, table: str) -> Iterator[pl.DataFrame]:
    """The rows of a table in order, texts as numbers of process-wide vocabularies."""
    everything = pl.scan_parquet(table_path(shop, table))
    count = everything.select(pl.len()).collect().item()
    coded = [
        pl.col(name).cast(pl.Categorical(categories)).to_physical()
        for name, categories in CATEGORIES.items()
        if name in everything.collect_schema()
    ]
    for start in range(0, max(count, 1), CHUNK_ROWS):
        yield everything.slice(start, CHUNK_ROWS).with_columns(coded).collect()


def _vocabularies() -> dict[str, Vocabulary]:
    return {name: _vocabulary(categories) for name, categories in CATEGORIES.items()}


def _vocabulary(categories: pl.Categories) -> Vocabulary:
    texts = categories.to_series().cast(pl.String)
    enum = pl.Enum(texts.sort())
    return Vocabulary(enum, texts.cast(enum).to_physical())


def _file(folder: Path, table: str, part: int) -> Path:
    return folder / f"{table}-{part:03d}.arrow"
