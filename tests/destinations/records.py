"""Invented purchases, products, coupons and carts, as the warehouse gives them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from enrich.destinations import DestinationEntity
from enrich.destinations.kinds import INDEX, KINDS
from enrich.push.planned import Planner
from enrich.push.sources import records_planner

AUDIENCE = "Slipping away"
FIRST = datetime(2026, 1, 1, 12)  # noqa: DTZ001 - as the warehouse gives UTC


@dataclass(frozen=True)
class Records:
    """Rows of one entity with what a plan needs of each."""

    entity: str
    rows: tuple[Mapping[str, Any], ...]
    over: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return len(self.rows)

    def planner(self, destination: DestinationEntity) -> Planner:
        whole = pl.DataFrame(list(self.rows), schema=KINDS[self.entity].schema)
        return records_planner(
            destination,
            self.index,
            lambda ids: whole.filter(pl.col("record_id").is_in(ids.to_list())),
        )

    def index(self) -> pl.DataFrame:
        return pl.DataFrame([self._entry(row) for row in self.rows], schema=dict(INDEX))

    def _entry(self, row: Mapping[str, Any]) -> dict[str, Any]:
        moment = row.get("ordered_at") or row.get("abandoned_at") or FIRST
        said = {name: value for name, value in row.items() if name not in _UNSAID}
        is_over = row["record_id"] in self.over
        return {
            "record_id": row["record_id"],
            "digest": hashlib.sha256(
                f"{sorted(said.items(), key=str)} {is_over}".encode()
            ).hexdigest(),
            "email": row.get("email"),
            "happened_at": moment,
            "changed_at": row.get("changed_at") or moment,
            "is_over": is_over,
        }

    def but(self, number: int, **values: Any) -> Records:
        """The same where the record of that number has other values."""
        rows = list(self.rows)
        rows[number - 1] = {**rows[number - 1], **values}
        return Records(self.entity, tuple(rows), self.over)

    def ended(self, *numbers: int) -> Records:
        """The same where these count no longer."""
        ids = {self.rows[number - 1]["record_id"] for number in numbers}
        rows = [
            {**row, **_ENDED.get(self.entity, {})} if row["record_id"] in ids else row
            for row in self.rows
        ]
        return Records(self.entity, tuple(rows), self.over | ids)

    def first(self, count: int) -> Records:
        return Records(self.entity, self.rows[:count], self.over)


# A change of these is no change of the record.
_UNSAID = ("email", "customer_id", "changed_at", "amount")
_ENDED: Mapping[str, Mapping[str, Any]] = {
    "purchases": {"is_canceled": True, "status": "canceled"},
    "carts": {"is_abandoned": False},
    "coupons": {"is_archived": True},
    "audiences": {"is_member": False},
    "next_best_products": {"lines": []},
}


def line(sku: str, quantity: int = 1, cents: int = 1990, **values: Any) -> dict[str, Any]:
    """One line of a purchase, of `cents` in all."""
    amount = Decimal(cents) / 100
    unit = round(amount / quantity, 6) if quantity else Decimal(0)
    return {
        "line_key": f"key-{sku}",
        "product_key": sku,
        "sku": sku,
        "product_id": f"p{sku}",
        "ref_id": "REF",
        "product": f"Lamp {sku}",
        "brand": "Linen",
        "category_path": ["Home", "Lamps/Wall"],
        "quantity": quantity,
        "amount": amount,
        "list_amount": amount + 1,
        "unit_amount": unit,
        "unit_list_amount": round((amount + 1) / quantity, 6) if quantity else Decimal(0),
        "url": f"https://shop.example.com/{sku}/p",
        "image_url": f"https://images.example.com/{sku}.jpg",
        "is_gift": False,
        **values,
    }


def with_lines(lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What a purchase says of these lines."""
    paid = sum((one["amount"] for one in lines), Decimal(0))
    return {
        "lines": list(lines),
        "quantity": sum(one["quantity"] for one in lines),
        "lines_amount": paid,
        "discount_amount": sum((one["list_amount"] for one in lines), Decimal(0)) - paid,
        "amount": paid + Decimal("9.90"),
    }


def _purchase(number: int) -> dict[str, Any]:
    at = FIRST + timedelta(hours=number)
    return {
        "record_id": f"order-{number}",
        "order_id": f"order-{number}",
        "cart_id": f"group-{number}",
        "customer_key": number,
        "customer_id": f"0f8fad5b-d9cb-469f-a165-{number:012}",
        "email": f"person{number:04}@example.com",
        "ordered_at": at,
        "ordered_on": at.date(),
        "changed_at": at,
        "status": "invoiced",
        "is_canceled": False,
        "currency": "BRL",
        "refunded_amount": Decimal(0),
        "promo_code": "WELCOME",
        "payment_method": "Pix",
        "sales_channel": "1",
        **with_lines([line("10", 3, 1000), line("20")]),
    }


def _product(number: int) -> dict[str, Any]:
    return {
        "record_id": f"{number * 10}",
        "sku": f"{number * 10}",
        "product_id": f"p{number * 10}",
        "ref_id": "REF",
        "product": f"Lamp {number * 10}",
        "sku_name": "White",
        "brand": "Linen",
        "category_path": ["Home", "Lamps/Wall"],
        "url": f"https://shop.example.com/{number * 10}/p",
        "image_url": f"https://images.example.com/{number * 10}.jpg",
        "price": Decimal("19.90"),
        "is_active": True,
    }


def _coupon(number: int) -> dict[str, Any]:
    code = f"CODE{number}"
    return {
        "record_id": code,
        "promo_code": code,
        "utm_source": "news",
        "utm_campaign": "spring",
        "is_archived": False,
    }


def _cart(number: int) -> dict[str, Any]:
    at = FIRST + timedelta(hours=number)
    return {
        "record_id": f"{number}",
        "customer_key": number,
        "customer_id": f"0f8fad5b-d9cb-469f-a165-{number:012}",
        "email": f"person{number:04}@example.com",
        "first_name": "Zuleika",
        "cart_id": f"contact-{number}@{at:%Y%m%dT%H%M%S}",
        "abandoned_at": at,
        "abandoned_on": date(at.year, at.month, at.day),
        "is_abandoned": True,
        "amount": Decimal("39.80"),
        "currency": "BRL",
        "checkout_step": "Carrinho",
        "url": "https://shop.example.com/checkout/cart/add?sku=10&qty=2",
        "lines": [
            {
                "sku": "10",
                "product": "Lamp 10",
                "quantity": 2,
                "url": "https://shop.example.com/10/p",
                "image_url": "https://images.example.com/10.jpg",
            }
        ],
    }


def _listed(number: int) -> dict[str, Any]:
    whole = _product(number)
    of_line = ("product_id", "sku", "product", "brand", "url", "image_url")
    first = {"rank": 1, **{name: whole[name] for name in of_line}}
    return {
        "record_id": f"{number}",
        "customer_key": number,
        "customer_id": f"0f8fad5b-d9cb-469f-a165-{number:012}",
        "email": f"person{number:04}@example.com",
        "lines": [{**first, "category": "Lamps/Wall", "reason": "bought_again"}],
    }


def _consent(number: int) -> dict[str, Any]:
    return {
        "record_id": f"digest-{number}",
        "email": f"person{number:04}@example.com",
        "opted_in": number % 2 == 0,
        "changed_at": FIRST + timedelta(hours=number),
        "origin": "vtex",
    }


def _member(number: int) -> dict[str, Any]:
    return {
        "record_id": f"{number}:{AUDIENCE}",
        "audience_name": AUDIENCE,
        "customer_key": number,
        "customer_id": f"0f8fad5b-d9cb-469f-a165-{number:012}",
        "email": f"person{number:04}@example.com",
        "phone": "+5511900000000",
        "amount": Decimal("120.50"),
        "is_member": True,
        "changed_on": FIRST.date(),
    }


_MAKERS = {
    "purchases": _purchase,
    "products": _product,
    "coupons": _coupon,
    "carts": _cart,
    "consents": _consent,
    "audiences": _member,
    "next_best_products": _listed,
}


def make(entity: str, count: int) -> Records:
    """`count` invented records of one entity, numbered from 1."""
    return Records(entity, tuple(_MAKERS[entity](number) for number in range(1, count + 1)))
