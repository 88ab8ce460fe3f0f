"""What is loaded from a lake is pushed and drawn as what a warehouse computed itself."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from enrich import pipeline
from enrich.errors import HeldBack
from enrich.lake.build import build_lake
from enrich.lake.engines import Engine
from enrich.lake.export import export_lake
from enrich.lake.load import load_lake
from enrich.lake.profiles import lake_profiles
from enrich.runs.publish import publish
from enrich.runs.reporting import SILENT
from enrich.settings import parse_settings
from enrich.warehouse import Warehouse, open_warehouse
from enrich.wiring import Wiring
from tests.lake.shop import (
    NOT_IN_A_LAKE,
    NOW,
    SHOP,
    import_all,
    warehouse_profiles,
    write_shop,
)
from tests.lake.test_lake import SALT, build_of

FIELDS = ["customer_key", "email", "rfm_segment", "amount_lifetime", "products_360d"]
OTHER = re.compile(r'(?<=T12:00:)\d\d(?=Z)|\["(shared_identifiers|missing_statuses)"[^]]*\],')
"""When a run ended, by a real clock; of shared identifiers a lake does not know the people, of an
imported order not whether it had a status."""
SETTINGS = {
    "stores": {"main": {"rfm_method": "icomm"}},
    "destinations": {"drop": {"kind": "file", "folder": "drop", "fields": FIELDS}},
}


@pytest.fixture(scope="module")
def globs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return write_shop(Path(tmp_path_factory.mktemp("files")), people=60)


@pytest.fixture(scope="module")
def lake(globs: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(tmp_path_factory.mktemp("lake"))
    build_lake(build_of(folder, globs, 2), Engine())
    lake_profiles(folder, SHOP, NOW)
    return folder


def test_loaded_profiles_are_pushed_and_drawn_like_those_of_a_warehouse(
    lake: Path, globs: dict[str, str], tmp_path: Path
) -> None:
    own, loaded = tmp_path / "own", tmp_path / "loaded"
    with open_warehouse(own) as warehouse:
        warehouse._connection.execute("update state.control_salt set salt = $salt", {"salt": SALT})
        import_all(warehouse, globs)
        warehouse_profiles(warehouse, tmp_path / "own.parquet")
        expected = shown(warehouse, own)
    with open_warehouse(loaded) as warehouse:
        load_lake(warehouse, lake, "main", NOW)
        found = shown(warehouse, loaded)
        load_lake(warehouse, lake, "main", NOW)
        again = warehouse_profiles(warehouse, tmp_path / "again.parquet")
    profiles, pushed, tested, page = found
    assert_frame_equal(profiles, expected[0])
    assert_frame_equal(pushed, expected[1])
    assert set(tested["metric"]) >= {"orders_bias", "amount_bias"}
    assert_frame_equal(tested, expected[2].join(tested, on="metric", how="semi"), rel_tol=1e-4)
    assert page == expected[3]
    assert_frame_equal(again, profiles.drop("store"), check_column_order=False)


def shown(
    warehouse: Warehouse, folder: Path
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, str]:
    """The profiles, what a file drop got of them, how a back-test went, and the page without it."""
    wiring = Wiring(parse_settings({"data_dir": str(folder), **SETTINGS}), {}, lambda: NOW)
    (pushed,) = pipeline.push(wiring, warehouse, ("main",), SILENT)
    assert pushed.fault is None
    tested = warehouse.predictions.backtest("main", NOW.date())
    for table in ("prediction_backtests", "prediction_calibration"):  # a lake knows less of it
        warehouse._connection.execute(f"delete from {table}")
    publish(warehouse)
    page = pipeline.dashboard(wiring, ("main",), folder / "page.html").read_text()
    (dropped,) = (folder / "drop").glob("*.parquet")
    profiles = warehouse.profiles.of("main").sort("customer_key")
    return (
        profiles.drop(NOT_IN_A_LAKE, strict=False),
        pl.read_parquet(dropped),
        tested.select("metric", "value").unique().sort("metric"),
        OTHER.sub("", page),
    )


def test_a_lake_that_knows_less_than_the_warehouse_is_not_taken(
    lake: Path, globs: dict[str, str], tmp_path: Path
) -> None:
    """Neither does one of earlier files replace orders, nor one of before a forgetting people."""
    with open_warehouse(tmp_path / "warehouse") as warehouse:
        import_all(warehouse, globs)
        warehouse._connection.execute("update orders set order_id = order_id || 'x'")
        with pytest.raises(HeldBack, match="orders are not in the lake"):
            load_lake(warehouse, lake, "main", NOW)
        exported = tmp_path / "exported"
        export_lake(warehouse, build_of(exported, {}, 1))
        lake_profiles(exported, SHOP, NOW)
        load_lake(warehouse, exported, "main", NOW)
        assert warehouse.profiles.newest_day("main") is not None
        warehouse._connection.execute(
            "insert into state.tombstones by name"
            " select 'main' as store, 'email' as kind, $at as forgotten_at",
            {"at": NOW.replace(tzinfo=None) + timedelta(hours=1)},
        )
        with pytest.raises(HeldBack, match="forgotten people may be in the lake"):
            load_lake(warehouse, exported, "main", NOW)


def test_keys_stay_with_those_who_have_them(globs: dict[str, str], tmp_path: Path) -> None:
    """A lake knows everybody whom the warehouse knows, by the same keys; what it merged is kept."""
    lake = tmp_path / "lake"
    with open_warehouse(tmp_path / "warehouse") as warehouse:
        import_all(warehouse, globs)
        warehouse_profiles(warehouse, tmp_path / "profiles.parquet")
        export_lake(warehouse, build_of(lake, {}, 1))
        lake_profiles(lake, SHOP, NOW)
        ask, new = warehouse._connection.execute, warehouse.highest_key() + 1
        swap = "update identity_links set customer_key = 3 - customer_key where customer_key < 3"
        ask(swap)
        with pytest.raises(HeldBack, match="2 people are not in the lake, or have other keys"):
            load_lake(warehouse, lake, "main", NOW)
        ask(swap)
        ask(
            "insert into identity_links by name select 'main' as store, 'email' as kind,"
            f" 'new@example.com' as value, {new} as customer_key"
        )
        with pytest.raises(HeldBack, match="1 people are not in the lake"):
            load_lake(warehouse, lake, "main", NOW)
        # One of two who are one in the lake, by an identifier that both have.
        ask(
            f"update identity_links set customer_key = {new}"
            " where customer_key = 2 and kind = 'email'"
        )
        load_lake(warehouse, lake, "main", NOW)
        merges = ask("select customer_key, merged_customer_key, merged_at from customer_merges")
        assert merges.fetchall() == [(2, new, NOW.replace(tzinfo=None))]
        assert warehouse.highest_key() == new
        ask("update customer_merges set merged_customer_key = 3")
        with pytest.raises(HeldBack, match="1 people are merged here"):
            load_lake(warehouse, lake, "main", NOW)
