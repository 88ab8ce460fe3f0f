"""The catalogue, the sales channels and the promotions: each list with what is kept of it."""

# ruff: noqa: N815 - the names are VTEX's

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import AliasChoices, Field

from enrich.sources.vtex.records.base import Document, Key, Moment
from enrich.sources.vtex.records.entity import Entity, ShortList


class Category(Document):
    """One category of the tree; `path` and `pathNames` run from the root to the category itself."""

    id: Key
    name: str | None = None
    parentId: str | None = None
    path: list[str] | None = None
    pathNames: list[str | None] | None = None


class Brand(Document):
    id: Key
    name: str | None = None
    isActive: bool | None = None


class SkuIds(Document):
    Ean: str | None = None
    RefId: str | None = None


class Sku(Document):
    Id: Key
    ProductId: str | None = None
    NameComplete: str | None = None
    SkuName: str | None = None
    ProductName: str | None = None
    ProductRefId: str | None = None
    BrandId: str | None = None
    BrandName: str | None = None
    ProductCategoryIds: str | None = None
    ProductCategories: dict[str, str | None] | None = None
    CategoriesFullPath: list[str] | None = None
    AlternateIds: SkuIds | None = None
    IsActive: bool | None = None
    IsKit: bool | None = None
    UnitMultiplier: float | None = None
    ImageUrl: str | None = None
    DetailUrl: str | None = None


class SkuStock(Document):
    """Whether a SKU can be bought now; made of what the shop's search shows of it."""

    sku: Key
    isAvailable: bool
    quantity: int | None = None


class SalesChannel(Document):
    Id: Key
    Name: str | None = None
    IsActive: bool | None = None
    CountryCode: str | None = None
    CultureInfo: str | None = None
    TimeZone: str | None = None
    CurrencyCode: str | None = None


class Coupon(Document):
    couponCode: Key
    utmSource: str | None = None
    utmCampaign: str | None = None
    isArchived: bool | None = None
    maxItemsPerClient: int | None = None
    expirationIntervalPerUse: str | None = None
    lastModifiedUtc: Moment | None = None


class Promotion(Document):
    idCalculatorConfiguration: Key
    name: str | None = None
    description: str | None = None
    type: str | None = None
    utmSource: str | None = None
    utmCampaign: str | None = Field(
        None, validation_alias=AliasChoices("utmCampaign", "utmCampain")
    )
    status: str | None = None
    isActive: bool | None = None
    isArchived: bool | None = None
    beginDateUtc: Moment | None = None
    endDateUtc: Moment | None = None
    lastModifiedUtc: Moment | None = None


def flatten_tree(
    nodes: Any, path: tuple[str, ...] = (), names: tuple[str | None, ...] = ()
) -> Iterator[dict[str, Any]]:
    """The categories of a tree, parents first; each with the way from its root to itself."""
    for node in nodes if isinstance(nodes, list) else ():
        if not isinstance(node, dict) or node.get("id") is None:
            continue
        own_path, own_names = (*path, str(node["id"])), (*names, node.get("name"))
        yield {
            "id": own_path[-1],
            "name": own_names[-1],
            "parentId": path[-1] if path else None,
            "path": list(own_path),
            "pathNames": list(own_names),
        }
        yield from flatten_tree(node.get("children"), own_path, own_names)


SALES_CHANNELS = ShortList(
    Entity("sales_channels", SalesChannel, "Id"),
    "/api/catalog_system/pvt/saleschannel/list",
    ("Catalog API / General / View Product",),
    public_path="/api/catalog_system/pub/saleschannel/list",
)
CATEGORIES = ShortList(
    Entity("categories", Category, "id"),
    "/api/catalog_system/pub/category/tree/{levels}",
    ("Catalog / Category", "Catalog / Categories Management"),
    filled={"levels": "10"},
    documents=lambda tree: list(flatten_tree(tree)),
)
BRANDS = ShortList(
    Entity("brands", Brand, "id"), "/api/catalog_system/pvt/brand/list", ("Catalog / Brands",)
)
COUPONS = ShortList(
    Entity("coupons", Coupon, "couponCode", "lastModifiedUtc"),
    "/api/rnb/pvt/coupon",
    ("Rates and Benefits / Manage benefits and rates",),
)
PROMOTIONS = ShortList(
    Entity("promotions", Promotion, "idCalculatorConfiguration", "lastModifiedUtc"),
    "/api/rnb/pvt/benefits/calculatorconfiguration",
    ("Rates and Benefits / GerenciarPromocoesETarifas",),
)
LISTS = (
    SALES_CHANNELS,
    CATEGORIES,
    BRANDS,
    COUPONS,
    PROMOTIONS,
)
