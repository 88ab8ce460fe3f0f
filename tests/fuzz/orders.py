"""Orders: one whole document, and what the tables must hold of it, worked out slowly."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.fuzz.reading import (
    Fraction,
    Wrong,
    moment,
    number,
    record,
    rows,
    text,
    tidy,
    whole,
    yes,
)

MOST_UNITS, MOST_PRICE, MOST_MULTIPLIER = 10**6, 10**12, 1000
MOMENT = "2026-03-02T14:05:09.1234567+00:00"
BASE: Mapping[str, Any] = {
    "orderId": "1401230000017-01",
    "orderGroup": "1401230000017",
    "origin": "Marketplace",
    "affiliateId": "",
    "salesChannel": "1",
    "status": "invoiced",
    "isCompleted": True,
    "value": 25980,
    "creationDate": MOMENT,
    "authorizedDate": "2026-03-02T14:07:41.0000000+00:00",
    "invoicedDate": "2026-03-04T09:00:01.0000000+00:00",
    "lastChange": "2026-03-04T09:00:02.7654321+00:00",
    "totals": [{"id": "Items", "value": 26980}, {"id": "Discounts", "value": -1000}],
    "storePreferencesData": {"countryCode": "BRA", "currencyCode": "BRL"},
    "clientPreferencesData": {"locale": "pt-BR", "optinNewsLetter": True},
    "marketingData": {"coupon": "WELCOME10", "utmSource": "news"},
    "ratesAndBenefitsData": {
        "rateAndBenefitsIdentifiers": [
            {"id": "1", "matchedParameters": {"couponCode@Marketing": "welcome10"}}
        ]
    },
    "clientProfileData": {
        "email": "ana@example.com",
        "firstName": "Ana",
        "lastName": "Souza",
        "document": "00000000191",
        "documentType": "cpf",
        "isCorporate": False,
        "userProfileId": "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee",
    },
    "items": [
        {
            "id": "301",
            "productId": "30",
            "name": "Cup blue",
            "quantity": 2,
            "sellingPrice": 8990,
            "isGift": False,
            "unitMultiplier": 1.0,
            "priceDefinition": {
                "total": 17980,
                "sellingPrices": [{"value": 8990, "quantity": 2}],
            },
            "additionalInfo": {
                "brandName": "Demo",
                "categoriesIds": "/1/10/",
                "categories": [{"id": 10, "name": "Cups"}],
            },
        },
        {"id": "401", "name": "Plate", "quantity": 1, "sellingPrice": 7000, "isGift": None},
    ],
    "packageAttachment": {
        "packages": [
            {"type": "Output", "invoiceNumber": "77", "invoiceValue": 25980},
            {
                "type": "Input",
                "invoiceNumber": "R77",
                "invoiceValue": 7000,
                "issuanceDate": MOMENT,
                "restitutions": {"Refund": {"value": 6500}},
            },
        ]
    },
    "paymentData": {"transactions": [{"payments": [{"cardNumber": "4111"}]}]},
}


def key_of(document: Any) -> str:
    """The order's id; raises Wrong."""
    found = text(_object(document).get("orderId"), "orderId")
    if not found:
        raise Wrong("orderId")
    return found


def expected(document: Any) -> dict[str, Any]:
    """What the tables hold of a good order; raises Wrong with the place that spoils it."""
    said = _object(document)
    currency = (record(said.get("storePreferencesData"), "storePreferencesData") or {}).get(
        "currencyCode"
    )
    status = tidy(text(said.get("status"), "status"))
    row = {
        "order_id": key_of(said),
        "order_group": tidy(text(said.get("orderGroup"), "orderGroup")),
        "origin": tidy(text(said.get("origin"), "origin")),
        "affiliate_id": tidy(text(said.get("affiliateId"), "affiliateId")),
        "status": status and status.lower(),
        "is_completed": bool(yes(said.get("isCompleted"), "isCompleted")),
        "created_at": moment(said.get("creationDate"), "creationDate"),
        "authorized_at": moment(said.get("authorizedDate"), "authorizedDate"),
        "value_cents": whole(said.get("value"), "value"),
        "currency": (tidy(text(currency, "currencyCode")) or "").upper() or None,
        "promo_code": _promo_code(said),
        "lines": [_line(line) for line in rows(said.get("items"), "items") or []],
        "refunds": _refunds(said),
    }
    if row["is_completed"] and None in (row["created_at"], row["value_cents"]):
        raise Wrong("completed order without creationDate or value")
    return row


def _object(document: Any) -> dict[str, Any]:
    found = record(document, "document")
    if found is None:
        raise Wrong("document")
    return found


def _promo_code(said: Mapping[str, Any]) -> str | None:
    """Not of the kinds that spoil an order: what is no text is none."""
    marketing = said.get("marketingData")
    try:
        return tidy(text((record(marketing, "") or {}).get("coupon"), ""))
    except Wrong:
        return None


def _line(item: Mapping[str, Any]) -> tuple[int | None, int | None, bool]:
    """Units, cents, gift."""
    units = whole(item.get("quantity"), "quantity", MOST_UNITS)
    price = whole(item.get("sellingPrice"), "sellingPrice", MOST_PRICE)
    multiplier = number(item.get("unitMultiplier"), "unitMultiplier", MOST_MULTIPLIER)
    gift = yes(item.get("isGift"), "isGift") or False
    definition = record(item.get("priceDefinition"), "priceDefinition") or {}
    parts = [
        (
            whole(part.get("value"), "sellingPrices", MOST_PRICE),
            whole(part.get("quantity"), "sellingPrices", MOST_UNITS),
        )
        for part in rows(definition.get("sellingPrices"), "sellingPrices") or []
    ]
    total = whole(definition.get("total"), "total")
    if total is not None:
        return units, total, gift
    products = [value * count for value, count in parts if value is not None and count is not None]
    if products:
        return units, sum(products), gift
    if units is None or price is None:
        return units, None, gift
    exact = Decimal(price * units) * Decimal(1 if multiplier is None else multiplier)
    return units, Near(int(exact.to_integral_value(ROUND_HALF_UP))), gift


class Near(int):
    """A product of fractions: right to the cent, and to fifteen digits."""

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, int) and abs(int(self) - int(other)) <= 1 + abs(int(self)) // 10**15
        )

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = int.__hash__


def _refunds(said: Mapping[str, Any]) -> list[int]:
    """The cents of every receipt, each receipt once."""
    attachment = record(said.get("packageAttachment"), "packageAttachment") or {}
    found: dict[str, int] = {}
    for place, package in enumerate(rows(attachment.get("packages"), "packages") or [], 1):
        kind = text(package.get("type"), "type")
        invoice = whole(package.get("invoiceValue"), "invoiceValue")
        back = record(package.get("restitutions"), "restitutions") or {}
        refund = record(back.get("Refund"), "Refund") or {}
        value = whole(refund.get("value"), "Refund.value")
        cents = abs((invoice if value is None else value) or 0)
        is_return = not isinstance(kind, Fraction) and (kind or "").lower() == "input"
        if is_return and cents:
            found.setdefault(_receipt(package, place), cents)
    return sorted(found.values())


def _receipt(package: Mapping[str, Any], place: int) -> str:
    try:
        return tidy(text(package.get("invoiceNumber"), "")) or f"package {place}"
    except Wrong:
        return f"package {place}"
