"""Forgetting looked at from inside: no text of any table holds the person, however it is stored.

A search of the file's bytes alone would overlook what DuckDB keeps compressed.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest

from enrich.model import RawRecord, Reject
from enrich.receiver import CONSENTS, Message, Notice, inbox_of
from enrich.warehouse import open_warehouse
from tests.cli.shell import NOW, enrich

PERSON = EMAIL, DOCUMENT, ID = "ana.souza@example.com", "52998224725", "customer-of-this-test"
SETTINGS = f"""
now = "{NOW.isoformat()}"
[stores.main]
currency = "BRL"
[destinations.files]
kind = "file"
formats = ["csv", "parquet", "ndjson"]
entities = ["profiles", "purchases", "carts"]
cart_days = 3000
[consent]
enabled = true
[read_copy]
parquet = true
"""
ORDERS = f"""order_id,customer_id,ordered_at,amount,email
i1,{ID},2026-02-01,10.00,{EMAIL}
i2,other,2026-02-02,12.00,other@example.com
i3,{ID},2026-02-05,not a number,{EMAIL}
"""
CUSTOMERS = f"""customer_id,email,first_name,document,tier
{ID},{EMAIL},Ana,{DOCUMENT},"gold, {EMAIL}"
other,other@example.com,Bo,,silver
"""
ORDER = {
    "orderId": "v1",
    "isCompleted": True,
    "status": "invoiced",
    "value": 500,
    "creationDate": "2026-03-01T10:00:00Z",
    "authorizedDate": "2026-03-01T10:01:00Z",
    "clientProfileData": {"email": EMAIL, "document": DOCUMENT, "documentType": "cpf"},
    "items": [{"id": "1", "name": "Cup", "quantity": 1, "sellingPrice": 500}],
}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A person in every place: orders, contacts, rejects, profiles, history, exports, read copy."""
    (tmp_path / "enrich.toml").write_text(SETTINGS)
    (tmp_path / "orders.csv").write_text(ORDERS)
    (tmp_path / "customers.csv").write_text(CUSTOMERS)
    files = ("--orders", tmp_path / "orders.csv", "--customers", tmp_path / "customers.csv")
    done(tmp_path, "import", *files)
    run = {"run_id": "r", "now": NOW}
    with open_warehouse(tmp_path / "data") as warehouse:
        contact = RawRecord("c1", json.dumps({"id": "c1", "email": EMAIL, "document": DOCUMENT}))
        warehouse.records.load("main", "customers", [contact], **run)
        broken = Reject("v9", "orders: broken", json.dumps({"clientProfileData": {"email": EMAIL}}))
        warehouse.records.load(
            "main", "orders", [RawRecord("v1", json.dumps(ORDER))], [broken], **run
        )
    said(tmp_path, NOW - timedelta(days=3))
    done(tmp_path, "consent", "--confirm")
    for day in ("2026-03-08", "2026-03-10"):
        done(tmp_path, "run", "--now", f"{day}T15:00:00Z")
    said(tmp_path, NOW)
    return tmp_path


def said(folder: Path, at: datetime) -> None:
    """A word about the newsletter, received and not yet taken in."""
    inbox = inbox_of(folder / "data", "main")
    inbox.prepare()
    told = Notice(CONSENTS, EMAIL, "unsubscribed", by_person=True)
    inbox.keep(CONSENTS, [Message(told, "hook", at)], at)


def done(folder: Path, *arguments: object) -> str:
    common = ("--config", folder / "enrich.toml", "--data", folder / "data")
    said = enrich(*arguments, *common)
    assert said.code == 0, said.err
    return said.out


def holding(path: Path) -> list[str]:
    """Tables and views of a DuckDB file where some value, as text, holds one of the identifiers."""
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = connection.sql(
            "select table_schema || '.' || table_name from information_schema.tables"
        ).fetchall()
        return [name for (name,) in tables if _holds(connection, name)]


def _holds(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    text = pl.DataFrame(connection.sql(f"from {table}").to_arrow_table()).write_json().lower()
    return any(value.lower() in text for value in PERSON)


def waiting(folder: Path) -> list[Path]:
    """The files of the inbox in which the person stands."""
    files = [path for path in (folder / "data" / "inbox").rglob("*") if path.is_file()]
    return [path for path in files if EMAIL in path.read_text()]


def parquet_files(folder: Path) -> list[Path]:
    """The files of the read copy as Parquet, of every version, in which the person stands."""
    files = (folder / "data" / ".analysis_parquet").rglob("*.parquet")
    texts = {path: pl.read_parquet(path).write_json().lower() for path in files}
    found = [path for path, text in texts.items() if any(v.lower() in text for v in PERSON)]
    assert len({path.parent for path in texts}) == (2 if found else 1)
    return found


def heard(path: Path) -> int:
    """How many people's words about the newsletter the warehouse knows: by a digest, no address."""
    with duckdb.connect(str(path), read_only=True) as connection:
        return len(
            connection.sql("select distinct email_digest from consent_statements").fetchall()
        )


def test_no_table_holds_the_person_any_more(shop: Path) -> None:
    warehouse, copy = shop / "data" / "warehouse.duckdb", shop / "data" / "analysis.duckdb"
    before = set(holding(warehouse))
    assert {
        "raw.vtex_orders", "raw.vtex_customers", "raw.imported_orders", "raw.imported_customers",
        "state.rejects", "main.orders", "main.contacts", "main.customers", "main.profiles",
    } <= before  # fmt: skip
    assert "main.profiles" in holding(copy)
    exports = list((shop / "data" / "exports").glob("*.csv"))
    assert any(EMAIL in path.read_text() for path in exports)
    assert waiting(shop) and heard(warehouse) == 1
    assert "profiles.parquet" in {path.name for path in parquet_files(shop)}

    done(shop, "forget", EMAIL, "--yes")

    assert not waiting(shop) and heard(warehouse) == 0

    assert holding(warehouse) == []
    assert holding(copy) == []
    assert parquet_files(shop) == []
    assert not any(EMAIL in path.read_text() for path in exports if path.exists())
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        assert connection.sql("select sum(amount_cents) from purchases").fetchall() == [(2700,)]
