"""A made-up shop's profiles, counted once more from its raw documents in plain Python.

Whose an order is, the warehouse says (tests/store has that); everything else is counted here from
what VTEX answers: changed, chained, multi-coupon and multi-refund orders among the others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from enrich.simulator.order_document import render_order
from enrich.sync.store import sync_store
from enrich.warehouse import Warehouse
from tests.jobs.town import NOW, RULES, town, warehouse_in
from tests.profile.whole import build_profiles

Document = Mapping[str, Any]
AS_OF = NOW.date() - timedelta(days=1)
DEAD = {"canceled", "cancel", "replaced", "payment-denied", "order-create-error",
        "order-creation-error"}  # fmt: skip
ODD = {
    "changed": lambda one: one["changesAttachment"],
    "added": lambda one: any(
        change["itemsAdded"] for change in (one["changesAttachment"] or {}).get("changesData", ())
    ),
    "chained": lambda one: one["origin"] == "Chain",
    "several coupons": lambda one: len(applied_codes(one)) > 1,
    "several refunds": lambda one: len(refunds(one)) > 1,
    "services": lambda one: any(item["bundleItems"] for item in one["items"]),
    "no SKU names": lambda one: one["itemMetadata"] is None,
}


@dataclass(frozen=True)
class Shop:
    warehouse: Warehouse
    documents: list[Document]
    skus: Mapping[str, tuple[str, str | None]]
    customers: Mapping[str, int]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder: Path = tmp_path_factory.mktemp("recomputed")
    with town(orders=900, customers=150) as there, warehouse_in(folder) as warehouse:
        there.switch("PATCH", "weather", {"hide_last_change": True})
        assert sync_store(warehouse, there.shop, now=NOW).fault is None
        main = there.simulator.main
        stored = dict(warehouse._connection.sql("select order_id, true from orders").fetchall())
        documents = [
            render_order(main.world, order, main.now_us())
            for order, order_id in enumerate(main.world.book.order_id)
            if order_id in stored
        ]
        owners = dict(
            warehouse._connection.sql(
                "select order_id, customer_key from order_customers"
            ).fetchall()
        )
        sold = main.world.shop
        skus = {
            sku.sku_id: (
                sku.product_name,
                None if sku.brand is None else sold.brands[sku.brand].name,
            )
            for sku in sold.skus
        }
        yield Shop(warehouse, documents, skus, owners)


def test_the_shop_has_everything_that_is_odd(shop: Shop) -> None:
    counts = {name: sum(map(bool, map(is_odd, shop.documents))) for name, is_odd in ODD.items()}
    assert min(counts.values()) > 0, counts


@pytest.mark.parametrize("basis", ["net", "gross", "items"])
@pytest.mark.parametrize("label", ["name", "sku_name"])
def test_profiles_are_what_the_documents_come_to(shop: Shop, basis: str, label: str) -> None:
    rules = replace(RULES, amount_basis=basis, product_label=label)
    shop.warehouse.resolve("main", rules, run_id="r", now=NOW)
    frame = build_profiles(shop.warehouse.profiles.parts("main"), AS_OF, rules).profiles
    found = {row["customer_key"]: row for row in frame.iter_rows(named=True)}
    expected = recompute(shop, basis, label)
    assert {key for key, row in found.items() if row["orders_lifetime"]} == expected.keys()
    wrong = [
        (key, name, found[key][name], value)
        for key, row in expected.items()
        for name, value in row.items()
        if tidy(found[key][name]) != value
    ]
    assert wrong == []


def tidy(value: Any) -> Any:
    """Codes are shown as first seen; here their letters do not matter."""
    return sorted(text.lower() for text in value) if isinstance(value, list) else value


def recompute(shop: Shop, basis: str, label: str) -> dict[int, dict[str, Any]]:
    """The fields of every customer with a purchase, by customer_key."""
    carts: dict[str, list[Document]] = defaultdict(list)
    for document in shop.documents:
        if counts(document):
            carts[document["orderGroup"] or document["orderId"]].append(document)
    bought: dict[int, list[list[Document]]] = defaultdict(list)
    for cart in carts.values():
        cart.sort(key=lambda one: (one["creationDate"], one["orderId"]))
        owners = [
            shop.customers[one["orderId"]] for one in cart if one["orderId"] in shop.customers
        ]
        if owners and day_of(cart[0]) <= AS_OF:
            bought[owners[0]].append(cart)
    return {
        key: fields(shop, carts, basis, label, "lifetime")
        | fields(shop, [one for one in carts if age(one) <= 90], basis, label, "90d")
        for key, carts in bought.items()
    }


def counts(document: Document) -> bool:
    return bool(
        document["isCompleted"]
        and document["authorizedDate"]
        and document["status"] not in DEAD
        and document["storePreferencesData"]["currencyCode"] == "BRL"
        and not (document["origin"] in ("Fulfillment", "Chain") and document["affiliateId"])
    )


def day_of(document: Document) -> date:
    moment = datetime.fromisoformat(document["creationDate"])
    return moment.astimezone(ZoneInfo(RULES.time_zone)).date()


def age(cart: list[Document]) -> int:
    return (AS_OF - day_of(cart[0])).days


def fields(
    shop: Shop, carts: list[list[Document]], basis: str, label: str, window: str
) -> dict[str, Any]:
    sold = [line for cart in carts for one in cart for line in lines(one)]
    shown = [line for line in sold if not line["isGift"] and line["quantity"] > 0]
    orders = [one for cart in carts for one in cart]
    return {
        f"orders_{window}": len(carts),
        f"items_{window}": sum(line["quantity"] for line in shown),
        f"amount_{window}": Decimal(sum(amount(cart, basis) for cart in carts)) / 100,
        f"products_{window}": texts(product(shop, line, label) for line in shown),
        f"brands_{window}": texts(line["brand"] or shop.skus[line["id"]][1] for line in shown),
        f"promo_codes_{window}": texts(code for one in orders for code in all_codes(one)),
        f"applied_promo_codes_{window}": texts(
            code for one in orders for code in applied_codes(one)
        ),
    }


def texts(found: Iterable[str | None]) -> list[str]:
    return sorted({text.lower() for text in found if text})


def amount(cart: list[Document], basis: str) -> int:
    paid = sum(items_amount(one) if basis == "items" else one["value"] for one in cart)
    returned = sum(value for one in cart for _, value, _ in refunds(one))
    return paid if basis == "gross" else max(paid - returned, 0)


def items_amount(document: Document) -> int:
    return sum(line["cents"] + line["service_cents"] for line in lines(document))


def lines(document: Document) -> list[dict[str, Any]]:
    """The items, with what changes put in, without what they took out."""
    names = {
        one["Id"]: one["SkuName"] for one in (document["itemMetadata"] or {"Items": ()})["Items"]
    }
    found = [
        {
            "id": item["id"],
            "isGift": item["isGift"],
            "quantity": item["quantity"],
            "cents": item["priceDefinition"]["total"],
            "service_cents": sum(one["price"] * one["quantity"] for one in item["bundleItems"]),
            "name": item["name"],
            "sku_name": names.get(item["id"]),
            "brand": item["additionalInfo"]["brandName"],
        }
        for item in document["items"]
    ]
    for change in (document["changesAttachment"] or {"changesData": ()})["changesData"]:
        for item in change["itemsRemoved"]:
            take_out(found, item)
        found += [put_in(found, item) for item in change["itemsAdded"]]
    return found


def take_out(found: list[dict[str, Any]], item: Document) -> None:
    of_sku = [line for line in found if line["id"] == item["id"] and line["quantity"] > 0]
    of_sku.sort(
        key=lambda line: (line["cents"] != item["price"] * line["quantity"], line["isGift"])
    )
    left = item["quantity"]
    for line in of_sku:
        taken = min(left, line["quantity"])
        for money in ("cents", "service_cents"):
            line[money] = round(line[money] * (line["quantity"] - taken) / line["quantity"])
        line["quantity"] -= taken
        left -= taken


def put_in(found: list[dict[str, Any]], item: Document) -> dict[str, Any]:
    twin = next((line for line in found if line["id"] == item["id"]), {})
    names = {"name": item["name"], "sku_name": None, "brand": None} | {
        name: twin[name] for name in ("name", "sku_name", "brand") if name in twin
    }
    return names | {
        "id": item["id"],
        "isGift": False,
        "quantity": item["quantity"],
        "cents": item["price"] * item["quantity"],
        "service_cents": 0,
    }


def product(shop: Shop, line: Document, label: str) -> str:
    """The name as sold, less what VTEX writes behind it; the catalogue's where it is not told."""
    if label == "sku_name":
        return str(line["name"])
    if line["sku_name"] is None:
        return shop.skus[line["id"]][0]
    return str(line["name"]).removesuffix(f" {line['sku_name']}")


def applied_codes(document: Document) -> list[str]:
    used = document["ratesAndBenefitsData"]["rateAndBenefitsIdentifiers"]
    codes = (one["matchedParameters"].get("couponCode@Marketing") for one in used)
    return [code.strip().lower() for code in codes if code]


def all_codes(document: Document) -> list[str]:
    typed = ((document["marketingData"] or {}).get("coupon") or "").strip().lower()
    return [*applied_codes(document), typed]


def refunds(document: Document) -> set[tuple[str, int, str]]:
    """The receipts: those with another number, value or day."""
    return {
        (one["invoiceNumber"], one["restitutions"]["Refund"]["value"], one["issuanceDate"][:10])
        for one in document["packageAttachment"]["packages"]
        if one["type"] == "Input"
    }
