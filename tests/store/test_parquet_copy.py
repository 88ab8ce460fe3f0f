"""The read copy as Parquet files beside it: the same rows, whole, for the same people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import polars as pl
import pytest

from enrich.warehouse import Warehouse, open_warehouse
from enrich.warehouse.sharing import Sharing
from tests.store.conftest import NOW
from tests.store.test_readers import publish_one_more


@contextmanager
def shop(data_dir: Path, sharing: Sharing) -> Iterator[Warehouse]:
    with open_warehouse(data_dir, job="a test", started_at=NOW, sharing=sharing) as warehouse:
        yield warehouse


def orders_in(version: Path) -> tuple[int, int]:
    """Orders and their lines; each publish adds one of both."""
    names = ("orders", "order_items")
    counts = [pl.scan_parquet(version / f"{name}.parquet").select(pl.len()) for name in names]
    orders, lines = (count.collect().item() for count in counts)
    return orders, lines


def versions_in(folder: Path) -> set[Path]:
    return {path.resolve() for path in (folder / ".analysis_parquet").iterdir()}


def test_each_table_and_view_has_the_rows_of_the_copy(tmp_path: Path) -> None:
    with shop(tmp_path, Sharing(parquet=True)) as warehouse:
        publish_one_more(warehouse, 0)
    folder = tmp_path / "analysis_parquet"
    with duckdb.connect(str(tmp_path / "analysis.duckdb"), read_only=True) as copy:
        tables = copy.sql("select table_name from information_schema.tables").fetchall()
        names = {name for (name,) in tables}
        for name in names:
            file = f"read_parquet('{folder / name}.parquet')"
            for one, other in ((name, file), (file, name)):
                assert copy.sql(f"from {one} except all from {other}").fetchall() == [], name
    assert {path.stem for path in folder.iterdir()} == names >= {"orders", "sales"}


def test_a_reader_sees_one_version_whole_while_the_next_is_published(tmp_path: Path) -> None:
    link = tmp_path / "analysis_parquet"
    with shop(tmp_path, Sharing(parquet=True)) as warehouse:
        publish_one_more(warehouse, 0)
        followed = link.resolve()
        publish_one_more(warehouse, 1)
        assert (orders_in(followed), orders_in(link)) == ((1, 1), (2, 2))
        publish_one_more(warehouse, 2)
        assert not followed.exists() and len(versions_in(tmp_path)) == 2
        warehouse.publish(keep_before=False)
        assert versions_in(tmp_path) == {link.resolve()}
    with shop(tmp_path, Sharing(parquet=True, contacts=False)) as warehouse:
        warehouse.publish(keep_before=True)
        assert versions_in(tmp_path) == {link.resolve()}  # of the one before all had contacts


def test_a_publish_that_fails_leaves_the_version_before(tmp_path: Path) -> None:
    with shop(tmp_path, Sharing(parquet=True)) as warehouse:
        publish_one_more(warehouse, 0)
        before = (tmp_path / "analysis_parquet").resolve()
        (tmp_path / ".analysis_parquet.new").mkdir()  # where the new link is made
        with pytest.raises(OSError, match="directory"):
            publish_one_more(warehouse, 1)
    assert versions_in(tmp_path) == {before} and orders_in(before) == (1, 1)


def test_files_and_folders_are_for_whom_the_settings_say(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    with shop(tmp_path / "data", Sharing(folder=shared, file_mode=0o640, parquet=True)) as one:
        publish_one_more(one, 0)
    inside = list((shared / ".analysis_parquet").rglob("*"))
    modes = {path.is_dir(): path.stat().st_mode & 0o777 for path in inside}
    assert modes == {True: 0o750, False: 0o640}
    assert not (tmp_path / "data" / "analysis_parquet").exists()


def test_what_is_switched_off_or_moved_is_gone_and_a_folder_of_others_is_kept(
    tmp_path: Path,
) -> None:
    (tmp_path / "analysis_parquet").mkdir()
    (tmp_path / "analysis_parquet" / "mine.txt").touch()
    for sharing, is_there in (
        (Sharing(parquet=True), True),
        (Sharing(), False),
        (Sharing(parquet=True), True),
        (Sharing(parquet=True, folder=tmp_path / "elsewhere"), False),
    ):
        with shop(tmp_path, sharing) as warehouse:
            warehouse.publish()
        there = (tmp_path / "analysis_parquet", tmp_path / ".analysis_parquet")
        assert [path.exists() for path in there] == [is_there] * 2
    assert (tmp_path / "analysis_parquet.in-the-way-1" / "mine.txt").is_file()
