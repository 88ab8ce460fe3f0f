"""The catalogue over HTTP: SKUs, products, categories, brands and sales channels."""

from __future__ import annotations

from typing import Any

from enrich.simulator.chance import roll
from enrich.simulator.http import Reply, Request, json_reply
from enrich.simulator.shop import Brand, Shop, Sku
from enrich.simulator.vtex_state import Vtex

MAX_PRODUCTS = 250
MAX_SHOWN = 50
_WINDOWS_ZONES = {"USA": "UTC"}


def sku_context(vtex: Vtex, request: Request, sku_id: str) -> Reply:
    """The answer to `.../sku/stockkeepingunitbyid/{skuId}`."""
    found = vtex.world.shop.newest(sku_id)
    return json_reply(_sku(vtex.world.shop, found)) if found else _not_found("SKU")


def sku_ids(vtex: Vtex, request: Request) -> Reply:
    """The answer to `.../sku/stockkeepingunitids`: an array that is empty at the end."""
    size = min(request.number("pagesize", 1_000), 1_000)
    first = (max(request.number("page", 1), 1) - 1) * size
    ids = list(dict.fromkeys(sku.sku_id for sku in vtex.world.shop.skus))
    return json_reply([_number(sku_id) for sku_id in ids[first : first + size]])


def product_and_sku_ids(vtex: Vtex, request: Request) -> Reply:
    """The answer to `.../products/GetProductAndSkuIds`, whose positions count from 1."""
    products: dict[str, list[Any]] = {}
    for sku in vtex.world.shop.skus:
        products.setdefault(sku.product_id, []).append(_number(sku.sku_id))
    first = max(request.number("_from", 1), 1)
    last = min(request.number("_to", first + MAX_PRODUCTS - 1), first + MAX_PRODUCTS - 1)
    names = list(products)[first - 1 : last]
    span = {"total": len(products), "from": first, "to": last}
    return json_reply({"data": {name: products[name] for name in names}, "range": span})


def product(vtex: Vtex, request: Request, product_id: str) -> Reply:
    """The answer to `/api/catalog/pvt/product/{id}`."""
    shop = vtex.world.shop
    found = next((sku for sku in shop.skus if sku.product_id == product_id), None)
    if found is None:
        return _not_found("Product")
    category = found.category
    return json_reply(
        {
            "Id": _number(product_id),
            "Name": found.product_name,
            "DepartmentId": _id_of(shop, None if category is None else shop.lineage(category)[0]),
            "CategoryId": _id_of(shop, category),
            "BrandId": None if found.brand is None else shop.brands[found.brand].brand_id,
            "LinkId": f"p-{product_id}",
            "RefId": found.ref_id,
            "IsVisible": True,
            "IsActive": True,
            "Description": "",
            "ReleaseDate": "2020-01-01T00:00:00",
            "KeyWords": "",
            "Title": found.product_name,
        }
    )


def product_search(vtex: Vtex, request: Request) -> Reply:
    """The answer to `.../products/search` with filters by SKU: at most 50 products."""
    wanted = [one.removeprefix("skuId:") for one in request.filters]
    found = [sku for sku in map(vtex.world.shop.newest, dict.fromkeys(wanted)) if sku]
    return json_reply([_shown(vtex, sku) for sku in found[:MAX_SHOWN]])


def _shown(vtex: Vtex, sku: Sku) -> dict[str, Any]:
    """A product of the search with the one SKU; one SKU in forty is sold out."""
    quantity = roll(vtex.world.seed, f"stock {sku.sku_id}", 0) % 40
    offer = {"AvailableQuantity": quantity, "Price": sku.price_cents / 100}
    seller = {"sellerId": "1", "sellerDefault": True, "commertialOffer": offer}
    item = {"itemId": sku.sku_id, "name": sku.sku_name, "sellers": [seller]}
    return {"productId": sku.product_id, "productName": sku.product_name, "items": [item]}


def category_tree(vtex: Vtex, request: Request, levels: str) -> Reply:
    """The answer to `.../category/tree/{levels}`."""
    return json_reply(_branches(vtex.world.shop, None, int(levels)))


def brand_list(vtex: Vtex, request: Request) -> Reply:
    """The answer to `.../brand/list`."""
    return json_reply([_brand(brand) for brand in vtex.world.shop.brands])


def brand_page(vtex: Vtex, request: Request) -> Reply:
    """The answer to `.../brand/pagedlist`."""
    page, size = max(request.number("page", 1), 1), max(request.number("pageSize", 50), 1)
    brands = vtex.world.shop.brands
    shown = [_brand(brand) for brand in brands[(page - 1) * size : page * size]]
    paging = {"page": page, "perPage": size, "total": len(brands), "pages": -(-len(brands) // size)}
    return json_reply({"items": shown, "paging": paging})


def sales_channels(vtex: Vtex, request: Request) -> Reply:
    """The answer to `.../saleschannel/list`; ids are numbers here and text on orders."""
    return json_reply(
        [
            {
                "Id": int(channel.channel_id),
                "Name": channel.name,
                "IsActive": True,
                "ProductClusterId": None,
                "CountryCode": channel.country,
                "CultureInfo": vtex.world.shop.locale,
                "TimeZone": _WINDOWS_ZONES.get(channel.country, vtex.world.shop.windows_zone),
                "CurrencyCode": channel.currency,
                "CurrencySymbol": channel.symbol,
                "CurrencyLocale": 1046,
                "CurrencyFormatInfo": {"CurrencyDecimalDigits": 2},
                "Origin": None,
                "Position": position,
                "ConditionRule": None,
                "CurrencyDecimalDigits": 2,
            }
            for position, channel in enumerate(vtex.world.shop.channels, 1)
        ]
    )


def _sku(shop: Shop, sku: Sku) -> dict[str, Any]:
    brand = None if sku.brand is None else shop.brands[sku.brand]
    lineage = [] if sku.category is None else shop.lineage(sku.category)
    paths = [shop.category_path(position) for position in reversed(lineage)]
    return {
        "Id": _number(sku.sku_id),
        "ProductId": _number(sku.product_id),
        "NameComplete": sku.name,
        "ProductName": sku.product_name,
        "SkuName": sku.sku_name,
        "ProductRefId": sku.ref_id,
        "BrandId": brand and str(brand.brand_id),
        "BrandName": brand and brand.name,
        "IsBrandActive": bool(brand and brand.is_active),
        "ProductCategoryIds": shop.category_path(sku.category),
        "ProductCategories": {
            str(shop.categories[position].category_id): shop.categories[position].name
            for position in lineage
        },
        "CategoriesFullPath": paths,
        "SalesChannels": [int(channel.channel_id) for channel in shop.channels],
        "SkuSellers": [{"SellerId": "1", "StockKeepingUnitId": sku.sku_id, "IsActive": True}],
        "ProductClustersIds": "137",
        "ProductClusterNames": {"137": "Todos"},
        "AlternateIds": {"RefId": sku.ref_id},
        "IsActive": True,
        "IsKit": False,
        "KitItems": [],
        "UnitMultiplier": 1.0,
        "ReleaseDate": "2020-01-01T00:00:00",
        "ImageUrl": f"https://images.example.com/{sku.sku_id}.jpg",
        "DetailUrl": f"/{sku.product_id}/p",
    }


def _branches(shop: Shop, parent: int | None, levels: int) -> list[dict[str, Any]]:
    found = []
    for position, category in enumerate(shop.categories):
        if category.parent != parent:
            continue
        below = _branches(shop, position, levels - 1)
        found.append(
            {
                "id": category.category_id,
                "name": category.name,
                "hasChildren": bool(below) or any(c.parent == position for c in shop.categories),
                "url": f"https://{shop.name}.example.com/{category.category_id}",
                "children": below if levels > 0 else [],
                "Title": category.name,
                "MetaTagDescription": "",
            }
        )
    return found if levels > 0 else []


def _brand(brand: Brand) -> dict[str, Any]:
    return {"id": brand.brand_id, "name": brand.name, "isActive": brand.is_active,
            "title": brand.name, "metaTagDescription": "", "imageUrl": None}  # fmt: skip


def _id_of(shop: Shop, position: int | None) -> int | None:
    return None if position is None else shop.categories[position].category_id


def _number(text: str) -> int | str:
    """The catalogue writes ids as numbers; the codes of replayed files may be none."""
    return int(text) if text.isdigit() and not text.startswith("0") else text


def _not_found(what: str) -> Reply:
    return json_reply(f"{what} not found", 404)
