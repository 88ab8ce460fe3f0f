"""A lake gives the profiles of a warehouse to the bit, by any buckets and workers."""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
import time
import warnings
from dataclasses import replace
from datetime import timedelta
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from enrich.errors import HeldBack, Stop
from enrich.lake.build import Build, build_lake, input_files
from enrich.lake.engines import Engine, Task
from enrich.lake.export import export_lake
from enrich.lake.manifest import Entry, read_manifest
from enrich.lake.profiles import Resources, lake_profiles
from enrich.lake.unfinished import unfinished
from enrich.predict import PredictionRules, ProductRules
from enrich.profile.own import OwnField
from enrich.runs.reporting import SILENT
from enrich.shop import Shop
from enrich.warehouse import open_warehouse
from enrich.warehouse.lake import components
from tests.lake.killing import kill_always, kill_once
from tests.lake.shop import NOW, SHOP, import_all, warehouse_profiles, write_shop

SALT = "the salt of these tests"
VIP = OwnField("vip", "select customer_key, true from customers", "boolean", "Everybody.")
WITH_FIELD = replace(SHOP, own_fields=(VIP,))


@pytest.fixture(scope="module")
def given_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return write_shop(Path(tmp_path_factory.mktemp("files")))


@pytest.fixture(scope="module")
def warehouse_made(
    given_files: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> pl.DataFrame:
    folder = Path(tmp_path_factory.mktemp("warehouse"))
    with open_warehouse(folder) as warehouse:
        warehouse._connection.execute("update state.control_salt set salt = $salt", {"salt": SALT})
        import_all(warehouse, given_files)
        return warehouse_profiles(warehouse, folder / "profiles.parquet")


@pytest.fixture(scope="module")
def built(given_files: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Lakes without profiles by their buckets, to be copied."""
    folder = Path(tmp_path_factory.mktemp("built"))
    for buckets in (1, 3):
        build = build_of(folder / str(buckets), given_files, buckets)
        assert build_lake(build, Engine())[1]
    return {buckets: folder / str(buckets) for buckets in (1, 3)}


def build_of(lake: Path, globs: dict[str, str], buckets: int) -> Build:
    files = input_files(globs) if globs else ()  # type: ignore[arg-type]
    return Build(lake, "main", SHOP.rules, files, buckets, NOW, control_salt=SALT)


def made(lake: Path, engine: Engine | None = None, shop: Shop = WITH_FIELD) -> Entry:
    entry, is_new = lake_profiles(lake, shop, NOW, Resources(engine or Engine()))
    assert is_new
    return entry["profiles"]


def models_of(lake: Path, entry: Entry) -> pl.DataFrame:
    files = lake / "store=main" / entry["folder"] / "prediction_models" / "*.parquet"
    return pl.read_parquet(files).sort("as_of", "model", "parameter")


def profiles_of(lake: Path, entry: Entry) -> pl.DataFrame:
    files = lake / "store=main" / entry["folder"] / "profiles" / "*.parquet"
    return pl.read_parquet(files).drop("store").sort("customer_key")


@pytest.mark.parametrize(
    ("buckets", "shop", "missing"),
    [
        (1, WITH_FIELD, "fields.vip"),
        (3, replace(WITH_FIELD, products=ProductRules()), "next products, fields.vip"),
    ],
)
def test_any_number_of_buckets_gives_the_profiles_of_a_warehouse(
    buckets: int,
    shop: Shop,
    missing: str,
    built: dict[int, Path],
    given_files: dict[str, str],
    warehouse_made: pl.DataFrame,
    tmp_path: Path,
) -> None:
    shutil.copytree(built[buckets], tmp_path, dirs_exist_ok=True)
    if buckets == 1:  # as a lake that was built before there were predictions
        for path in tmp_path.rglob("shared/prediction_*.parquet"):
            path.unlink()
    build = build_of(tmp_path, given_files, buckets)
    entry = made(tmp_path, shop=shop)
    assert_frame_equal(profiles_of(tmp_path, entry), warehouse_made)
    assert entry["notes"][-1] == f"not computed in a lake: {missing}"
    assert not build_lake(build, Engine())[1]
    assert not lake_profiles(tmp_path, shop, NOW)[1]
    assert {path.name for path in (tmp_path / "store=main").iterdir()} == {
        build.folder.name,
        entry["folder"],
    }
    assert not any(path.stat().st_mode & 0o077 for path in tmp_path.rglob("*.parquet"))


@pytest.mark.parametrize("engine", ["dask", "spark"])
def test_every_engine_gives_the_same_though_a_worker_is_killed(
    engine: str, built: dict[int, Path], warehouse_made: pl.DataFrame, tmp_path: Path
) -> None:
    if engine == "spark" and (shutil.which("java") is None or find_spec("pyspark") is None):
        pytest.skip("Spark wants Java 17 and the extra `spark`, 500 MB that dev does not bring")
    shutil.copytree(built[1], tmp_path, dirs_exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of their libraries
        threading.Thread(target=kill_the_first_worker, args=(tmp_path,), daemon=True).start()
        entry = made(tmp_path, Engine(engine, 1))
    assert_frame_equal(profiles_of(tmp_path, entry), warehouse_made)
    assert len({one["worker"] for one in entry["times"]}) == 2


def kill_the_first_worker(lake: Path) -> None:
    """The one that answered first is killed while it is at something else."""
    while not (done := resolved(lake)):
        time.sleep(0.02)
    os.kill(int(json.loads(done[0].read_text())["worker"].rpartition(":")[2]), signal.SIGKILL)


def resolved(lake: Path) -> list[Path]:
    """The answers so far; only there is looked: folders beside it come and go meanwhile."""
    folders = (lake / "store=main").glob("*/work")
    return [path for one in folders for path in (one / "answers" / "resolve").glob("*.json")]


def test_a_killed_process_costs_its_bucket_alone(tmp_path: Path) -> None:
    with Engine("processes", 1).started() as workers:
        found = workers.run(Task(kill_once, tmp_path, tmp_path / "answers"), 3, "of", SILENT)
        assert [one["squared"] for one in found] == [0, 1, 4]
        with pytest.raises(Stop, match="killed 3 times, with 1 buckets to do"):
            workers.run(Task(kill_always, tmp_path, tmp_path / "others"), 1, "of", SILENT)


def profiles_in(lake: Path) -> None:
    lake_profiles(lake, SHOP, NOW)


def test_a_killed_run_and_a_broken_bucket_cost_what_was_not_done(
    built: dict[int, Path], warehouse_made: pl.DataFrame, tmp_path: Path
) -> None:
    shutil.copytree(built[3], tmp_path, dirs_exist_ok=True)
    victim = get_context("spawn").Process(target=profiles_in, args=(tmp_path,))
    victim.start()
    while not (done := resolved(tmp_path)):
        assert victim.is_alive()
        time.sleep(0.02)
    victim.kill()
    victim.join()
    assert [line.rpartition("early")[2] for line in unfinished(tmp_path)]
    kept = {path: path.stat().st_mtime_ns for path in done}
    (broken,) = (tmp_path / "store=main").glob("build-*/tables/contacts/bucket=2/*.parquet")
    whole = broken.read_bytes()
    broken.write_bytes(whole[:100])
    answers = done[0].parent
    if not (answers / "000002.json").exists():  # else the kill came after it
        with pytest.raises(Stop, match="1 of 3 failed, the first is 2"):
            lake_profiles(tmp_path, SHOP, NOW)
    assert "profiles" not in read_manifest(tmp_path)["main"]
    broken.write_bytes(whole)
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert_frame_equal(profiles_of(tmp_path, made(tmp_path)), warehouse_made)


@pytest.mark.slow
def test_an_exported_warehouse_keeps_keys_and_history_and_both_go_on(
    given_files: dict[str, str], tmp_path: Path
) -> None:
    """Files and days come to a warehouse and to a lake that was exported from it half-way."""
    lake, later = tmp_path / "lake", NOW + timedelta(days=70)
    first = {kind: glob.replace("-*", "-1") for kind, glob in given_files.items()}
    with open_warehouse(tmp_path / "warehouse") as warehouse:
        import_all(warehouse, first)
        before = NOW - timedelta(days=40)
        warehouse_profiles(warehouse, tmp_path / "profiles.parquet", before)
        ask = warehouse._connection.execute
        salted = ask("select salt from state.control_salt").fetchone()
        import_all(warehouse, given_files)
        export_lake(warehouse, build_of(lake, {}, 1))
        entry, _ = lake_profiles(lake, SHOP, NOW)
        expected = warehouse_profiles(warehouse, tmp_path / "profiles.parquet")
        assert_frame_equal(profiles_of(lake, entry["profiles"]), expected)

        assert build_lake(build_of(lake, given_files, 2), Engine())[1]
        entry, _ = lake_profiles(lake, SHOP, later)
        expected = warehouse_profiles(warehouse, tmp_path / "profiles.parquet", later)
        assert_frame_equal(profiles_of(lake, entry["profiles"]), expected)
        models = ask("from prediction_models order by as_of, model, parameter").fetchall()
    assert len({as_of for _, as_of, *_ in models}) == 3
    assert models_of(lake, entry["profiles"]).rows() == models
    assert expected["rfm_segment_changed_on"].count() > 0
    assert expected["clv_tier"].count() > 0
    salt = next((lake / "store=main").glob("build-*/shared/state.control_salt.parquet"))
    assert pl.read_parquet(salt).row(0) == salted


def test_people_who_hang_together_in_too_many_orders_are_told(
    given_files: dict[str, str], tmp_path: Path
) -> None:
    globs = {"orders": given_files["orders"]}
    build = replace(build_of(tmp_path, globs, 1), max_component=3)
    with pytest.raises(HeldBack, match=r"orders hang together .* --max-component is 3"):
        build_lake(build, Engine())


@pytest.mark.parametrize("kind", ["items", "customers"])
def test_files_of_one_kind_alone_make_a_lake(
    kind: str, given_files: dict[str, str], tmp_path: Path
) -> None:
    globs = {kind: given_files[kind]}
    build_lake(build_of(tmp_path, globs, 1), Engine())
    assert (made(tmp_path)["customers"] > 0) is (kind == "customers")
    for path in tmp_path.rglob("prediction_*/*.parquet"):  # as profiles of before predictions
        path.unlink()
    assert build_lake(build_of(tmp_path, globs, 2), Engine())[1]


@pytest.mark.slow
def test_a_small_store_beside_another_is_that_of_a_warehouse(tmp_path: Path) -> None:
    """A bucket is empty, predictions have too few buyers, or the settings want none."""
    globs = write_shop(tmp_path / "files", people=12)
    lake, none = tmp_path / "lake", replace(SHOP, prediction=PredictionRules(enabled=False))
    few = replace(SHOP, prediction=PredictionRules(min_buyers=200))
    other = build_of(lake, {"customers": globs["customers"]}, 1)
    build_lake(replace(other, store="other"), Engine())
    build_lake(build_of(lake, globs, 4), Engine())
    assert len(list((lake / "store=main").glob("build-*/tables/orders/bucket=*"))) < 4
    entry_of_other, _ = lake_profiles(lake, replace(none, name="other"), NOW)
    with open_warehouse(tmp_path / "warehouse") as warehouse:
        warehouse._connection.execute("update state.control_salt set salt = $salt", {"salt": SALT})
        import_all(warehouse, globs)
        for shop, status in ((few, "too_few_buyers"), (none, None)):
            expected = warehouse_profiles(warehouse, tmp_path / "profiles.parquet", shop=shop)
            profiles = profiles_of(lake, lake_profiles(lake, shop, NOW)[0]["profiles"])
            assert_frame_equal(profiles, expected)
            assert set(profiles["prediction_status"]) == {status, "no_purchases"}
    digest = read_manifest(lake)["other"]["profiles"]["rows_digest"]
    assert digest == entry_of_other["profiles"]["rows_digest"]


NODES = st.integers(0, 12)


@given(st.lists(st.tuples(NODES, NODES), max_size=20))
def test_a_component_is_named_by_its_smallest_node(pairs: list[tuple[int, int]]) -> None:
    expected = {node: node for pair in pairs for node in pair}
    for _ in expected:
        for a, b in pairs:
            expected[a] = expected[b] = min(expected[a], expected[b])
    frame = pl.DataFrame(pairs, schema={"a": pl.UInt64, "b": pl.UInt64}, orient="row")
    assert dict(components(frame).iter_rows()) == expected
