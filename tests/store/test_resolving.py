"""Who bought what does not depend on the order in which rows arrived, nor on running again."""

from __future__ import annotations

import json
import random
from pathlib import Path

import duckdb
import pytest

from enrich.model import RawRecord, Rules
from enrich.store import WAREHOUSE_NAME, Warehouse, open_warehouse, read_warehouse
from tests.store.conftest import NOW, RUN

TABLES = ("customers", "order_customers", "purchases", "purchase_lines", "purchase_promo_codes")


def invented_shop() -> tuple[list[RawRecord], list[RawRecord]]:
    """Few profiles, documents and e-mails on many orders, so that they collide in every way."""
    dice = random.Random(7)
    orders = [
        {
            "orderId": f"o{n:02}",
            "orderGroup": dice.choice([None, f"g{n // 2}"]),
            "status": dice.choice(["invoiced", "handling", "canceled"]),
            "isCompleted": True,
            "value": dice.randrange(1000),
            "creationDate": f"2026-01-{dice.randrange(1, 5):02}T10:00:00Z",
            "authorizedDate": "2026-01-05T10:00:00Z",
            "marketingData": {"coupon": dice.choice([None, "Code", "CODE", "code"])},
            "clientProfileData": {
                "userProfileId": dice.choice([None, "p1", "p2", "P3", "p4"]),
                "document": dice.choice([None, "10001", "10002", "10003", "10004"]),
                "email": dice.choice([None, *(f"u{i}@example.com" for i in range(5))]),
            },
            "items": [{"id": "1", "name": "Cup", "quantity": 1, "sellingPrice": 5}],
        }
        for n in range(60)
    ]
    contacts = [
        {"id": f"c{n}", "userId": f"p{n % 3}", "email": f"u{n % 4}@example.com"} for n in range(5)
    ]
    return (
        [RawRecord(str(order["orderId"]), json.dumps(order)) for order in orders],
        [RawRecord(contact["id"], json.dumps(contact)) for contact in contacts],
    )


def resolved(folder: Path, orders: list[RawRecord], contacts: list[RawRecord]) -> list[object]:
    with open_warehouse(folder) as warehouse:
        warehouse.load_records("main", "orders", orders, **RUN)
        warehouse.load_records("main", "customers", contacts, **RUN)
        return said(warehouse, folder)


def said(warehouse: Warehouse, folder: Path) -> list[object]:
    warehouse.resolve("main", Rules(), **RUN)
    warehouse.publish()
    with read_warehouse(folder) as copy:
        return [copy.query(f"from {table} order by all").rows() for table in TABLES]


def test_the_order_of_rows_does_not_matter(tmp_path: Path) -> None:
    orders, contacts = invented_shop()
    first = resolved(tmp_path / "a", orders, contacts)
    random.Random(1).shuffle(orders)
    assert resolved(tmp_path / "b", orders, contacts[::-1]) == first


def test_resolving_again_changes_nothing(tmp_path: Path) -> None:
    orders, contacts = invented_shop()
    first = resolved(tmp_path, orders, contacts)
    by_hand(tmp_path, "delete from state.resolved")
    with open_warehouse(tmp_path) as warehouse:
        assert said(warehouse, tmp_path) == first


SOMETHING_ELSE = {
    "an order is gone": "delete from orders where order_id = 'o07'",
    "a line costs more": "update order_items set amount_cents = 6 where order_id = 'o07'",
    "a contact has moved": "update contacts set email = 'new@example.com' where contact_id = 'c1'",
    "a code counts": "update order_promo_codes set is_applied = not is_applied",
    "the catalogue knows more": "insert into skus (store, sku, brand) values ('main', '1', 'B')",
}


def test_what_is_resolved_already_is_left_alone(tmp_path: Path) -> None:
    resolved(tmp_path, *invented_shop())
    by_hand(tmp_path, "delete from purchases")
    with open_warehouse(tmp_path) as warehouse:
        findings = warehouse.resolve("main", Rules(), **RUN)
        assert warehouse.profile_inputs("main").purchases.is_empty()
        assert findings.height > 0
        warehouse.resolve("main", Rules(purchase_rule="invoiced"), **RUN)
        assert warehouse.profile_inputs("main").purchases.height > 0


@pytest.mark.parametrize("change", SOMETHING_ELSE.values(), ids=SOMETHING_ELSE)
def test_whatever_else_there_is_to_read_is_resolved(tmp_path: Path, change: str) -> None:
    resolved(tmp_path, *invented_shop())
    by_hand(tmp_path, change)
    with open_warehouse(tmp_path) as warehouse:
        warehouse.resolve("main", Rules(), run_id="run 2", now=NOW)
    assert ask(tmp_path, "select run_id from state.resolved") == [("run 2",)]


def test_what_does_not_hold_in_places_is_made_anew_as_a_whole(tmp_path: Path) -> None:
    first = resolved(tmp_path, *invented_shop())
    damage = "update purchase_orders set order_id = 'o07'"
    news = "update order_items set amount_cents = 6 where order_id = 'o08'"
    by_hand(tmp_path, f"{damage}; {news}")
    with open_warehouse(tmp_path) as warehouse:
        found = warehouse.resolve("main", Rules(), **RUN)
        assert "faults_mended" in found["finding"].to_list()
        assert said(warehouse, tmp_path)[:3] == first[:3]


def by_hand(folder: Path, statements: str) -> None:
    with duckdb.connect(str(folder / WAREHOUSE_NAME)) as connection:
        connection.execute(statements)


def ask(folder: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(folder / WAREHOUSE_NAME)) as connection:
        return connection.sql(query).fetchall()


def test_a_resolve_that_fails_leaves_the_one_before(tmp_path: Path) -> None:
    orders, contacts = invented_shop()
    resolved(tmp_path, orders, contacts)
    with open_warehouse(tmp_path) as warehouse:
        before = warehouse.profile_inputs("main")
        with pytest.raises(duckdb.Error):
            warehouse.resolve("main", Rules(time_zone="Mars/Olympus"), **RUN)
        after = warehouse.profile_inputs("main")
    assert after.customers.equals(before.customers)
    assert after.purchases.equals(before.purchases)
    assert after.purchases.height > 0
