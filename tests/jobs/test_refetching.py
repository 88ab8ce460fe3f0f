"""Orders looked at again: returns that only a receipt tells of, on demand, and those of an older
version, so many a day."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from enrich.errors import HeldBack
from enrich.simulator.build import FULL_KEY
from enrich.simulator.changes import change_order
from enrich.simulator.flow import refunds_at, status_at
from enrich.simulator.moments import NEVER
from enrich.sync.completing import SLICE, Completed, complete_history
from enrich.sync.store import refetch_store, sync_store
from enrich.warehouse import Warehouse, open_warehouse
from tests.jobs.town import NOW, Town, town, warehouse_in

DAY = timedelta(days=1)
SETTINGS = """
now = "{now}"
[stores.main]
account = "demostore"
base_url = "{address}/vtex"
app_key = {{ env = "KEY" }}
app_token = {{ env = "TOKEN" }}
currency = "BRL"
"""
OLDER = """
update raw.vtex_orders
set payload = json_merge_patch(payload, '{"shippingData": null, "itemMetadata": null}');
insert into state.incomplete_orders by name
select store, order_id, created_at, 0 as tries, false as is_done from orders where source = 'vtex';
"""
WHOLE = "select count(*) from raw.vtex_orders where contains(payload::varchar, 'postalPrefix')"
LEFT = "select count(*) from state.incomplete_orders where not is_done"


def ask(warehouse: Warehouse, query: str) -> Any:
    return warehouse._connection.sql(query).fetchall()[0][0]


@contextmanager
def older(folder: Path, there: Town) -> Iterator[int]:
    """The shop as an older version stored it; how many orders that are."""
    with warehouse_in(folder) as warehouse:
        assert sync_store(warehouse, there.shop, now=NOW, entities=["orders"]).fault is None
        warehouse._connection.execute(OLDER)
        count = ask(warehouse, "select count(*) from raw.vtex_orders")
        assert ask(warehouse, WHOLE) == 0
    there.switch("DELETE", "status")
    yield count


def complete(folder: Path, there: Town, per_day: int = 10_000, days: int = 0) -> Completed:
    return complete_history(
        lambda: open_warehouse(folder, job="history", memory_limit="500MB"),
        there.shop,
        now=NOW + days * DAY,
        per_day=per_day,
        sleep=lambda seconds: None,
    )


def test_a_return_is_seen_in_a_list_without_last_changes(tmp_path: Path) -> None:
    with town() as there, warehouse_in(tmp_path) as warehouse:
        there.switch("PATCH", "weather", {"hide_last_change": True})
        sync_store(warehouse, there.shop, now=NOW, entities=["orders"])
        main = there.simulator.main
        book, now_us = main.world.book, main.now_us()
        order = next(
            at
            for at in reversed(range(len(book)))
            if status_at(book, at, now_us) == "invoiced" and not refunds_at(book, at, NEVER)
        )
        for cents, hours in ((100, 4), (50, 8)):  # the second time under the same number
            change_order(main, book.order_id[order], "refund", {"cents": cents, "receipt": "R"})
            there.switch("POST", "advance", {"hours": 4})
            later = NOW + timedelta(hours=hours)
            there.switch("DELETE", "status")
            sync_store(warehouse, there.shop, now=later, entities=["orders"])
            assert there.detail_fetches < 30

        found = ask(
            warehouse,
            "select sum(amount_cents)::int from order_refunds"
            f" where order_id = '{book.order_id[order]}'",
        )
        assert found == 150


def test_orders_are_fetched_again_by_id_and_by_days_whatever_the_list_says(tmp_path: Path) -> None:
    with town() as there, older(tmp_path, there) as count, warehouse_in(tmp_path) as warehouse:
        first = ask(warehouse, "select min(order_id) from orders")

        sync_store(warehouse, there.shop, now=NOW, entities=["orders"])
        assert ask(warehouse, WHOLE) < 10
        done = refetch_store(warehouse, there.shop, now=NOW, order_ids=[first, "none", first])
        orders = done.entity("orders")
        assert (orders.fetched_count, orders.loaded.reject_count) == (2, 1)
        assert ask(warehouse, f"{WHOLE} and key = '{first}'") == 1

        recent = ask(
            warehouse,
            "select count(*) from orders where created_at >= timestamp '2026-02-08 15:00'",
        )
        done = refetch_store(warehouse, there.shop, now=NOW, days=30)
        assert done.entity("orders").fetched_count == recent
        assert recent <= ask(warehouse, WHOLE) < count
        assert warehouse.records.watermark("main", "orders") is not None


def test_history_is_completed_oldest_first_so_many_a_day(tmp_path: Path) -> None:
    with town() as there, older(tmp_path, there) as count:
        assert complete(tmp_path, there, 40) == Completed("main", 40, 40, count - 40, 0)
        with warehouse_in(tmp_path) as warehouse:
            done = "select max(created_at) from state.incomplete_orders where is_done"
            open_ = "select min(created_at) from state.incomplete_orders where not is_done"
            assert ask(warehouse, done) <= ask(warehouse, open_)
        assert complete(tmp_path, there, 40) == Completed("main", 0, 0, count - 40, 0)
        with warehouse_in(tmp_path) as warehouse:  # a sync that sees one settles it as well
            refetch_store(warehouse, there.shop, now=NOW, days=30)
            left = ask(warehouse, LEFT)
            assert left < count - 40
        assert complete(tmp_path, there, days=1) == Completed("main", left, left, 0, 0)
        assert complete(tmp_path, there, days=2) == Completed("main", 0, 0, 0, 0)
        with warehouse_in(tmp_path) as warehouse:
            assert ask(warehouse, WHOLE) == count


def test_what_vtex_no_longer_has_is_asked_for_twice_and_counted(tmp_path: Path) -> None:
    with town(orders=30) as there, older(tmp_path, there) as count:
        with warehouse_in(tmp_path) as warehouse:
            warehouse._connection.execute(
                "insert into state.incomplete_orders"
                " values ('main', 'old', '2022-01-01', null, 0, false)"
            )
        assert complete(tmp_path, there) == Completed("main", count + 2, count, 0, 1)


def test_an_account_that_knows_none_of_them_is_not_believed(tmp_path: Path) -> None:
    with town(orders=30) as there, older(tmp_path, there):
        with warehouse_in(tmp_path) as warehouse:
            warehouse._connection.execute(
                "insert into state.incomplete_orders"
                " select 'main', 'x' || range, '2026-01-01', null, 0, false from range(150)"
            )
            before = ask(warehouse, LEFT)
        with pytest.raises(HeldBack, match="right account"):
            complete(tmp_path, there)
        with warehouse_in(tmp_path) as warehouse:
            assert ask(warehouse, LEFT) == before


def start(folder: Path, *options: str) -> subprocess.Popen[str]:
    environ = {**os.environ, "KEY": FULL_KEY.app_key, "TOKEN": FULL_KEY.app_token}
    return subprocess.Popen(
        [sys.executable, "-m", "enrich", "sync", *options],
        cwd=folder,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_completing_goes_on_after_a_kill_and_lets_others_work(tmp_path: Path) -> None:
    with town(orders=SLICE + 100) as there, older(tmp_path / "data", there) as count:
        text = SETTINGS.format(now=NOW.isoformat(), address=there.address)
        (tmp_path / "enrich.toml").write_text(f"{text}pace = {{ requests_per_second = 90 }}\n")

        # No answer after these, so that the kill comes before the end on any machine.
        held = {"route": "order", "kind": "slow", "seconds": 60, "after": SLICE + 30, "times": 99}
        there.switch("PATCH", "weather", {"script": [held]})
        first = start(tmp_path, "--complete-history")
        there.wait_for_details(SLICE + 30)
        first.send_signal(signal.SIGKILL)
        first.communicate(timeout=600)
        there.switch("PATCH", "weather", {"script": []})
        with warehouse_in(tmp_path / "data") as warehouse:
            assert ask(warehouse, LEFT) == count - SLICE
            assert ask(warehouse, WHOLE) == SLICE

        second = start(tmp_path, "--complete-history")
        there.wait_for_details(there.detail_fetches + 10)
        other = start(tmp_path, "--entity", "brands")  # while that one is asking VTEX
        said, errors = other.communicate(timeout=600)
        assert (other.returncode, "error" in errors) == (0, False)
        said, errors = second.communicate(timeout=600)
        assert (second.returncode, "error" in errors) == (0, False)
        assert said.strip().splitlines()[-1] == (
            f"main: {count - SLICE} orders asked for, {count - SLICE} completed, 0 left"
        )
        assert there.detail_fetches <= count + SLICE

    with duckdb.connect(str(tmp_path / "data" / "warehouse.duckdb"), read_only=True) as file:
        assert file.sql(WHOLE).fetchall() == [(count,)]


def test_more_than_a_fifth_of_the_skus_missing_is_a_fault_reported_once(tmp_path: Path) -> None:
    gone = """
        insert into order_items by name
        select
            'main' as store, min(order_id) as order_id, 100 + range as line_no,
            'gone' || range as sku
        from orders, range(120) group by range
    """
    with town(orders=30) as there, warehouse_in(tmp_path) as warehouse:
        sync_store(warehouse, there.shop, now=NOW, entities=["orders"])
        warehouse._connection.execute(gone)
        done = sync_store(warehouse, there.shop, now=NOW, entities=["skus"])
        skus = done.entity("skus")
        assert isinstance(done.fault, HeldBack)
        assert str(done.fault) == skus.note
        assert "documents are unusable" in str(skus.note)
        assert skus.loaded.reject_count == 120
        assert skus.loaded.new_count > 0
        # They are not asked for again within a week, so that the next run goes through.
        assert sync_store(warehouse, there.shop, now=NOW + DAY, entities=["skus"]).fault is None
