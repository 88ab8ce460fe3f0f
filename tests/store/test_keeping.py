"""A backup is whole, private, and comes back; neither it nor a restore disturbs a writer."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from enrich.errors import BadSettings, Locked
from enrich.model import RawRecord
from enrich.warehouse import open_warehouse
from enrich.warehouse.keeping import back_up, restore
from tests.store.conftest import NOW, RUN

COUNTED = ("raw.vtex_orders", "orders", "state.watermarks")


def load(folder: Path, order_id: str) -> None:
    with open_warehouse(folder) as warehouse:
        records = [RawRecord(order_id, "{}")]
        warehouse.records.load("main", "orders", records, watermark_at=NOW, **RUN)


def counts(folder: Path) -> list[int]:
    with open_warehouse(folder) as warehouse:
        rows = dict(warehouse.table_counts().iter_rows())
    return [rows[name] for name in COUNTED]


def test_a_backup_comes_back_whole(tmp_path: Path) -> None:
    data, path = tmp_path / "data", tmp_path / "data" / "warehouse.duckdb"
    load(data, "o1")
    copy = back_up(path, None, started_at=NOW)
    assert copy.stat().st_mode & 0o777 == 0o600
    assert copy.parent == data / "backups"
    load(data, "o2")
    assert counts(data) == [2, 2, 1]

    before = restore(path, copy, started_at=NOW)

    assert counts(data) == [1, 1, 1]
    assert path.stat().st_mode & 0o777 == 0o600
    assert before is not None
    shutil.copy(before, tmp_path / "warehouse.duckdb")
    assert counts(tmp_path) == [2, 2, 1]


def test_a_backup_can_become_the_first_warehouse_of_another_machine(tmp_path: Path) -> None:
    load(tmp_path / "old", "o1")
    copy = back_up(tmp_path / "old" / "warehouse.duckdb", tmp_path / "b.duckdb", started_at=NOW)
    assert restore(tmp_path / "new" / "warehouse.duckdb", copy, started_at=NOW) is None
    assert counts(tmp_path / "new") == [1, 1, 1]


def test_a_writer_is_not_disturbed(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    load(tmp_path, "o1")
    copy = back_up(path, None, started_at=NOW)
    with open_warehouse(tmp_path, job="sync", started_at=NOW):
        for act in (back_up, restore):
            with pytest.raises(Locked, match="sync"):
                act(path, tmp_path / "c.duckdb" if act is back_up else copy, started_at=NOW)
    assert not (tmp_path / "c.duckdb").exists()


def test_what_is_no_backup_is_refused_and_nothing_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    load(tmp_path, "o1")
    (tmp_path / "text").write_text("not a database" * 1000)
    with duckdb.connect(str(tmp_path / "other")) as connection:
        connection.execute("create table a (b integer)")
    copy = back_up(path, tmp_path / "newer", started_at=NOW)
    with duckdb.connect(str(copy)) as connection:
        connection.execute("update state.schema_version set version = 99")
    for name in ("text", "other", "newer"):
        with pytest.raises(BadSettings):
            restore(path, tmp_path / name, started_at=NOW)
    with pytest.raises(BadSettings, match="exists already"):
        back_up(path, tmp_path / "text", started_at=NOW)
    assert counts(tmp_path) == [1, 1, 1]


def test_a_backup_replaces_a_damaged_warehouse(tmp_path: Path) -> None:
    data, path = tmp_path / "data", tmp_path / "data" / "warehouse.duckdb"
    load(data, "o1")
    copy = back_up(path, tmp_path / "b.duckdb", started_at=NOW)
    path.write_bytes(b"not a database" * 1000)
    path.with_name("warehouse.duckdb.wal").write_bytes(b"nor a log")

    before = restore(path, copy, started_at=NOW)

    assert counts(data) == [1, 1, 1]
    assert before is not None
    assert before.read_bytes().startswith(b"not a database")
    assert before.stat().st_mode & 0o777 == 0o600
