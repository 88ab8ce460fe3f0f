"""The warehouse and the simulated shop that contenders start from."""

from pathlib import Path

from bench import prepare
from bench.compare import differences
from bench.contenders import job, stage, warehouse
from bench.contenders.httpx_loop import fetch_orders
from bench.contenders.pull_orders import load_orders
from bench.export import export
from bench.simulated import APP, NOW
from enrich.simulator import AppKey, Simulation, build_simulation, serve
from enrich.warehouse import open_warehouse

HISTORY = {"previous_rfm_segment", "rfm_segment_changed_on", "history_since"}


def test_the_warehouse_gives_the_table_of_the_parquet_files(shop: Path, tmp_path: Path) -> None:
    prepare.warehouse(str(shop), tmp_path / "data")
    warehouse.keep_profiles(tmp_path / "data")
    export(tmp_path / "data", tmp_path / "kept.parquet")
    stage.write_profiles(shop, tmp_path / "stage", 1)
    assert differences(tmp_path / "stage", tmp_path / "kept.parquet") == []


def test_after_new_orders_only_the_history_differs(shop: Path, tmp_path: Path) -> None:
    prepare.warehouse_kept(str(shop), tmp_path / "data")
    job.make(tmp_path / "data", job.TODAY)
    export(tmp_path / "data", tmp_path / "kept.parquet")
    stage.write_profiles(shop, tmp_path / "stage", 1)
    found = differences(tmp_path / "stage", tmp_path / "kept.parquet")
    assert {line.partition(":")[0] for line in found} <= HISTORY


def test_the_bare_loop_fetches_as_many_orders_as_the_pull_loads(tmp_path: Path) -> None:
    shop = Simulation(customers=50, orders=60, now=NOW, keys=(AppKey(APP, APP),))
    with serve(build_simulation(shop)) as address:
        fetched = fetch_orders(f"{address}/vtex")
        load_orders(f"{address}/vtex", tmp_path)
    with open_warehouse(tmp_path) as loaded:
        counts = {row["table_name"]: row for row in loaded.table_counts().iter_rows(named=True)}
    assert fetched > 50
    assert any(row["row_count"] == fetched for row in counts.values())
