"""What a destination is sent of purchases, products, coupons and carts: folders with a `push.toml`.

The folders are as those of test_cases; `push.toml` says which entity is asked for, which records
the destination has already (`there`) and what else decides; `sent.csv` what comes of it, index and
whole records together, or what `query.sql` asks of them.
"""

from __future__ import annotations

import tomllib
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from enrich.destinations.kinds import INDEX, KINDS
from enrich.store import PushTarget
from enrich.store.scripts import registered
from tests.sql.test_cases import HERE, NOW, agree, opened, play

CASES = sorted(path.parent for path in (HERE / "records").rglob("push.toml"))
ASKED = {
    "product_key": "sku",
    "cart_days": 30,
    "currency": "BRL",
    "shop_url": "https://shop.example.com/",
    "time_zone": "America/Sao_Paulo",
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_sent(case: Path, tmp_path: Path) -> None:
    said = tomllib.loads((case / "push.toml").read_text())
    entity, there = said.pop("entity"), said.pop("there", [])
    with opened(tmp_path) as (warehouse, connection):
        play(warehouse, connection, case)
        values = {"destination": "crm", "store": "main", "now": NOW, **ASKED, **said}
        target, sent = PushTarget("crm", "main", entity), pl.Series(there, dtype=pl.String)
        at = NOW - timedelta(days=1)
        warehouse.pushes.intend(target, sent, run_id="r", batch_id="b", now=at)
        index = warehouse.pushes.index(entity, **values)
        rows = warehouse.pushes.rows(entity, index["record_id"], **values)
        assert dict(index.schema) == dict(INDEX)
        assert dict(rows.schema) == KINDS[entity].schema
        whole = rows.join(index.select(pl.exclude(rows.columns), "record_id"), on="record_id")
        with registered(connection, {"whole": whole}):
            query = case / "query.sql"
            asked = query.read_text() if query.exists() else "select * from whole"
            agree(connection, asked, case / "sent.csv")


def test_the_digest_changes_with_what_is_sent_and_with_nothing_else(tmp_path: Path) -> None:
    case = HERE / "records" / "purchases"
    values = {"destination": "crm", "store": "main", "now": NOW, **ASKED}
    changes = {
        "update orders set status = 'shipped'": True,
        "update order_items set amount_cents = amount_cents + 1": True,
        "update orders set promo_code = 'NEW'": True,
        "update order_items set line_no = line_no + 1": True,
        "update orders set last_change_at = last_change_at + interval 1 day": False,
        "update orders set locale = 'pt-BR'": False,
    }
    with opened(tmp_path) as (warehouse, connection):
        play(warehouse, connection, case)
        for change, is_news in changes.items():
            before = warehouse.pushes.index("purchases", **values).select("record_id", "digest")
            connection.execute(change)
            after = warehouse.pushes.index("purchases", **values).select("record_id", "digest")
            assert after.equals(before) is not is_news, change
