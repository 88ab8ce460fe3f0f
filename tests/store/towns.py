"""Small made-up stores that change from step to step: typed rows, written as a load would."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import duckdb
import polars as pl

from enrich.warehouse.scripts import registered

Row = dict[str, Any]
Rows = dict[str, list[Row]]
"""The rows of each table of one thing: an order with its lines, a contact with its cart, ..."""

Change = tuple[str, str, Rows]
"""Entity, key, and what is there of it from now on; no rows when it is gone."""

ENTITIES = {
    "order": ("orders", "order_items", "order_refunds", "order_promo_codes"),
    "receipt": ("order_refunds",),
    "contact": ("contacts", "contact_deletions"),
    "abandoned": ("carts",),
    "sku": ("skus",),
    "brand": ("brands",),
}
KEYS = {
    "order": "order_id",
    "receipt": "receipt",
    "contact": "contact_id",
    "abandoned": "contact_id",
    "sku": "sku",
    "brand": "brand_id",
}
COUNTS = {"order": 90, "receipt": 8, "contact": 25, "abandoned": 12, "sku": 12, "brand": 2}


def beginning(dice: Random) -> list[Change]:
    """Nearly everything there is to be in a store."""
    everything = [(entity, n) for entity, count in COUNTS.items() for n in range(count)]
    return [_change(dice, entity, n) for entity, n in everything if dice.random() < 0.8]


def step(dice: Random) -> list[Change]:
    """A few orders, contacts and SKUs that are new, gone or another; names of brands stay."""
    named = ["order", "contact", "abandoned", "receipt", "sku"]
    entities = dice.choices(named, [10, 4, 2, 1, 1], k=dice.randint(1, 4))
    return [_change(dice, entity, dice.randrange(COUNTS[entity])) for entity in entities]


def _change(dice: Random, entity: str, n: int) -> Change:
    letter = "c" if entity == "abandoned" else entity[0]
    return entity, f"{letter}{n}", {} if dice.random() < 0.15 else _MADE[entity](dice)


def _order(dice: Random) -> Rows:
    source = dice.choice(["vtex", "vtex", "import"])
    head = {
        "source": source,
        "order_group": _some(dice, "g", 15, 0.3),
        "origin": dice.choice(["Fulfillment", "Chain"]) if dice.random() < 0.1 else None,
        "affiliate_id": "MLB",
        "status": dice.choice(["invoiced", "invoiced", "handling", "canceled", "strange"]),
        "is_completed": dice.random() < 0.8,
        "created_at": _moment(dice),
        "authorized_at": _moment(dice) if dice.random() < 0.8 else None,
        "value_cents": dice.choice([1000, 700, 500, 0, -300, -900]),
        "currency": dice.choice([None, "BRL", "BRL", "BRL", "USD"]),
        "refund_of": _some(dice, "o", 90, 0.3) if source == "import" else None,
        "email": _some(dice, "u", 30, 0.3),
        "user_profile_id": _some(dice, "p", 40, 0.5),
        "customer_id": _some(dice, dice.choice("pP"), 40, 0.5),
        "document": _some(dice, "d", 12, 0.25),
        "is_corporate": dice.random() < 0.1,
        "first_name": dice.choice([None, "A", "B"]),
    }
    return {
        "orders": [head],
        "order_items": [_line(dice, n) for n in range(dice.randrange(3))],
        "order_refunds": [_returned(dice) for _ in range(dice.randrange(3))],
        "order_promo_codes": [_code(dice) for _ in range(dice.randrange(2))],
    }


def _line(dice: Random, line_no: int) -> Row:
    return {
        "line_no": line_no,
        "sku": _some(dice, "s", 12, 1.0),
        "product": dice.choice([None, "Cup"]),
        "category": dice.choice([None, "Home"]),
        "quantity": dice.randrange(3),
        "amount_cents": dice.choice([100, 900]),
        "is_gift": dice.random() < 0.2,
    }


def _code(dice: Random) -> Row:
    code = dice.choice(["Code", "CODE", "Other", "OTHER", "once"])
    return {"promo_code": code, "promo_code_key": code.lower(), "is_applied": dice.random() < 0.5}


def _contact(dice: Random) -> Rows:
    contact = {
        "source": dice.choice(["vtex", "vtex", "import"]),
        "customer_id": _some(dice, "p", 40, 0.7),
        "email": _some(dice, "u", 30, 0.5),
        "document": _some(dice, "d", 12, 0.4),
        "is_corporate": dice.random() < 0.1,
        "first_name": dice.choice([None, "A", "B"]),
        "created_at": _moment(dice) if dice.random() < 0.7 else None,
    }
    gone = {"source": "vtex", "deleted_at": _moment(dice)}
    return {"contacts": [contact], "contact_deletions": [gone] if dice.random() < 0.2 else []}


def _abandoned(dice: Random) -> Rows:
    cart = {"abandoned_at": _moment(dice), "checkout_step": dice.choice([None, "Finalizado"])}
    return {"carts": [{**cart, "is_abandoned": cart["checkout_step"] is None}]}


def _returned(dice: Random) -> Row:
    at = _moment(dice) if dice.random() < 0.9 else None
    return {
        "source": "vtex",
        "receipt": f"r{dice.randrange(1000)}",
        "refunded_at": at,
        "amount_cents": dice.choice([300, 700]),
    }


def _receipt(dice: Random) -> Rows:
    refund = {"order_id": _some(dice, "o", 90, 1), "source": "vtex", "amount_cents": 400}
    return {"order_refunds": [refund]}


def _sku(dice: Random) -> Rows:
    entry = {
        "product": dice.choice(["Mug", "Jar"]),
        "brand_id": _some(dice, "b", 2, 1),
        "category_path_ids": dice.choice([None, ["1"], ["1", "2"]]),
    }
    return {"skus": [entry]}


def _brand(dice: Random) -> Rows:
    return {"brands": [{"brand": dice.choice(["X", "Y"])}]}


_MADE: dict[str, Callable[[Random], Rows]] = {
    "order": _order,
    "receipt": _receipt,
    "contact": _contact,
    "abandoned": _abandoned,
    "sku": _sku,
    "brand": _brand,
}


def _some(dice: Random, letter: str, count: int, share: float) -> str | None:
    return f"{letter}{dice.randrange(count)}" if dice.random() < share else None


def _moment(dice: Random) -> str:
    return f"2026-01-{dice.randint(1, 20):02} {dice.choice([10, 11])}:00:00"


def apply(connection: duckdb.DuckDBPyConnection, store: str, changes: list[Change]) -> None:
    """The typed rows of everything the changes name are as they say; the last word counts."""
    for entity, tables in ENTITIES.items():
        last = {key: found for one, key, found in changes if one == entity}
        for table in tables if last else ():
            rows = [
                {**row, "store": store, KEYS[entity]: key}
                for key, found in last.items()
                for row in found.get(table, [])
            ]
            _replace(connection, table, store, (KEYS[entity], list(last)), rows)
    _refunds_of_imports(connection, store)


def _refunds_of_imports(connection: duckdb.DuckDBPyConnection, store: str) -> None:
    """What sql/imports/typed_orders writes beside an imported refund that names an order."""
    connection.execute(
        "delete from order_refunds where store = $store and source = 'import'", {"store": store}
    )
    connection.execute(
        "insert into order_refunds by name select store, refund_of as order_id, source,"
        " order_id as receipt, created_at as refunded_at, abs(value_cents) as amount_cents"
        " from orders where store = $store and source = 'import' and refund_of is not null"
        " and value_cents <> 0 and status <> 'canceled'",
        {"store": store},
    )


def _replace(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    store: str,
    named: tuple[str, list[str]],
    rows: list[Row],
) -> None:
    column, keys = named
    connection.execute(
        f"delete from {table} where store = $store and {column} in $keys",
        {"store": store, "keys": keys},
    )
    if rows:
        with registered(connection, {"rows": pl.DataFrame(rows, infer_schema_length=None)}):
            connection.execute(f"insert into {table} by name from rows")
