"""One writer at a time, a file for its owner alone, and a killed process harms nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, closing
from pathlib import Path

import duckdb
import pytest

from enrich.errors import BadSettings, Locked, Stop
from enrich.model import Rules
from enrich.warehouse import open_warehouse, read_warehouse
from enrich.warehouse.connection import connect
from enrich.warehouse.lock import LONGEST_LOOK_SECONDS, writer_lock
from tests.store.conftest import NOW

KILLED = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from enrich.model import RawRecord
from enrich.warehouse import open_warehouse

class Stalling(list):  # read after the documents were written, before the commit
    def __iter__(self):
        Path(sys.argv[1], "loading").touch()
        time.sleep(600)

now = datetime(2026, 4, 1, tzinfo=UTC)
run = {"run_id": "r", "now": now}
with open_warehouse(Path(sys.argv[1]), job="sync", started_at=now) as warehouse:
    warehouse.records.load("main", "orders", [RawRecord("o1", "{}")], **run)
    warehouse.records.load("main", "orders", [RawRecord("o2", "{}")], Stalling(), **run)
"""


def test_the_second_writer_hears_who_holds_the_lock(tmp_path: Path) -> None:
    held = r"sync \(process \d+, since 2026-04-01T12:00:00"
    with (
        open_warehouse(tmp_path, job="sync", started_at=NOW),
        pytest.raises(Locked, match=held),
        open_warehouse(tmp_path, job="push"),
    ):
        pass
    with open_warehouse(tmp_path, job="push"):
        pass


def test_a_look_is_waited_for(tmp_path: Path) -> None:
    with ExitStack() as look:
        look.enter_context(writer_lock(tmp_path / ".lock", "status", ""))
        with writer_lock(tmp_path / ".lock", "sync", "", sleep=lambda seconds: look.close()):
            pass


@pytest.mark.parametrize(
    ("holder", "waits"),
    [("sync", 0.0), ("status", LONGEST_LOOK_SECONDS)],
)
def test_a_run_is_not_waited_for_and_a_look_not_for_ever(
    holder: str, waits: float, tmp_path: Path
) -> None:
    waited: list[float] = []
    with (
        writer_lock(tmp_path / ".lock", holder, ""),
        pytest.raises(Locked, match=holder),
        writer_lock(tmp_path / ".lock", "sync", "", sleep=waited.append),
    ):
        pass
    assert sum(waited) == pytest.approx(waits)


def test_a_signature_of_the_dead_is_not_believed(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    with ExitStack() as other:
        other.enter_context(writer_lock(tmp_path / ".lock", "sync", ""))
        (tmp_path / ".lock").write_text(f'{{"job": "sync", "pid": {ended.pid}}}')
        with writer_lock(tmp_path / ".lock", "sync", "", sleep=lambda seconds: other.close()):
            pass


def test_a_writer_killed_while_loading_leaves_a_usable_file(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)])
    try:
        wait_for(tmp_path / "loading")
        with pytest.raises(Locked, match="sync"), open_warehouse(tmp_path):
            pass
        process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.wait()
    with open_warehouse(tmp_path) as warehouse:
        rows = warehouse.table_counts()
        assert rows.filter(table_name="raw.vtex_orders")["row_count"].item() == 1
        assert rows.filter(table_name="orders")["row_count"].item() == 1


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 120
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} did not appear"
        time.sleep(0.1)


def test_the_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    previous = os.umask(0)
    try:
        with open_warehouse(tmp_path) as warehouse:
            warehouse.publish()
    finally:
        os.umask(previous)
    for name in ("warehouse.duckdb", "analysis.duckdb", ".lock"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    with open_warehouse(tmp_path):
        pass
    connection = connect(tmp_path / "warehouse.duckdb", "1GB", 1)
    connection.execute("update state.schema_version set version = 99")
    connection.close()
    with pytest.raises(BadSettings, match="schema 99"), open_warehouse(tmp_path):
        pass


@pytest.mark.parametrize("lost", ["drop table orders", "alter table push_records drop memo"])
def test_what_is_missing_of_the_schema_is_made_when_it_is_opened(tmp_path: Path, lost: str) -> None:
    whole = "select table_name, column_name from duckdb_columns() order by all"
    path = tmp_path / "warehouse.duckdb"
    with closing(connect(path, "1GB", 1)) as connection:
        before = connection.execute(whole).fetchall()
        connection.execute(lost)
    with closing(connect(path, "1GB", 1)) as connection:
        assert connection.execute(whole).fetchall() == before


def test_nothing_was_published_yet(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="sync"), read_warehouse(tmp_path):
        pass


def test_a_reader_keeps_its_copy_while_a_new_one_is_published(tmp_path: Path) -> None:
    with open_warehouse(tmp_path) as warehouse:
        warehouse.publish({"orders": {"value_cents": "what the customer's order cost"}})
        with read_warehouse(tmp_path) as copy:
            warehouse.runs.start("r", "sync", None, now=NOW)
            warehouse.publish()
            found = copy.query(
                "select comment from duckdb_columns()"
                " where table_name = 'orders' and column_name = 'value_cents'"
            )
            assert found.item() == "what the customer's order cost"
            assert "raw.vtex_orders" not in copy.table_counts()["table_name"].to_list()
    assert [p.name for p in tmp_path.glob(".analysis.*")] == []
    assert [p.name for p in (tmp_path / ".analysis").glob("*.duckdb")] == ["analysis.duckdb"]


def test_a_wrong_query_is_one_line(tmp_path: Path) -> None:
    with open_warehouse(tmp_path) as warehouse:
        warehouse.publish()
    with read_warehouse(tmp_path) as copy, pytest.raises(BadSettings) as error:
        copy.query("select nothing from nowhere")
    assert "\n" not in str(error.value)


def test_a_file_that_is_no_warehouse_is_refused(tmp_path: Path) -> None:
    (tmp_path / "warehouse.duckdb").write_text("not a database" * 1000)
    with (
        pytest.raises(BadSettings, match="is no DuckDB file; `enrich restore FILE`"),
        open_warehouse(tmp_path),
    ):
        pass


def test_the_warehouse_leaves_half_of_the_machine_to_others(tmp_path: Path) -> None:
    limits = {}
    for most in ("500MB", "1000TB"):
        connection = connect(tmp_path / "warehouse.duckdb", most, None)
        limits[most] = connection.sql("select current_setting('memory_limit')").fetchall()[0][0]
        connection.execute("set memory_limit = '50%'")
        half = connection.sql("select current_setting('memory_limit')").fetchall()[0][0]
        connection.close()
    assert limits == {"500MB": "476.8 MiB", "1000TB": half}


ORDERS = """
insert into orders by name
select 'main' as store, format('order {:040}', range) as order_id, 'vtex' as source,
    format('{:040}', range) as user_profile_id, false as is_corporate, true as is_completed,
    timestamp '2026-01-01' as created_at, created_at as authorized_at, 1 as value_cents
from range(200000)
"""


def test_too_little_memory_names_the_setting(tmp_path: Path) -> None:
    with open_warehouse(tmp_path):
        pass
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute(ORDERS)
    said = r"out of memory while resolving; raise `\[warehouse\] memory_limit` \(now 24 MB\)"
    with open_warehouse(tmp_path, memory_limit="24 MB", threads=2) as warehouse:
        with pytest.raises(Stop, match=said):
            warehouse.resolve("main", Rules(), run_id="r", now=NOW)
        assert warehouse.table_counts().filter(table_name="customers")["row_count"].item() == 0
