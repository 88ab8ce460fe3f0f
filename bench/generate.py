"""Made-up shops as the profile stage's four input tables, in Parquet.

python -m bench.generate --scale S --out data/bench/S [--seed 7]

Purchases and lines are made in chunks of purchases, each from its own seed, so that 62 million
lines need no more memory than one million.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from bench.baskets import Baskets, baskets
from bench.catalogue import UNNAMED, Catalogue, Numbers, catalogue
from bench.crowd import Crowd, crowd
from bench.people import people
from bench.scales import AS_OF, HISTORY_DAYS, SCALES, table_path

VERSION = 2  # raised when the same seed gives another shop
CHUNK = 1 << 19
_FIRST_DAY = (AS_OF - timedelta(days=HISTORY_DAYS - 1) - date(1970, 1, 1)).days


@dataclass(frozen=True, slots=True)
class Made:
    """What one shop holds; written beside its files, so that they are only made once."""

    version: int
    seed: int
    customers: int
    purchases: int
    lines: int
    promo_codes: int


def generate(folder: Path, customer_count: int, seed: int) -> Made:
    """The counts of the shop whose four tables were written into the folder, or lay there."""
    note = folder / "made.json"
    if note.exists():
        made = Made(**json.loads(note.read_text()))
        if (made.version, made.seed, made.customers) == (VERSION, seed, customer_count):
            return made
    folder.mkdir(parents=True, exist_ok=True)
    note.unlink(missing_ok=True)
    made = _write_shop(folder, customer_count, seed)
    note.write_text(json.dumps(asdict(made)))
    return made


def _write_shop(folder: Path, customer_count: int, seed: int) -> Made:
    shop = catalogue(np.random.default_rng([seed, 0]))
    everyone = crowd(np.random.default_rng([seed, 1]), customer_count)
    written = {"purchases": 0, "lines": 0, "promo_codes": 0}
    with ExitStack() as stack:
        files: dict[str, pq.ParquetWriter] = {}
        for tables in _chunks(shop, everyone, seed):
            for name, table in tables.items():
                if name not in files:
                    files[name] = stack.enter_context(_writer(folder, name, table.schema))
                files[name].write_table(table, row_group_size=table.num_rows or None)
                written[name] += table.num_rows
    _write_customers(folder, customer_count, seed)
    return Made(VERSION, seed, customer_count, **written)


def _writer(folder: Path, name: str, schema: pa.Schema) -> pq.ParquetWriter:
    """Without the Arrow schema in the file, so that every reader sees plain strings."""
    return pq.ParquetWriter(
        table_path(folder, name),
        schema,
        compression="zstd",
        compression_level=1,
        store_schema=False,
    )


def _chunks(shop: Catalogue, everyone: Crowd, seed: int) -> Iterator[dict[str, pa.Table]]:
    for number, start in enumerate(range(0, len(everyone.customer), CHUNK)):
        part = slice(start, start + CHUNK)
        rng = np.random.default_rng([seed, 2, number])
        customer = everyone.customer[part]
        filled = baskets(rng, shop, customer)
        yield {
            "purchases": _purchases(start, customer, everyone.day[part], filled),
            "lines": _lines(start, shop, filled),
            "promo_codes": _promo_codes(start, shop, filled),
        }


def _purchases(start: int, customer: Any, day: Any, filled: Baskets) -> pa.Table:
    numbers = np.arange(start + 1, start + 1 + len(customer))
    return pa.table(
        {
            "customer_key": customer.astype(np.int64) + 1,
            "purchase_no": numbers,
            "purchased_on": pa.array((day + _FIRST_DAY).astype(np.int32), pa.date32()),
            "amount_cents": filled.amount_cents,
        }
    )


def _lines(start: int, shop: Catalogue, filled: Baskets) -> pa.Table:
    product = filled.product
    return pa.table(
        {
            "purchase_no": filled.line_of + start + 1,
            "product": _texts(product, shop.products),
            "category": _texts(shop.product_category[product], shop.categories),
            "brand": _texts(shop.product_brand[product], shop.brands),
            "quantity": filled.quantity,
        }
    )


def _promo_codes(start: int, shop: Catalogue, filled: Baskets) -> pa.Table:
    return pa.table(
        {
            "purchase_no": filled.code_of + start + 1,
            "promo_code": _texts(filled.code, shop.codes),
            "is_applied": filled.is_applied,
        }
    )


def _texts(numbers: Numbers, names: list[str]) -> pa.DictionaryArray:
    codes = pa.array(numbers.astype(np.int32), mask=numbers == UNNAMED)
    return pa.DictionaryArray.from_arrays(codes, pa.array(names))


def _write_customers(folder: Path, customer_count: int, seed: int) -> None:
    with ExitStack() as stack:
        file = None
        for number, start in enumerate(range(0, customer_count, CHUNK)):
            rng = np.random.default_rng([seed, 3, number])
            frame: pl.DataFrame = people(rng, start + 1, min(CHUNK, customer_count - start))
            table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
            file = file or stack.enter_context(_writer(folder, "customers", table.schema))
            file.write_table(table)


def main() -> None:
    """Makes one shop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", choices=SCALES, default="S")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=7)
    wanted = parser.parse_args()
    generate(wanted.out, SCALES[wanted.scale], wanted.seed)


if __name__ == "__main__":
    main()
