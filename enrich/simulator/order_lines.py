"""The `items` of an order document, with brand, category path and the discounts on them."""

from __future__ import annotations

from typing import Any

from enrich.simulator import book as flag
from enrich.simulator.shop import Shop, Sku, promotion_id
from enrich.simulator.world import World


def render_items(world: World, order: int, removed: frozenset[int]) -> list[dict[str, Any]]:
    """The lines as sold; `removed` holds the numbers of lines that left the order."""
    promotions = used_promotions(world, order)
    first = promotion_id(promotions[0]) if promotions else None
    lines = enumerate(world.book.lines(order))
    return [
        _item(world, order, number, line, first) for number, line in lines if number not in removed
    ]


def discount_cents(world: World, order: int, removed: frozenset[int]) -> int:
    """What the lines left in the order cost less than their list prices."""
    book = world.book
    return sum(
        book.price[line] * book.quantity[line] - book.total[line]
        for number, line in enumerate(book.lines(order))
        if number not in removed
    )


def used_promotions(world: World, order: int) -> list[int]:
    """Positions of the promotions that lowered the order; -1 is the automatic one."""
    book = world.book
    flags, promo = book.flags[order], book.promo[order]
    coupon = [promo] if promo >= 0 and flags & flag.CODE_APPLIED else []
    return coupon + ([-1] if flags & flag.AUTOMATIC_DISCOUNT else [])


def _item(
    world: World, order: int, number: int, line: int, promotion: str | None
) -> dict[str, Any]:
    book = world.book
    quantity, price, total = book.quantity[line], book.price[line], book.total[line]
    selling = total // quantity if quantity else 0
    return _sku_part(world.shop, book.sku[line]) | {
        "uniqueId": f"{order:X}{number:02X}",
        "quantity": quantity,
        "price": price,
        "listPrice": price,
        "sellingPrice": selling,
        "isGift": bool(book.gift[line]),
        "priceTags": _price_tags(promotion, price * quantity - total),
        "priceDefinition": _price_definition(quantity, selling, total),
    }


def _sku_part(shop: Shop, position: int) -> dict[str, Any]:
    """What is the same on every line of a SKU; worked out once, as lines are many."""
    if position not in shop.line_parts:
        sku = shop.skus[position]
        shop.line_parts[position] = {
            "id": sku.sku_id,
            "productId": sku.product_id,
            "ean": None,
            "lockId": None,
            "seller": "1",
            "name": sku.name or None,
            "refId": sku.ref_id,
            "manualPrice": None,
            "unitMultiplier": 1.0,
            "measurementUnit": "un",
            "sellerSku": sku.sku_id,
            "tax": 0,
            "commission": 0,
            "freightCommission": 0,
            "rewardValue": 0,
            "additionalInfo": _additional_info(shop, sku),
            "components": [],
            "bundleItems": [],
            "attachments": [],
            "parentItemIndex": None,
            "imageUrl": f"https://images.example.com/{sku.sku_id}.jpg",
            "detailUrl": f"/{sku.product_id}/p",
        }
    return shop.line_parts[position]


def _price_definition(quantity: int, selling: int, total: int) -> dict[str, Any]:
    """Prices per unit are whole cents; what does not divide is on one unit of its own."""
    rest = total - selling * quantity
    parts = [{"value": selling, "quantity": quantity - rest}] if rest < quantity else []
    if rest:
        parts.append({"value": selling + 1, "quantity": rest})
    return {
        "sellingPrices": parts,
        "calculatedSellingPrice": selling,
        "total": total,
        "reason": None,
    }


def _price_tags(promotion: str | None, discount: int) -> list[dict[str, Any]]:
    if promotion is None or discount <= 0:
        return []
    return [
        {
            "name": f"discount@price-{promotion}#99",
            "value": -discount,
            "isPercentual": False,
            "identifier": promotion,
            "rawValue": -discount / 100,
            "rate": None,
            "jurisCode": None,
            "jurisType": None,
            "jurisName": None,
        }
    ]


def _additional_info(shop: Shop, sku: Sku) -> dict[str, Any]:
    brand = None if sku.brand is None else shop.brands[sku.brand]
    category = None if sku.category is None else shop.categories[sku.category]
    return {
        "brandName": brand and brand.name,
        "brandId": brand and str(brand.brand_id),
        "categoriesIds": shop.category_path(sku.category),
        "categories": [{"id": category.category_id, "name": category.name}] if category else [],
        "productClusterId": "137",
        "commercialConditionId": "1",
        "dimension": {"cubicweight": 0.5, "height": 10.0, "length": 10.0, "weight": 300.0,
                      "width": 10.0},
        "offeringInfo": None,
    }  # fmt: skip
