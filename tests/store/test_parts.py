"""A shop is read whole while it fits, else in parts; its profiles are the same."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from enrich.profile import CUSTOMERS_PER_BLOCK, profile_parts, score_parts
from enrich.warehouse import Warehouse, open_warehouse
from enrich.warehouse.parts import EVERYBODY, fitting
from tests.report.shop import NOW, SHOP, files

DAY = NOW.date()
SIZES = [
    # customers   other rows   customers a part
    (0,           0,           EVERYBODY),
    (2**20,       20_000_000,  EVERYBODY),
    (2**20 + 1,   0,           CUSTOMERS_PER_BLOCK),
    (1,           20_000_001,  CUSTOMERS_PER_BLOCK),
]  # fmt: skip


@pytest.mark.parametrize(("customers", "rows", "expected"), SIZES)
def test_what_fits_is_one_part(customers: int, rows: int, expected: int) -> None:
    assert fitting(customers, rows) == expected


def kept(warehouse: Warehouse, customers_per_part: int | None) -> tuple[int, pl.DataFrame]:
    """How many parts there were, and the profiles kept of them."""
    parts = warehouse.profiles.parts(SHOP.name, customers_per_part)
    scored = score_parts(parts, DAY, SHOP.rules, customers_per_block=5)
    found = (DAY, profile_parts(scored), scored.cut_points)
    warehouse.profiles.keep(SHOP.name, *found, run_id="r", now=NOW)
    return parts.count, warehouse.profiles.of(SHOP.name)


def test_parts_keep_what_the_whole_keeps(tmp_path: Path) -> None:
    orders, items = files(orders=200, people=40)
    with open_warehouse(tmp_path, memory_limit="500MB") as warehouse:
        warehouse.imports.load(SHOP.name, orders, items, None, run_id="r", now=NOW)
        warehouse.resolve(SHOP.name, SHOP.rules, run_id="r", now=NOW)
        whole_count, whole = kept(warehouse, None)
        part_count, in_parts = kept(warehouse, 7)
    assert (whole_count, part_count) == (1, -(-whole.height // 7))
    assert whole.height > 30
    assert in_parts.equals(whole)
