"""An older warehouse is copied, then brought up to date whole; a newer one is left alone."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from enrich.errors import BadSettings
from enrich.model import RawRecord, Rules
from enrich.warehouse import PushTarget, open_warehouse
from enrich.warehouse.connection import SCHEMA_VERSION, _migrations
from enrich.warehouse.keeping import restore
from tests.store.conftest import NOW, RUN

NAME = "warehouse.duckdb"
COPY = f"warehouse.before-schema-{SCHEMA_VERSION}.duckdb"


SCHEMAS = Path(__file__).with_name("schemas")
# Every schema there ever was: the first, and what each migration led to.
OLDER = [1, *(number for number, _ in _migrations() if number < SCHEMA_VERSION)]
ROWS = """
insert into state.schema_version values ({version}, 'enrich');
insert into raw.vtex_orders (store, key, payload) values ('main', 'o1', '{{"orderId": "o1"}}');
insert into orders (store, order_id, source, value_cents) values ('main', 'o1', 'vtex', 100);
insert into state.watermarks (store, entity, watermark_at)
    values ('main', 'orders', '2026-04-01 00:00:00');
insert into state.order_listing (store, order_id) values ('main', 'o1');
insert into push_records (destination, store, entity, record_id, hash)
    values ('hook', 'main', '{entity}', '1', 'h');
"""


def make(folder: Path, version: int) -> None:
    """A warehouse of an older schema, made from the file that was kept of it, with a row or two."""
    with duckdb.connect(str(folder / NAME)) as connection:
        connection.execute((SCHEMAS / f"{version:04d}.sql").read_text(encoding="utf-8"))
        entity = "profiles" if version >= 3 else "profile"
        connection.execute(ROWS.format(version=version, entity=entity))


def ask(path: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.sql(query).fetchall()


COLUMNS = "select count(*) from duckdb_columns() where column_name = 'detail_changed_at'"
VERSION = "select version from state.schema_version"


def test_an_older_one_is_copied_and_brought_up_to_date(tmp_path: Path) -> None:
    make(tmp_path, 1)
    with open_warehouse(tmp_path) as warehouse:
        assert warehouse.orders.reconciliation("main").is_empty()
    assert ask(tmp_path / NAME, VERSION) == [(SCHEMA_VERSION,)]
    assert ask(tmp_path / NAME, COLUMNS) == [(1,)]
    assert ask(tmp_path / NAME, "select count(*) from raw.vtex_orders") == [(1,)]
    assert ask(tmp_path / COPY, VERSION) == [(1,)]
    assert ask(tmp_path / COPY, COLUMNS) == [(0,)]
    assert ask(tmp_path / COPY, "select count(*) from raw.vtex_orders") == [(1,)]
    assert (tmp_path / COPY).stat().st_mode & 0o777 == 0o600


def test_what_was_pushed_before_there_were_entities_is_profiles(tmp_path: Path) -> None:
    make(tmp_path, 1)
    with duckdb.connect(str(tmp_path / NAME)) as connection:
        connection.execute("insert into push_runs by name select 'r' as run_id, 'x' as destination")
    with open_warehouse(tmp_path):
        pass
    assert ask(tmp_path / NAME, "select entity from push_runs") == [("profiles",)]
    assert ask(tmp_path / NAME, "select entity from push_records") == [("profiles",)]


def test_a_migration_that_fails_leaves_the_old_one_whole(tmp_path: Path) -> None:
    make(tmp_path, 1)
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


SHAPE = """
select schema_name, table_name, column_name, data_type
from duckdb_columns()
where not internal and database_name = current_database()
order by all
"""


@pytest.mark.parametrize("version", OLDER)
def test_every_older_schema_becomes_the_present_one_and_keeps_its_rows(
    version: int, tmp_path: Path
) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    make(old, version)
    for folder in (old, new):
        with open_warehouse(folder):
            pass
    assert ask(old / NAME, SHAPE) == ask(new / NAME, SHAPE)
    assert ask(old / NAME, VERSION) == [(SCHEMA_VERSION,)]
    for table in ("raw.vtex_orders", "orders", "state.watermarks", "push_records"):
        assert ask(old / NAME, f"select count(*) from {table}") == [(1,)], table
    with open_warehouse(old) as warehouse:  # and it works
        assert warehouse.records.watermark("main", "orders") is not None
        record = RawRecord("o2", '{"orderId": "o2"}')
        assert warehouse.records.load("main", "orders", [record], **RUN).new_count == 1
        assert warehouse.pushes.state(PushTarget("hook", "main")).height == 1


@pytest.mark.parametrize("version", OLDER)
def test_a_backup_of_an_older_schema_comes_back_up_to_date(version: int, tmp_path: Path) -> None:
    make(tmp_path, version)
    (tmp_path / NAME).rename(tmp_path / "old.duckdb")
    restore(tmp_path / "data" / NAME, tmp_path / "old.duckdb", started_at=NOW)
    with open_warehouse(tmp_path / "data") as warehouse:
        assert warehouse.table_counts().filter(table_name="orders")["row_count"].item() == 1
    assert ask(tmp_path / "old.duckdb", VERSION) == [(version,)]


def test_an_upgrade_keeps_what_products_are_called(tmp_path: Path) -> None:
    """One that has orders keeps the SKUs' names until it chooses; a new store has the products'."""
    make(tmp_path, 6)
    item = {"id": "1", "name": "Toalha P", "quantity": 1, "priceDefinition": {"total": 100}}
    order = {
        "isCompleted": True, "authorizedDate": "2026-04-01T00:00:00Z", "value": 100,
        "creationDate": "2026-04-01T00:00:00Z", "items": [item],
        "itemMetadata": {"Items": [{"Id": "1", "SkuName": "P"}]},
    }  # fmt: skip
    record = RawRecord("o2", json.dumps(order))
    with open_warehouse(tmp_path) as warehouse:
        assert warehouse.incomplete_orders.count("main") == (1, 0)
        for store, label, expected in (
            ("main", None, "Toalha P"), ("main", "name", "Toalha"), ("main", None, "Toalha P"),
            ("another", None, "Toalha"), ("another", "sku_name", "Toalha P"),
        ):  # fmt: skip
            warehouse.records.load(store, "orders", [record], **RUN)
            found = warehouse.resolve(store, Rules(product_label=label), **RUN)
            query = f"select product from purchase_lines where store = '{store}'"
            assert warehouse._connection.sql(query).fetchall() == [(expected,)]
            is_kept = "kept_settings" in found["finding"].to_list()
            assert is_kept == (expected == "Toalha P" and store == "main")
