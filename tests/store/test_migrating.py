"""An older warehouse is copied, then brought up to date whole; a newer one is left alone."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from enrich.errors import BadSettings
from enrich.model import RawRecord
from enrich.store import open_warehouse
from enrich.store.connection import SCHEMA_VERSION
from tests.store.conftest import RUN

NAME = "warehouse.duckdb"
COPY = f"warehouse.before-schema-{SCHEMA_VERSION}.duckdb"


def make_first(folder: Path) -> None:
    """A warehouse as schema 1 left it, with one order."""
    with open_warehouse(folder) as warehouse:
        warehouse.load_records("main", "orders", [RawRecord("o1", "{}")], **RUN)
    with duckdb.connect(str(folder / NAME)) as connection:
        connection.execute("alter table state.order_listing drop column detail_cents")
        connection.execute("alter table state.order_listing drop column detail_changed_at")
        connection.execute("drop table reconciliation")
        connection.execute("update state.schema_version set version = 1")


def ask(path: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.sql(query).fetchall()


COLUMNS = "select count(*) from duckdb_columns() where column_name = 'detail_changed_at'"
VERSION = "select version from state.schema_version"


def test_an_older_one_is_copied_and_brought_up_to_date(tmp_path: Path) -> None:
    make_first(tmp_path)
    with open_warehouse(tmp_path) as warehouse:
        assert warehouse.reconciliation("main").is_empty()
    assert ask(tmp_path / NAME, VERSION) == [(SCHEMA_VERSION,)]
    assert ask(tmp_path / NAME, COLUMNS) == [(1,)]
    assert ask(tmp_path / NAME, "select count(*) from raw.vtex_orders") == [(1,)]
    assert ask(tmp_path / COPY, VERSION) == [(1,)]
    assert ask(tmp_path / COPY, COLUMNS) == [(0,)]
    assert ask(tmp_path / COPY, "select count(*) from raw.vtex_orders") == [(1,)]
    assert (tmp_path / COPY).stat().st_mode & 0o777 == 0o600


def test_what_was_pushed_before_there_were_entities_is_profiles(tmp_path: Path) -> None:
    make_first(tmp_path)
    with duckdb.connect(str(tmp_path / NAME)) as connection:
        connection.execute("alter table push_runs drop column entity")
        connection.execute("insert into push_runs by name select 'r' as run_id, 'x' as destination")
        connection.execute("insert into push_records by name select 'profile' as entity, 1 as hash")
    with open_warehouse(tmp_path):
        pass
    assert ask(tmp_path / NAME, "select entity from push_runs") == [("profiles",)]
    assert ask(tmp_path / NAME, "select entity from push_records") == [("profiles",)]


def test_a_migration_that_fails_leaves_the_old_one_whole(tmp_path: Path) -> None:
    make_first(tmp_path)
    with duckdb.connect(str(tmp_path / NAME)) as connection:
        connection.execute("drop table state.order_listing")  # nothing to alter
    with pytest.raises(duckdb.CatalogException), open_warehouse(tmp_path):
        pass
    assert ask(tmp_path / NAME, VERSION) == [(1,)]
    found = ask(tmp_path / NAME, "from duckdb_tables() where table_name = 'reconciliation'")
    assert found == []


def test_an_up_to_date_one_is_not_copied_and_a_newer_one_not_touched(tmp_path: Path) -> None:
    for _ in range(2):
        with open_warehouse(tmp_path):
            pass
    with duckdb.connect(str(tmp_path / NAME)) as connection:
        connection.execute("update state.schema_version set version = 99")
    with pytest.raises(BadSettings, match="schema 99"), open_warehouse(tmp_path):
        pass
    assert not (tmp_path / COPY).exists()
    assert ask(tmp_path / NAME, VERSION) == [(99,)]
