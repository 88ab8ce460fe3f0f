"""A case file read: orders as VTEX documents, contacts, and what is expected of whom.

A case is a Markdown page. Its first code span lines set the scene (`as_of`, `zone`, rules); the
table that starts with `order` lists the orders, the one that starts with `contact` the contacts,
and the one that starts with `field` what each customer's profile must say, a column per customer.

Lines read `2 Cup/Kitchen/Acme; gift Mug`: units, product, category, brand; `1 Cup at 8.00 of 10.00`
says the price and the one before discounts. A promo code followed by `!` gave its discount.
`campaign` is UTM source and campaign, `place` state, city and postal prefix, `delivery` how it went
out. Moments are on the store's clock.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from enrich.model import RawRecord, Rules

SETTING = re.compile(r"`(\w+)\s*=\s*([^`]+)`")


@dataclass
class Case:
    """One page: the scene, the documents, and the expected values by customer and field."""

    name: str
    as_of: date
    rules: Rules
    orders: list[RawRecord] = field(default_factory=list)
    contacts: list[RawRecord] = field(default_factory=list)
    expected: dict[str, dict[str, str]] = field(default_factory=dict)


def read_case(path: Path) -> Case:
    """The case that the page tells."""
    text = path.read_text(encoding="utf-8")
    settings = {name: value.strip() for name, value in SETTING.findall(text)}
    as_of = date.fromisoformat(settings.pop("as_of"))
    rules = Rules(time_zone=settings.pop("zone", "UTC"), currency="BRL", **settings)
    case = Case(path.stem, as_of, rules)
    for header, rows in tables(text):
        if header[0] == "order":
            case.orders += [order_record(row, rules.time_zone) for row in rows]
        elif header[0] == "contact":
            case.contacts += [contact_record(row) for row in rows]
        elif header[0] == "field":
            for customer in header[1:]:
                values = {row["field"]: row[customer] for row in rows}
                case.expected.setdefault(customer, {}).update(values)
    return case


def tables(text: str) -> list[tuple[list[str], list[dict[str, str]]]]:
    """Every Markdown table of the text: its header, and its rows by column."""
    found: list[tuple[list[str], list[dict[str, str]]]] = []
    inside = False
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|"):
            inside = False
        elif not inside:
            found.append((cells, []))
            inside = True
        elif not set(line) <= set("|-: "):
            found[-1][1].append(dict(zip(found[-1][0], cells, strict=True)))
    return found


def order_record(row: dict[str, str], zone: str) -> RawRecord:
    """The VTEX order document of one row of the orders table."""
    ordered_at = moment(row["ordered at"], zone)
    status = row.get("status") or "invoiced"
    is_paid = status not in ("payment-pending",)
    document: dict[str, Any] = {
        "orderId": row["order"],
        "orderGroup": row.get("cart") or None,
        "status": status,
        "isCompleted": row.get("completed", "yes") != "no",
        "value": cents(row["amount"]),
        "creationDate": ordered_at,
        "authorizedDate": ordered_at if is_paid else None,
        "lastChange": ordered_at,
        "storePreferencesData": {"currencyCode": row.get("currency") or "BRL"},
        "clientProfileData": {
            "userProfileId": row.get("customer") or None,
            "email": row.get("e-mail") or None,
        },
        "items": [item(text) for text in split(row.get("lines", ""), ";")],
    }
    source, _, campaign = row.get("campaign", "").partition("/")
    document |= promo_code(row.get("promo code", ""))
    marketing = document.setdefault("marketingData", {})
    marketing |= {"utmSource": source or None, "utmCampaign": campaign or None}
    document["packageAttachment"] = {"packages": refunds(row.get("refunds", ""), zone)}
    document |= places(row)
    if row.get("origin"):
        document |= {"origin": row["origin"], "affiliateId": "MKT"}
    return RawRecord(row["order"], json.dumps(document), None)


def moment(text: str, zone: str) -> str:
    local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
    return local.astimezone(UTC).isoformat()


def cents(amount: str) -> int:
    return int(Decimal(amount) * 100)


def split(text: str, separator: str) -> list[str]:
    return [part.strip() for part in text.split(separator) if part.strip()]


def places(row: dict[str, str]) -> dict[str, Any]:
    """Where the order came from and went to."""
    state, city, prefix = [*row.get("place", "").split("/"), "", ""][:3]
    address = {"state": state or None, "city": city or None, "postalPrefix": prefix or None}
    logistics = [{"selectedDeliveryChannel": row["delivery"]}] if row.get("delivery") else []
    return {
        "salesChannel": row.get("channel") or None,
        "shippingData": {"address": address, "logisticsInfo": logistics},
    }


def item(text: str) -> dict[str, Any]:
    text, _, prices = text.partition(" at ")
    units, _, thing = text.partition(" ")
    price, _, list_price = prices.partition(" of ")
    product, category, brand = [*thing.split("/"), "", ""][:3]
    is_gift = units == "gift"
    return {
        "id": f"sku-{product}",
        "productId": f"id-{product}",
        "refId": f"ref-{product}",
        "name": product,
        "quantity": 1 if is_gift else int(units),
        "isGift": is_gift,
        "sellingPrice": cents(price) if price else None,
        "price": cents(list_price or price) if price else None,
        "additionalInfo": {
            "brandName": brand or None,
            "categoriesIds": f"/1/{category}/" if category else None,
            "categories": [{"id": category, "name": category}] if category else [],
        },
    }


def promo_code(text: str) -> dict[str, Any]:
    if not text:
        return {}
    code = text.removesuffix("!").strip()
    matched = {"couponCode@Marketing": code} if text.endswith("!") else {}
    return {
        "marketingData": {"coupon": code},
        "ratesAndBenefitsData": {"rateAndBenefitsIdentifiers": [{"matchedParameters": matched}]},
    }


def refunds(text: str, zone: str) -> list[dict[str, Any]]:
    """Packages that came back: `R1 70.00 on 2025-06-20`, several divided by `;`."""
    packages = []
    for part in split(text, ";"):
        receipt, amount, _, day = part.split()
        packages.append(
            {
                "type": "Input",
                "invoiceNumber": receipt,
                "invoiceValue": cents(amount),
                "issuanceDate": moment(day, zone),
                "restitutions": {"Refund": {"value": cents(amount)}},
            }
        )
    return packages


def contact_record(row: dict[str, str]) -> RawRecord:
    """The Master Data document of one row of the contacts table."""
    document: dict[str, Any] = {
        "id": f"cl-{row['contact']}",
        "userId": row["contact"],
        "email": row.get("e-mail") or None,
        "createdIn": "2020-01-01T00:00:00Z",
    }
    named = ("firstName", "lastName", "birthDate", "gender", "phone", "document", "documentType")
    document |= {name: row[name] for name in (*named, "localeDefault") if row.get(name)}
    consents = ("isNewsletterOptIn", "acceptsSms", "acceptsAds")
    document |= {name: row[name] == "yes" for name in consents if row.get(name)}
    return RawRecord(document["id"] or "", json.dumps(document), None)
