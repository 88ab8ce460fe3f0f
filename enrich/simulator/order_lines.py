"""The `items` of an order document, with brand, category path and the discounts on them."""

from __future__ import annotations

from typing import Any

from enrich.simulator import book as flag
from enrich.simulator.shop import Shop, Sku, promotion_id
from enrich.simulator.world import World


def render_items(world: World, order: int) -> list[dict[str, Any]]:
    """The lines as they were ordered: one that a change removed stays among them."""
    promotions = used_promotions(world, order)
    first = promotion_id(promotions[0]) if promotions else None
    lines = enumerate(world.book.lines(order))
    return [_item(world, order, number, line, first) for number, line in lines]


def item_metadata(world: World, order: int) -> dict[str, Any] | None:
    """The names of the SKUs apart from those of their products; some orders lack it."""
    if order % 9 == 4 and not world.book.flags[order] & flag.AS_TYPED:
        return None
    skus = [world.shop.skus[world.book.sku[line]] for line in world.book.lines(order)]
    return {
        "Items": [
            {"Id": sku.sku_id, "Seller": "1", "Name": sku.name, "SkuName": sku.sku_name,
             "ProductId": sku.product_id, "RefId": sku.ref_id, "Ean": None, "ImageUrl": "",
             "DetailUrl": f"/{sku.product_id}/p", "AssemblyOptions": []}
            for sku in skus
        ]
    }  # fmt: skip


def discount_cents(world: World, order: int) -> int:
    """What the lines cost less than their list prices."""
    book = world.book
    return sum(
        book.price[line] * book.quantity[line] - book.total[line] for line in book.lines(order)
    )


def service_cents(world: World, order: int) -> int:
    """What is charged beside the lines."""
    has_lines = bool(world.book.lines(order))
    return flag.SERVICE_CENTS if world.book.flags[order] & flag.SERVICE and has_lines else 0


def coupons(world: World, order: int) -> list[int]:
    """Positions of the promo codes of the order: none, one, or two."""
    promo, flags = world.book.promo[order], world.book.flags[order]
    both = flag.TWO_CODES | flag.CODE_APPLIED
    if promo < 0 or flags & both != both:
        return [promo] if promo >= 0 else []
    return [promo, (promo + 1) % len(world.shop.promo_codes)]


def used_promotions(world: World, order: int) -> list[int]:
    """Positions of the promotions that lowered the order; -1 is the automatic one."""
    flags = world.book.flags[order]
    used = coupons(world, order) if flags & flag.CODE_APPLIED else []
    return used + ([-1] if flags & flag.AUTOMATIC_DISCOUNT else [])


def seller_of(world: World, order: int) -> str:
    """The seller of all lines: the shop itself, or one of its sellers for a further order of a
    cart."""
    suffix = world.book.order_id[order].rpartition("-")[2]
    is_further = suffix.isdigit() and int(suffix) > 1 and suffix != world.book.order_id[order]
    return f"seller{int(suffix)}" if is_further else "1"


def _item(
    world: World, order: int, number: int, line: int, promotion: str | None
) -> dict[str, Any]:
    book = world.book
    quantity, price, total = book.quantity[line], book.price[line], book.total[line]
    selling = total // quantity if quantity else 0
    follows_price = book.flags[order] & flag.MARKETPLACE and is_chain(world, order)
    return _sku_part(world.shop, book.sku[line]) | {
        "uniqueId": f"{order:X}{number:02X}",
        "seller": seller_of(world, order),
        "bundleItems": _services(world, order) if number == 0 else [],
        "quantity": quantity,
        "price": price,
        "listPrice": price,
        "sellingPrice": selling,
        "isGift": bool(book.gift[line]),
        "priceTags": _price_tags(promotion, price * quantity - total),
        "priceDefinition": _price_definition(quantity, price, price * quantity)
        if follows_price
        else _price_definition(quantity, selling, total),
    }


def is_chain(world: World, order: int) -> bool:
    """Whether a marketplace's order was handed on to a seller of the shop."""
    return world.book.order_id[order].startswith("MKB-")


def _services(world: World, order: int) -> list[dict[str, Any]]:
    cents = service_cents(world, order)
    wrapping = {"id": "5", "name": "Embalagem", "price": cents, "sellingPrice": cents,
                "quantity": 1, "type": "gift", "bundleItems": []}  # fmt: skip
    return [wrapping] if cents else []


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
