"""The catalogue, the sales channels and the promotions."""

# ruff: noqa: N815 - the names are VTEX's

from __future__ import annotations

from pydantic import AliasChoices, Field

from enrich.sources.vtex.records.base import Document, Key, Moment


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
