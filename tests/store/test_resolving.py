"""Who bought what does not depend on the order in which rows arrived, nor on running again."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl
import pytest

from enrich.model import RawRecord, Rules
from enrich.warehouse import WAREHOUSE_NAME, Warehouse, open_warehouse, read_warehouse
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


ORDERS, CONTACTS = invented_shop()
NEXT = "the next run"
MOVED = RawRecord("c1", '{"id": "c1", "userId": "p1", "email": "new@example.com"}')
SKU = RawRecord("1", '{"Id": 1, "ProductName": "Jar"}')
COUPON = RawRecord("once", '{"couponCode": "once"}')


def order(cents: int) -> RawRecord:
    """The first order, with another amount."""
    return RawRecord("o00", json.dumps({**json.loads(ORDERS[0].payload), "value": cents}))


def resolved(folder: Path, orders: list[RawRecord], contacts: list[RawRecord]) -> list[object]:
    with open_warehouse(folder) as warehouse:
        warehouse.records.load("main", "orders", orders, **RUN)
        warehouse.records.load("main", "customers", contacts, **RUN)
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


def test_what_is_resolved_already_is_left_alone(tmp_path: Path) -> None:
    resolved(tmp_path, *invented_shop())
    by_hand(tmp_path, "delete from purchases")
    with open_warehouse(tmp_path) as warehouse:
        findings = warehouse.resolve("main", Rules(), **RUN)
        assert warehouse.profiles.parts("main").purchases(0).is_empty()
        assert findings.height > 0
        warehouse.resolve("main", Rules(purchase_rule="invoiced"), **RUN)
        assert warehouse.profiles.parts("main").purchases(0).height > 0


def imported(warehouse: Warehouse) -> None:
    orders = pl.DataFrame({"order_id": ["i1"], "email": ["u1@example.com"], "amount_cents": [5]})
    warehouse.imports.load("main", orders, None, None, **RUN)


LOADS: dict[str, tuple[Callable[[Warehouse], object], str]] = {
    "an order has changed": (lambda w: w.records.load("main", "orders", [order(1)], **RUN), NEXT),
    "a contact has moved": (lambda w: w.records.load("main", "customers", [MOVED], **RUN), NEXT),
    "the catalogue knows more": (lambda w: w.records.load("main", "skus", [SKU], **RUN), NEXT),
    "a file was imported": (imported, NEXT),
    "a contact is gone": (
        lambda w: w.contacts.settle_deletions("main", {"c1": NOW}, [], run_id=""),
        NEXT,
    ),
    "the same orders again": (lambda w: w.records.load("main", "orders", ORDERS, **RUN), "run"),
    "a coupon": (lambda w: w.records.load("main", "coupons", [COUPON], **RUN), "run"),
    "somebody is still there": (
        lambda w: w.contacts.settle_deletions("main", {"unknown": NOW}, ["c1"], run_id=""),
        "run",
    ),
}


@pytest.mark.parametrize(("load", "resolved_by"), LOADS.values(), ids=LOADS)
def test_a_load_that_changes_something_is_resolved(
    tmp_path: Path, load: Callable[[Warehouse], object], resolved_by: str
) -> None:
    resolved(tmp_path, ORDERS, CONTACTS)
    with open_warehouse(tmp_path) as warehouse:
        load(warehouse)
        warehouse.resolve("main", Rules(), run_id=NEXT, now=NOW)
    found = ask(tmp_path, "select run_id from state.resolved")
    assert found == [(resolved_by if resolved_by == NEXT else RUN["run_id"],)]


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
        parts = warehouse.profiles.parts("main")
        before = parts.customers(0), parts.purchases(0)
        with pytest.raises(duckdb.Error):
            warehouse.resolve("main", Rules(time_zone="Mars/Olympus"), **RUN)
        after = parts.customers(0), parts.purchases(0)
    assert all(one.equals(other) for one, other in zip(before, after, strict=True))
    assert after[1].height > 0
