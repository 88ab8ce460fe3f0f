"""Loading is all or nothing, keyed, and changes nothing the second time."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest

from enrich.errors import BadSettings
from enrich.model import Loaded, RawRecord, Reject, Rules
from enrich.warehouse import Warehouse, open_warehouse, read_warehouse
from enrich.warehouse.loading import type_again
from tests.store.conftest import NOW, RUN

Order = Callable[..., RawRecord]


def counts(warehouse: Warehouse) -> dict[str, int]:
    rows = warehouse.table_counts()
    return dict(zip(rows["table_name"], rows["row_count"], strict=True))


def test_the_same_load_twice_is_one_load(tmp_path: Path, order: Order) -> None:
    records = [order("o1"), order("o2")]
    with open_warehouse(tmp_path) as warehouse:
        assert warehouse.records.load("main", "orders", records, **RUN) == Loaded(new_count=2)
        before = counts(warehouse)
        again = warehouse.records.load("main", "orders", records, **RUN)
        assert again == Loaded(unchanged_count=2)
        assert counts(warehouse) == before


def test_a_changed_document_replaces_its_typed_rows(tmp_path: Path, order: Order) -> None:
    with open_warehouse(tmp_path) as warehouse:
        warehouse.records.load("main", "orders", [order("o1"), order("o2")], **RUN)
        less = order("o1", status="canceled", items=[])
        assert warehouse.records.load("main", "orders", [less], **RUN) == Loaded(changed_count=1)
        assert counts(warehouse)["orders"] == 2
        assert counts(warehouse)["order_items"] == 1


def test_an_older_document_does_not_replace_a_newer_one(tmp_path: Path, order: Order) -> None:
    newer = order("o1", NOW, value=2000)
    older = order("o1", NOW - timedelta(hours=1), value=1000)
    with open_warehouse(tmp_path) as warehouse:
        warehouse.records.load("main", "orders", [newer], **RUN)
        again = warehouse.records.load("main", "orders", [older], **RUN)
    assert again == Loaded(unchanged_count=1)


def test_of_a_repeated_document_the_newest_counts(tmp_path: Path, order: Order) -> None:
    records = [order("o1", NOW, value=2), order("o1", NOW - timedelta(hours=1), value=1)]
    with open_warehouse(tmp_path) as warehouse:
        assert warehouse.records.load("main", "orders", records, **RUN) == Loaded(new_count=1)
        warehouse.resolve("main", Rules(), **RUN)
        warehouse.publish()
    with read_warehouse(tmp_path) as copy:
        assert copy.query("select value_cents from orders").item() == 2


def test_a_failing_load_leaves_nothing(tmp_path: Path, order: Order) -> None:
    broken = RawRecord("o2", "{not json")
    with open_warehouse(tmp_path) as warehouse:
        before = counts(warehouse)
        with pytest.raises(duckdb.Error):
            warehouse.records.load("main", "orders", [order("o1"), broken], **RUN, watermark_at=NOW)
        assert counts(warehouse) == before
        assert warehouse.records.watermark("main", "orders") is None


def test_the_watermark_moves_with_the_rows(tmp_path: Path, order: Order) -> None:
    with open_warehouse(tmp_path) as warehouse:
        warehouse.records.load("main", "orders", [order("o1")], **RUN, watermark_at=NOW)
        assert warehouse.records.watermark("main", "orders") == NOW
        assert warehouse.records.watermark("other", "orders") is None


def test_a_record_rejected_is_one_row_until_it_is_good(tmp_path: Path, order: Order) -> None:
    reject = Reject("o1", "value is missing", "{}")
    with open_warehouse(tmp_path) as warehouse:
        for _ in range(2):
            loaded = warehouse.records.load("main", "orders", [], [reject], **RUN)
            assert loaded == Loaded(reject_count=1)
        assert warehouse.records.rejects("main")["reason"].to_list() == ["value is missing"]
        warehouse.records.load("main", "orders", [order("o1")], **RUN)
        assert warehouse.records.rejects("main").is_empty()


def test_stores_do_not_touch_each_other(tmp_path: Path, order: Order) -> None:
    with open_warehouse(tmp_path) as warehouse:
        for store in ("a", "b"):
            warehouse.records.load(store, "orders", [order("o1", value=1)], **RUN)
        warehouse.records.load("a", "orders", [order("o1", value=2)], **RUN)
        for store in ("a", "b"):
            warehouse.resolve(store, Rules(), **RUN)
        warehouse.publish()
    with read_warehouse(tmp_path) as copy:
        rows = copy.query("select store, amount_cents from purchases order by store").rows()
    assert rows == [("a", 2), ("b", 1)]


def test_a_customer_in_two_letter_cases_is_one(tmp_path: Path) -> None:
    told = json.dumps({"id": "AB", "email": "ana@example.com", "homePhone": "555"})
    with open_warehouse(tmp_path) as warehouse:
        warehouse.records.load("main", "customers", [RawRecord("AB", told)], **RUN)
        again = warehouse.records.load("main", "customers", [RawRecord("ab", told)], **RUN)
        assert again == Loaded(unchanged_count=1)


def test_an_email_or_phone_once_told_is_not_lost(tmp_path: Path) -> None:
    told = {"id": "a", "email": "ana@example.com", "homePhone": "555", "firstName": "Ana"}
    lost = {"id": "a", "email": None, "homePhone": None, "cellPhone": None, "firstName": "Anne"}
    with open_warehouse(tmp_path) as warehouse:
        for document in (told, lost, lost):
            record = RawRecord("a", json.dumps(document))
            loaded = warehouse.records.load("main", "customers", [record], **RUN)
        assert loaded == Loaded(unchanged_count=1)
        type_again(warehouse._connection, "main", "customers")
        warehouse.resolve("main", Rules(), **RUN)
        customers = warehouse.profiles.parts("main").customers(0)
    known = customers.select("email", "phone", "first_name").rows()
    assert known == [("ana@example.com", "555", "Anne")]


def test_fields_the_shop_defined(tmp_path: Path) -> None:
    record = RawRecord("a", json.dumps({"id": "a", "club": "gold", "shoeSize": 38, "more": 1}))
    with open_warehouse(tmp_path) as warehouse:
        fields = ("club", "shoeSize", "absent")
        warehouse.records.load("main", "customers", [record], **RUN, extra_fields=fields)
        warehouse.resolve("main", Rules(), **RUN)
        extra = warehouse.profiles.parts("main").customers(0)["extra_fields"].item()
    assert json.loads(extra) == {"club": "gold", "shoeSize": "38", "absent": None}


SAID = [
    ("true", True), ("false", False), ('"true"', True), ("null", None), ('"perhaps"', None),
]  # fmt: skip


@pytest.mark.parametrize(("said", "known"), SAID)
def test_a_consent_is_read_from_the_field_that_the_shop_chose(
    said: str, known: bool | None, tmp_path: Path
) -> None:
    record = RawRecord("a", f'{{"id": "a", "acceptsSms": {said}, "isNewsletterOptIn": true}}')
    fields = {"sms": "acceptsSms", "ads": "absent"}
    with open_warehouse(tmp_path) as warehouse:
        warehouse.records.load("main", "customers", [record], **RUN, opt_in_fields=fields)
        warehouse.resolve("main", Rules(), **RUN)
        customers = warehouse.profiles.parts("main").customers(0)
    consents = customers.select("newsletter_opt_in", "sms_opt_in", "whatsapp_opt_in", "ads_opt_in")
    assert consents.row(0) == (True, known, None, None)


def test_the_listing_is_what_was_said_last(tmp_path: Path) -> None:
    row = {
        "order_id": "o1",
        "status": "handling",
        "total_value": 10.0,
        "is_complete": True,
        "authorized_at": NOW,
        "last_change_at": None,
        "detail_at": NOW,
        "detail_status": "handling",
        "detail_cents": 1000,
        "detail_changed_at": NOW,
    }
    with open_warehouse(tmp_path) as warehouse:
        for status in ("handling", "invoiced"):
            warehouse.orders.keep_listing("main", pl.DataFrame([{**row, "status": status}]))
        found = warehouse.orders.listing("main", ["o1", "unknown"])
    assert found["status"].to_list() == ["invoiced"]
    assert found["authorized_at"].item() == NOW.replace(tzinfo=None)


def test_skus_nobody_asked_the_catalogue_about(tmp_path: Path, order: Order) -> None:
    with open_warehouse(tmp_path) as warehouse:
        warehouse.records.load("main", "orders", [order("o1")], **RUN)
        assert warehouse.records.unknown_skus("main") == ["301"]
        warehouse.records.load("main", "skus", [RawRecord("301", '{"Id": 301}')], **RUN)
        assert warehouse.records.unknown_skus("main") == []


def test_the_same_import_twice_is_one_import(tmp_path: Path) -> None:
    orders = pl.DataFrame(
        {
            "order_id": ["i1"],
            "customer_id": ["c1"],
            "ordered_at": [datetime(2025, 1, 1, tzinfo=UTC)],
            "amount_cents": [100],
        }
    )
    items = pl.DataFrame({"order_id": ["i1", "i1"], "line_no": [1, 2], "sku": ["a", "b"]})
    with open_warehouse(tmp_path) as warehouse:
        first = warehouse.imports.load("main", orders, items, None, **RUN)
        again = warehouse.imports.load("main", orders, items, None, **RUN)
        shorter = warehouse.imports.load("main", None, items.head(1), None, **RUN)
        assert first["items"] == Loaded(new_count=2)
        assert again["orders"] == Loaded(unchanged_count=1)
        assert again["items"] == Loaded(unchanged_count=2)
        assert shorter["items"] == Loaded(unchanged_count=1)
        assert counts(warehouse)["order_items"] == 1


def test_an_unknown_import_column_is_refused(tmp_path: Path) -> None:
    orders = pl.DataFrame({"order_id": ["i1"], "colour": ["red"]})
    with open_warehouse(tmp_path) as warehouse, pytest.raises(BadSettings, match="colour"):
        warehouse.imports.load("main", orders, None, None, **RUN)
