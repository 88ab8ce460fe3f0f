"""A made-up shop as import files, with all that ties people of different buckets together."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from enrich.compute.profiles import make_profiles
from enrich.model import Rules
from enrich.predict import PredictionRules
from enrich.predict.replenishment import ProductRules
from enrich.shop import Shop
from enrich.sources.files.reading import read_import
from enrich.warehouse import Warehouse

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SHOP = Shop(
    "main",
    Rules(time_zone="America/Sao_Paulo", rfm_method="icomm"),
    prediction=PredictionRules(min_buyers=20, max_value_correlation=1),
    products=ProductRules(enabled=False),
)
CODES = ("SALE10", "sale10", "Sale10", "WELCOME", "welcome", "FRETE")
NOT_IN_A_LAKE = ("next_due_product", "next_due_on", "next_best_products")
PLACEHOLDER = "till@example.com"


def write_shop(folder: Path, people: int = 120, seed: int = 1) -> dict[str, str]:
    """The globs of its files, by kind: two of orders, of which the second corrects the first."""
    rng = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    orders = [row for person in range(people) for row in _orders(rng, person, people)]
    again = [{**row, "amount": "7.77", "status": "canceled"} for row in rng.sample(orders, 9)]
    half = len(orders) // 2
    tables = {
        "orders-1": orders[:half] + _refunds(rng, orders),
        "orders-2": orders[half:] + again,
        "items-1": [row for order in orders for row in _items(rng, order["order_id"])],
        "customers-1": [_contact(rng, person) for person in range(people) if person % 3],
    }
    for name, rows in tables.items():
        pl.DataFrame(rows, infer_schema_length=None).write_parquet(folder / f"{name}.parquet")
    return {kind: str(folder / f"{kind}-*.parquet") for kind in ("orders", "items", "customers")}


def _orders(rng: random.Random, person: int, people: int) -> list[dict[str, str | None]]:
    return [_order(rng, person, people, number) for number in range(rng.choice((0, 1, 1, 2, 5)))]


def _order(rng: random.Random, person: int, people: int, number: int) -> dict[str, str | None]:
    at = NOW - timedelta(days=rng.randrange(900), minutes=rng.randrange(1440))
    somebody = rng.randrange(people) if rng.random() < 0.1 else person  # a chain of people
    email = rng.choice((f"p{somebody}@example.com", f"P{person}@example.com", None))
    return {
        "order_id": f"{person:05d}-{number}",
        "customer_id": f"c{person}" if rng.random() < 0.7 else None,
        "email": PLACEHOLDER if rng.random() < 0.1 else email,
        "ordered_at": at.isoformat(),
        "amount": f"{rng.randrange(100, 30000) / 100:.2f}",
        "currency": rng.choice(("BRL", "BRL", "BRL", "USD", None)),
        "status": rng.choice(("invoiced", "invoiced", "canceled", None)),
        "promo_code": rng.choice(CODES) if rng.random() < 0.3 else None,
        "refund_of": None,
    }


def _refunds(
    rng: random.Random, orders: list[dict[str, str | None]]
) -> list[dict[str, str | None]]:
    """Of orders of others as well, and some that name none."""
    found = []
    for number, order in enumerate(rng.sample(orders, 14)):
        named = rng.choice(orders)["order_id"] if number % 3 else None
        changed = {"order_id": f"r{number}", "amount": "-5.50", "refund_of": named}
        found.append({**order, **changed, "status": None})
    return found


def _items(rng: random.Random, order_id: str | None) -> list[dict[str, object]]:
    return [
        {
            "order_id": order_id,
            "sku": f"s{sku}",
            "quantity": rng.randrange(1, 4),
            "amount": f"{rng.randrange(100, 9000) / 100:.2f}",
            "product": f"Product {sku}",
            "brand": f"Brand {sku % 7}" if sku % 5 else None,
            "category": f"Category {sku % 4}",
        }
        for sku in (rng.randrange(40) for _ in range(rng.randrange(1, 4)))
    ]


def _contact(rng: random.Random, person: int) -> dict[str, object]:
    shared = rng.random() < 0.06
    return {
        "customer_id": f"c{person}",
        "email": PLACEHOLDER if shared else f"p{person // 2 * 2}@example.com",
        "first_name": f"Name {person}",
        "document": f"{10_000_000 + person // 5}",
        "phone": f"1198765{person:04d}",
        "newsletter_opt_in": rng.choice(("yes", "no", None)),
    }


def import_all(warehouse: Warehouse, globs: dict[str, str]) -> None:
    """The same files in a warehouse, in their order, not resolved yet."""
    for kind, glob in globs.items():
        for path in sorted(Path(glob).parent.glob(Path(glob).name)):
            given = dict.fromkeys(globs) | {kind: path}
            found = read_import(**given, time_zone=SHOP.rules.time_zone, currency=None, now=NOW)
            frames = (found.orders, found.items, found.customers)
            warehouse.imports.load("main", *frames, run_id="r", now=NOW)


def warehouse_profiles(
    warehouse: Warehouse, output: Path, now: datetime = NOW, shop: Shop = SHOP
) -> pl.DataFrame:
    """The profile table of a warehouse, by key, without the products that a lake does not know."""
    make_profiles(warehouse, shop, now=now, output=output)
    return pl.read_parquet(output).sort("customer_key").drop(NOT_IN_A_LAKE)
