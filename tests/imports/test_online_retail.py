"""The public data set as import files, beside the independent computation."""

# ruff: noqa: DTZ001 - the data set has local moments without a zone

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from enrich.errors import BadSettings
from enrich.sources.files.online_retail import (
    COLUMNS,
    Converted,
    Retail,
    build,
    convert,
    read_transactions,
)
from enrich.sources.files.reading import read_import
from enrich.sources.source import ImportFrames
from tests.imports.independent import Row, compute, read_rows, unmatched_refund_cents
from tests.imports.reads import NOW

EXTRACT = Path(__file__).parent.parent / "data" / "online_retail_extract.csv"
LAST_DAY = date(2011, 12, 9)


def imported(converted: Converted) -> ImportFrames:
    return read_import(
        converted.orders,
        converted.items,
        converted.customers,
        time_zone=converted.time_zone,
        currency=converted.currency,
        now=NOW,
    )


def retail(folder: Path, *lines: tuple[Any, ...]) -> Retail:
    """Import tables of lines (invoice, code, description, quantity, moment, price, customer)."""
    path = folder / "lines.csv"
    rows = [(*line, "Narnia") for line in lines]
    pl.DataFrame(rows, schema=list(COLUMNS), orient="row", strict=False).write_csv(path)
    return build(read_transactions(path))


NOON = "2011-01-05 12:00:00"


def test_an_invoice_is_an_order_at_its_earliest_line(tmp_path: Path) -> None:
    orders = retail(
        tmp_path,
        ("1", "85123A", "HEART", 6, "2011-01-05 12:01:00", 2.55, 17850),
        ("1", "71053", "LANTERN", 1, NOON, 3.39, 17850),
    ).orders
    assert orders.rows() == [
        ("1", "17850", datetime(2011, 1, 5, 12), Decimal("18.69"), "GBP", None)
    ]


@pytest.mark.parametrize(
    ("quantity", "price", "amount"),
    [
        (6, 2.55, "15.30"),
        (1, 0.001, "0.00"),
        (5, 0.001, "0.01"),
        (-5, 0.001, "-0.01"),
        (3, 0.005, "0.02"),
        (-1, 38970.0, "-38970.00"),
        (80995, 2.08, "168469.60"),
    ],
)
def test_a_line_is_rounded_half_up_to_the_cent(
    tmp_path: Path, quantity: int, price: float, amount: str
) -> None:
    tables = retail(tmp_path, ("1", "85123A", "HEART", quantity, NOON, price, None))
    assert tables.orders["amount"].to_list() == [Decimal(amount)]


@pytest.mark.parametrize(
    ("code", "is_item"),
    [
        ("85123A", True),
        ("DCGS0003", True),
        ("DCGSSGIRL", True),
        ("POST", False),
        ("DOT", False),
        ("M", False),
        ("m", False),
        ("BANK CHARGES", False),
        ("PADS", False),
        ("gift_0001_20", False),
    ],
)
def test_service_lines_are_in_the_amount_and_no_items(
    tmp_path: Path, code: str, is_item: bool
) -> None:
    tables = retail(tmp_path, ("1", code, "SOMETHING", 2, NOON, 1.5, 17850))
    assert tables.orders["amount"].to_list() == [Decimal("3.00")]
    assert tables.items["sku"].to_list() == ([code] if is_item else [])


def test_adjustments_are_no_sales_and_returns_name_no_order(tmp_path: Path) -> None:
    orders = retail(
        tmp_path,
        ("A1", "B", "Adjust bad debt", 1, NOON, -11062.06, None),
        ("C2", "85123A", "HEART", -1, NOON, 2.55, 17850),
    ).orders
    assert orders.select("order_id", "amount", "status").rows() == [
        ("A1", Decimal("-11062.06"), "canceled"),
        ("C2", Decimal("-2.55"), None),
    ]
    assert "refund_of" not in orders.columns


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_the_extract_is_imported_without_a_reject(tmp_path: Path, suffix: str) -> None:
    frames = imported(convert(EXTRACT, tmp_path, suffix=suffix))
    assert (frames.rejects, frames.notes) == ([], [])
    assert_agrees(frames, list(read_rows(EXTRACT)), LAST_DAY)


def test_both_kinds_of_files_say_the_same(tmp_path: Path) -> None:
    texts = imported(convert(EXTRACT, tmp_path, suffix=".csv"))
    native = imported(convert(EXTRACT, tmp_path, suffix=".parquet"))
    assert texts.orders is not None and native.orders is not None
    assert texts.items is not None and native.items is not None
    assert texts.orders.drop("source", "line").equals(native.orders.drop("source", "line"))
    assert texts.items.equals(native.items)


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(BadSettings, match=r"^other\.csv: not the Online Retail data set"):
        convert(tmp_path / "other.csv", tmp_path)
    with pytest.raises(BadSettings, match=r"^gone\.parquet: "):
        convert(tmp_path / "gone.parquet", tmp_path)


def assert_agrees(frames: ImportFrames, rows: Iterable[Row], as_of: date) -> None:
    """What the frames say of every customer's sales is what the independent computation says."""
    assert frames.orders is not None and frames.items is not None
    sales = frames.orders.filter(pl.col("amount_cents") >= 0).drop_nulls("customer_id")
    lines = sales.join(frames.items.filter(pl.col("quantity") > 0), on="order_id")
    bought = lines.group_by("customer_id").agg(
        units=pl.col("quantity").sum(), products=pl.col("product").unique().sort()
    )
    counted = sales.group_by("customer_id").agg(
        count=pl.len(),
        first_on=pl.col("ordered_at").min().dt.date(),
        last_on=pl.col("ordered_at").max().dt.date(),
    )
    found = counted.join(bought, on="customer_id", how="left").fill_null(0)
    expected = {key: own for key, own in compute(rows, as_of).items() if own["orders_lifetime"]}
    assert set(found["customer_id"]) == set(expected)
    for row in found.iter_rows(named=True):
        profile = expected[row["customer_id"]]
        assert row["count"] == profile["orders_lifetime"]
        assert row["units"] == profile["items_lifetime"]
        assert (row["products"] or []) == profile["products_lifetime"]
        assert row["first_on"] == profile["first_purchase_date"]
        assert row["last_on"] == profile["last_purchase_date"]


@pytest.mark.slow
def test_the_whole_data_set(tmp_path: Path) -> None:
    given = os.environ.get("ONLINE_RETAIL")
    if not given:
        pytest.skip("ONLINE_RETAIL does not name the whole data set")
    converted = convert(Path(given), tmp_path)
    counts = {
        name: value for name, value in asdict(converted).items() if not isinstance(value, Path)
    }
    assert counts == {
        "line_count": 541_909,
        "sale_count": 22_061,
        "refund_count": 3_836,
        "adjustment_count": 3,
        "guest_order_count": 3_710,
        "item_count": 538_959,
        "service_line_count": 2_950,
        "customer_count": 4_372,
        "amount_cents": 974_774_793,
        "time_zone": "Europe/London",
        "currency": "GBP",
    }
    frames = imported(converted)
    assert (frames.rejects, frames.notes) == ([], [])
    rows = list(pl.read_parquet(given).iter_rows(named=True))
    assert_agrees(frames, rows, LAST_DAY)
    assert unmatched_refund_cents(rows) == 2_261_644
