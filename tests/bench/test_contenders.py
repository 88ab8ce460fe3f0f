"""All contenders make the same table, or a benchmark of them means nothing."""

from pathlib import Path

import duckdb
import polars as pl
import pytest

from bench.compare import differences
from bench.contenders import duckdb_sql, floor, stage, stage_rfm
from bench.contenders.resolve_floor import resolve_least
from bench.prepare import resolve, typed
from enrich.profile import FIELDS
from enrich.warehouse import WAREHOUSE_NAME


@pytest.fixture(scope="session")
def of_stage(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("stage") / "profiles"
    stage.write_profiles(shop, out, 1)
    return out


def test_parts_change_nothing(shop: Path, of_stage: Path, tmp_path: Path) -> None:
    stage.write_profiles(shop, tmp_path / "parts", 3)
    assert differences(of_stage, tmp_path / "parts") == []


def test_duckdb_makes_every_field_alike(shop: Path, of_stage: Path, tmp_path: Path) -> None:
    out = tmp_path / "duckdb.parquet"
    duckdb_sql.write_profiles(shop, out)
    names = [field.name for field in FIELDS if field.is_sent_by_default]
    assert pl.scan_parquet(out).collect_schema().names() == names
    assert differences(of_stage, out) == []


def test_pandas_makes_every_field_alike(shop: Path, of_stage: Path, tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    from bench.contenders import pandas_groupby

    out = tmp_path / "pandas.parquet"
    pandas_groupby.write_profiles(shop, out)
    assert differences(of_stage, out) == []


def test_the_subset_has_the_scores_of_the_whole(shop: Path, of_stage: Path, tmp_path: Path) -> None:
    out = tmp_path / "rfm.parquet"
    stage_rfm.write_rfm(shop, out)
    texts = pl.col("rfm_lifetime", "rfm_group", "rfm_segment").cast(pl.String)
    whole = pl.read_parquet(of_stage).filter(pl.col("orders_lifetime") > 0)
    alone = pl.read_parquet(out).select("customer_key", texts)
    assert alone.equals(whole.select("customer_key", texts).sort("customer_key"))


def test_the_floor_counts_who_bought(shop: Path, of_stage: Path) -> None:
    bought = pl.read_parquet(of_stage).filter(pl.col("orders_lifetime") > 0).height
    assert floor.count_purchases(shop) == bought


BOUGHT = """
select (select count(*) from customers), count(*), sum(amount_cents),
    (select count(*) from purchase_lines), (select sum(quantity) from purchase_lines)
from purchases
"""


def test_the_floor_of_resolving_finds_the_same_purchases(shop: Path, tmp_path: Path) -> None:
    typed(str(shop), tmp_path)
    least = resolve_least(tmp_path)
    resolve(tmp_path)
    answers = []
    for path in (least, tmp_path / WAREHOUSE_NAME):
        with duckdb.connect(str(path), read_only=True) as connection:
            answers.append(connection.sql(BOUGHT).fetchall())
    assert answers[0] == answers[1]
