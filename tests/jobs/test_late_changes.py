"""What happens to an order long after it was pulled arrives too: with the next run, or weekly."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from enrich.runs.publish import publish
from enrich.sync.store import sync_store
from enrich.warehouse import Warehouse, read_warehouse
from tests.jobs.town import NOW, Town, town, warehouse_in

SQL = """
    select order_id from orders
    where status = 'invoiced' and created_at between $first and $last
        and order_id not in (select order_id from order_refunds)
    order by order_id limit 1
"""


@pytest.fixture
def there() -> Iterator[Town]:
    with town(orders=400, customers=80) as made:
        yield made


def invoiced_order(warehouse: Warehouse, folder: Path, days_old: int) -> str:
    publish(warehouse)
    span = {"first": NOW - timedelta(days=days_old + 30), "last": NOW - timedelta(days=days_old)}
    with read_warehouse(folder) as copy:
        return str(copy.query(SQL, span).item())


def refunds(warehouse: Warehouse, folder: Path, order_id: str) -> int:
    publish(warehouse)
    with read_warehouse(folder) as copy:
        sql = "select order_id from order_refunds where order_id = $order_id"
        return copy.query(sql, {"order_id": order_id}).height


def sync_at(there: Town, warehouse: Warehouse, now: datetime) -> None:
    done = sync_store(warehouse, there.shop, now=now)
    assert done.entity("orders").fault is None


def test_a_refund_of_a_recent_order_arrives_with_the_next_run(there: Town, tmp_path: Path) -> None:
    with warehouse_in(tmp_path) as warehouse:
        sync_at(there, warehouse, NOW)
        order_id = invoiced_order(warehouse, tmp_path, days_old=0)
        there.switch("POST", "advance", {"hours": 4})
        there.switch("POST", f"orders/{order_id}/refund", {})
        there.switch("POST", "advance", {"hours": 4})
        sync_at(there, warehouse, NOW + timedelta(hours=8))
        assert refunds(warehouse, tmp_path, order_id) == 1


def test_a_refund_of_an_old_order_arrives_with_the_weekly_long_list(
    there: Town, tmp_path: Path
) -> None:
    with warehouse_in(tmp_path) as warehouse:
        sync_at(there, warehouse, NOW)
        order_id = invoiced_order(warehouse, tmp_path, days_old=120)
        there.switch("POST", "advance", {"hours": 4})
        there.switch("POST", f"orders/{order_id}/refund", {})
        sync_at(there, warehouse, NOW + timedelta(hours=8))
        before = refunds(warehouse, tmp_path, order_id)
        there.switch("POST", "advance", {"days": 8})
        sync_at(there, warehouse, NOW + timedelta(days=8))
        assert (before, refunds(warehouse, tmp_path, order_id)) == (0, 1)


def test_abandoned_carts_are_in_the_read_copy(there: Town, tmp_path: Path) -> None:
    with warehouse_in(tmp_path) as warehouse:
        sync_at(there, warehouse, NOW)
        publish(warehouse)
    with read_warehouse(tmp_path) as copy:
        left = copy.query("select value_cents, skus, abandoned_at from carts where is_abandoned")
    assert left.height > 0
    assert left.null_count().row(0) == (0, 0, 0)
