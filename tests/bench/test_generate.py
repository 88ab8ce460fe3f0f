"""The made-up shop: what the stage is promised of its inputs, and a likeness of real shops."""

from pathlib import Path

import polars as pl
from polars.testing import assert_frame_equal

from bench.generate import generate
from bench.scales import AS_OF, SCALES, TABLES, table_path
from enrich.profile.contracts import CUSTOMERS, LINES, PROMO_CODES, PURCHASES


def table(folder: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(table_path(folder, name))


def test_tables_have_exactly_the_columns_and_types_of_the_stage(shop: Path) -> None:
    customers = {name: kind for name, kind in CUSTOMERS.items() if name != "control_bucket"}
    wanted = (customers, PURCHASES, LINES, PROMO_CODES)
    for name, columns in zip(TABLES, wanted, strict=True):
        assert dict(table(shop, name).schema) == dict(columns)


def test_the_same_seed_gives_the_same_shop(shop: Path, tmp_path: Path) -> None:
    generate(tmp_path, SCALES["XXS"], seed=7)
    for name in TABLES:
        assert_frame_equal(table(tmp_path, name), table(shop, name))


def test_another_seed_gives_another_shop(shop: Path, tmp_path: Path) -> None:
    generate(tmp_path, SCALES["XXS"], seed=8)
    assert not table(tmp_path, "purchases").equals(table(shop, "purchases"))


def test_purchase_numbers_are_dense_and_rise_with_time(shop: Path) -> None:
    purchases = table(shop, "purchases")
    assert purchases["purchase_no"].to_list() == list(range(1, purchases.height + 1))
    assert purchases["purchased_on"].is_sorted()
    assert purchases["purchased_on"].max() <= AS_OF  # type: ignore[operator]


def test_every_purchase_has_a_line_and_every_line_a_purchase(shop: Path) -> None:
    sold = table(shop, "lines")["purchase_no"].unique().sort()
    assert sold.equals(table(shop, "purchases")["purchase_no"])


def test_customers_are_mostly_one_time_buyers_with_a_heavy_tail(shop: Path) -> None:
    purchases = table(shop, "purchases").group_by("customer_key").len()["len"]
    assert 0.4 < (purchases == 1).mean() < 0.7  # type: ignore[operator]
    assert purchases.max() > 10 * purchases.mean()  # type: ignore[operator]
    assert 0 < SCALES["XXS"] - len(purchases) < SCALES["XXS"] // 5  # prospects
    assert table(shop, "purchases")["amount_cents"].min() == 0  # refunded whole


def test_everybody_is_obviously_invented(shop: Path) -> None:
    assert table(shop, "customers")["email"].str.ends_with("@example.com").all()
