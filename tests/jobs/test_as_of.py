"""A past day computed later is what it was, as long as nothing of before that day was corrected."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import polars as pl

from enrich.compute.profiles import make_profiles
from enrich.warehouse import Warehouse, open_warehouse
from tests.report.shop import NOW, SHOP, files

LATER = NOW + timedelta(days=12)
DAY = (NOW - timedelta(days=1)).date()


def imported(warehouse: Warehouse, orders: pl.DataFrame, run_id: str) -> None:
    warehouse.imports.load(SHOP.name, orders, None, None, run_id=run_id, now=NOW)


def recomputed(warehouse: Warehouse, output: Path) -> pl.DataFrame:
    make_profiles(warehouse, SHOP, now=LATER, as_of=DAY, output=output)
    return pl.read_parquet(output)


def test_a_past_day_is_what_it_was(tmp_path: Path) -> None:
    orders, _ = files(orders=300, people=60)
    with open_warehouse(tmp_path, memory_limit="500MB") as warehouse:
        imported(warehouse, orders, "before")
        for days in (40, 0):
            make_profiles(warehouse, SHOP, now=NOW - timedelta(days=days))
        then = warehouse.profiles.of(SHOP.name).drop("store")
        new = orders.head(40).with_columns(
            pl.format("new-{}", "order_id").alias("order_id"),
            pl.lit(NOW.replace(tzinfo=None)).alias("ordered_at"),
        )
        imported(warehouse, new, "since")
        make_profiles(warehouse, SHOP, now=LATER)

        again = recomputed(warehouse, tmp_path / "again.parquet")
        is_old = pl.col("ordered_at") < NOW.replace(tzinfo=None) - timedelta(days=60)
        known = orders.filter(is_old, pl.col("customer_id").is_not_null())
        late = known.head(1).with_columns(pl.lit("late").alias("order_id"))
        imported(warehouse, late, "corrected")
        corrected = recomputed(warehouse, tmp_path / "corrected.parquet")

    assert then["previous_rfm_segment"].null_count() < then.height
    assert plain(again).equals(plain(then))
    changed = plain(corrected).join(plain(then), on="customer_key", suffix="_then")
    assert changed.filter(pl.col("orders_lifetime") != pl.col("orders_lifetime_then")).height == 1


def plain(profiles: pl.DataFrame) -> pl.DataFrame:
    """In one order, with texts as texts: a file has no enumerations."""
    texts = [name for name, dtype in profiles.schema.items() if dtype == pl.Enum]
    return profiles.sort("customer_key").with_columns(pl.col(texts).cast(pl.String))
