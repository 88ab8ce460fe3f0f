"""A made-up shop of two years from order files, with channels and carts beside them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl

from enrich.compute.profiles import make_profiles
from enrich.model import Rules
from enrich.runs.publish import publish
from enrich.shop import Shop
from enrich.warehouse import WAREHOUSE_NAME, ReadCopy, open_warehouse, read_warehouse

NOW = datetime(2026, 3, 10, 15, tzinfo=UTC)
SHOP = Shop("main", Rules(currency="BRL"))
PRODUCTS = [f"Product {number}" for number in range(30)] + ["</script><script>alert(1)</script>"]
BRANDS = ["Aurora", "Bruma", "Cedro", None]
CODES = [None, None, None, "WELCOME", "SUMMER"]


def files(orders: int = 900, people: int = 120) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Orders and lines; some orders are anonymous, a few people buy most, some days are empty."""
    dice = random.Random(5)
    heads, lines = [], []
    for number in range(orders):
        person = min(dice.randrange(people), dice.randrange(people))
        at = NOW - timedelta(days=int(760 * dice.random() ** 2), minutes=dice.randrange(600))
        who = None if dice.random() < 0.1 else f"c{person}"
        email = who and f"{who}@example.com"
        cents = 0
        for line in range(1, dice.randrange(2, 5)):
            amount, quantity = dice.randrange(500, 20000), dice.randrange(1, 4)
            product = dice.randrange(len(PRODUCTS))
            name, brand = PRODUCTS[product], BRANDS[product % 4]
            category = f"Category {product % 3}"
            row = (f"o{number}", line, f"s{product}", quantity, amount, name, brand, category)
            lines.append(row)
            cents += amount
        heads.append((f"o{number}", who, email, at.replace(tzinfo=None), cents, dice.choice(CODES)))
    names = ["order_id", "customer_id", "email", "ordered_at", "amount_cents", "promo_code"]
    items = ["order_id", "line_no", "sku", "quantity", "amount_cents", "product", "brand"]
    return (
        pl.DataFrame(heads, schema=names, orient="row"),
        pl.DataFrame(lines, schema=[*items, "category"], orient="row"),
    )


FRONT = Path(__file__).with_name("front.sql")


def add_front(folder: Path) -> None:
    """What only VTEX knows, added to the warehouse of the imported shop."""
    with duckdb.connect(str(folder / WAREHOUSE_NAME)) as connection:
        connection.execute(FRONT.read_text())


@contextmanager
def published(folder: Path, shop: Shop = SHOP) -> Iterator[ReadCopy]:
    """The read copy of the shop, with profiles of three days."""
    orders, items = files()
    with open_warehouse(folder, memory_limit="500MB") as warehouse:
        warehouse.imports.load(shop.name, orders, items, None, run_id="import", now=NOW)
    add_front(folder)
    with open_warehouse(folder, memory_limit="500MB") as warehouse:
        for days in (120, 20, 0):
            make_profiles(warehouse, shop, now=NOW - timedelta(days=days))
        publish(warehouse)
    with read_warehouse(folder) as copy:
        yield copy
