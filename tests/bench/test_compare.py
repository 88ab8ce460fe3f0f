"""Two tables compared: what counts as a difference."""

from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from bench.compare import differences

ONE = pl.DataFrame(
    {
        "customer_key": [1, 2],
        "orders": [1, None],
        "amount": [Decimal("1.50"), Decimal("0.00")],
        "brands": [["A", "B"], []],
    },
    schema_overrides={"amount": pl.Decimal(18, 2)},
)


def found(tmp_path: Path, other: pl.DataFrame) -> list[str]:
    ONE.write_parquet(tmp_path / "one.parquet")
    other.write_parquet(tmp_path / "other.parquet")
    return differences(tmp_path / "one.parquet", tmp_path / "other.parquet")


def test_order_of_rows_and_width_of_types_do_not_matter(tmp_path: Path) -> None:
    brands = pl.List(pl.Enum(["A", "B"]))
    other = ONE.reverse().cast({"orders": pl.Int16, "customer_key": pl.Int32, "brands": brands})
    assert found(tmp_path, other) == []


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("orders", 0),  # null is not 0
        ("amount", Decimal("0.01")),
        ("brands", None),  # null is not an empty list
        ("brands", ["A"]),
    ],
)
def test_a_difference_names_its_field(tmp_path: Path, column: str, value: object) -> None:
    changed = pl.Series([value], dtype=ONE[column].dtype)
    other = ONE.with_columns(pl.concat([ONE[column].head(1), changed]).alias(column))
    assert found(tmp_path, other) == [f"{column}: 1 customers differ"]


def test_the_order_within_a_list_counts(tmp_path: Path) -> None:
    other = ONE.with_columns(pl.col("brands").list.reverse())
    assert found(tmp_path, other) == ["brands: 1 customers differ"]


def test_other_customers_and_missing_fields_are_told(tmp_path: Path) -> None:
    assert found(tmp_path, ONE.head(1)) == ["customer_key: not the same customers"]
    assert found(tmp_path, ONE.drop("orders")) == ["orders: in one table only"]
