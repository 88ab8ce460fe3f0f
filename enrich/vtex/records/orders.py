"""Orders: a row of the list, and the detail. Money in hundredths."""

# ruff: noqa: N815 - the names are VTEX's

from __future__ import annotations

from typing import Annotated

from pydantic import AliasChoices, Field

from enrich.model import MAX_CENTS
from enrich.vtex.records.base import (
    Document,
    Key,
    Location,
    Moment,
    Multiplier,
    Price,
    Quantity,
    Whole,
    Word,
)


class ListRow(Document):
    """One row of List orders. `totalValue` comes from an index that stores a float."""

    orderId: Key
    creationDate: Moment | None = None
    status: Word | None = None
    totalValue: Annotated[int, Field(ge=-MAX_CENTS, le=MAX_CENTS)] | None = None
    orderIsComplete: bool | None = None
    authorizedDate: Moment | None = None
    lastChange: Moment | None = None


class Total(Document):
    id: str | None = None
    value: Whole | None = None


class ClientProfile(Document):
    email: str | None = None
    firstName: str | None = None
    lastName: str | None = None
    documentType: str | None = None
    document: str | None = None
    phone: str | None = None
    isCorporate: bool | None = None
    corporateName: str | None = None
    corporateDocument: str | None = None
    userProfileId: str | None = None


class ClientPreferences(Document):
    locale: str | None = None
    optinNewsLetter: bool | None = None


class StorePreferences(Document):
    countryCode: str | None = None
    currencyCode: str | None = None
    timeZone: str | None = None


class Marketing(Document):
    coupon: str | None = None
    utmSource: str | None = None
    utmMedium: str | None = None
    utmCampaign: str | None = None
    utmPartner: str | None = None
    utmiCampaign: str | None = None
    utmipage: str | None = None
    utmiPart: str | None = None


class Benefit(Document):
    id: str | None = None
    name: str | None = None
    matchedParameters: dict[str, str | None] | None = None


class RatesAndBenefits(Document):
    rateAndBenefitsIdentifiers: list[Benefit] | None = None


class SellingPrice(Document):
    value: Price | None = None
    quantity: Quantity | None = None


class PriceDefinition(Document):
    sellingPrices: list[SellingPrice] | None = None
    calculatedSellingPrice: Whole | None = None
    total: Whole | None = None


class PriceTag(Document):
    name: str | None = None
    value: Whole | None = None
    identifier: str | None = None


class ItemCategory(Document):
    id: str | None = None
    name: str | None = None


class AdditionalInfo(Document):
    brandName: str | None = None
    brandId: str | None = None
    categoriesIds: str | None = None
    categories: list[ItemCategory] | None = None


class Item(Document):
    uniqueId: str | None = None
    id: str | None = None
    productId: str | None = None
    name: str | None = None
    refId: str | None = None
    quantity: Quantity | None = None
    seller: str | None = None
    price: Price | None = None
    sellingPrice: Price | None = None
    # VTEX's schema spells it in the plural, its example and the real answers do not.
    priceDefinition: PriceDefinition | None = Field(
        None, validation_alias=AliasChoices("priceDefinition", "priceDefinitions")
    )
    priceTags: list[PriceTag] | None = None
    isGift: bool | None = None
    unitMultiplier: Multiplier | None = None
    additionalInfo: AdditionalInfo | None = None
    parentItemIndex: int | None = None
    imageUrl: str | None = None
    detailUrl: str | None = None

    def is_too_dear(self) -> bool:
        """Whether the amount of the line, before or after discounts, is larger than any amount."""
        units = (self.quantity or 0) * (self.unitMultiplier or 1)
        prices = (self.price or 0, self.sellingPrice or 0)
        parts = (self.priceDefinition and self.priceDefinition.sellingPrices) or []
        sold = sum(abs((part.value or 0) * (part.quantity or 0)) for part in parts)
        return max(sold, *(abs(price * units) for price in prices)) > MAX_CENTS


class PackageItem(Document):
    itemIndex: int | None = None
    quantity: Whole | None = None
    price: Whole | None = None


class RefundedMoney(Document):
    value: Whole | None = None


class Restitutions(Document):
    Refund: RefundedMoney | None = Field(None, validation_alias=AliasChoices("Refund", "refund"))


class Package(Document):
    type: str | None = None
    invoiceNumber: str | None = None
    invoiceValue: Whole | None = None
    issuanceDate: Moment | None = None
    items: list[PackageItem] | None = None
    restitutions: Restitutions | None = None


class Packages(Document):
    packages: list[Package] | None = None


class Cancellation(Document):
    CancellationDate: Moment | None = Field(
        None, validation_alias=AliasChoices("CancellationDate", "cancellationDate")
    )


class Payment(Document):
    paymentSystemName: str | None = None
    group: str | None = None
    installments: int | None = None
    value: Whole | None = None


class Transaction(Document):
    isActive: bool | None = None
    payments: list[Payment] | None = None


class Payments(Document):
    transactions: list[Transaction] | None = None


class Order(Document):
    """One order as Get order tells it; money in hundredths."""

    orderId: Key
    orderGroup: Word | None = None
    origin: Word | None = None
    affiliateId: Word | None = None
    marketplaceOrderId: str | None = None
    hostname: str | None = None
    salesChannel: str | None = None
    status: Word | None = None
    isCompleted: bool | None = None
    creationDate: Moment | None = None
    authorizedDate: Moment | None = None
    invoicedDate: Moment | None = None
    lastChange: Moment | None = None
    value: Whole | None = None
    totals: list[Total] | None = None
    clientProfileData: ClientProfile | None = None
    clientPreferencesData: ClientPreferences | None = None
    storePreferencesData: StorePreferences | None = None
    marketingData: Marketing | None = None
    ratesAndBenefitsData: RatesAndBenefits | None = None
    items: list[Item] | None = None
    packageAttachment: Packages | None = None
    cancellationData: Cancellation | None = None
    paymentData: Payments | None = None

    @classmethod
    def is_critical(cls, location: Location) -> bool:
        names = [_OTHER_NAMES.get(part, part) for part in location if isinstance(part, str)]
        return ".".join(names) in _DECISIVE

    def problem(self) -> str | None:
        """A completed order without its moment or its amount would count as nothing, unseen."""
        if any(item.is_too_dear() for item in self.items or ()):
            return "items: less_than_equal"
        if not self.isCompleted:
            return None
        missing = [name for name in ("creationDate", "value") if getattr(self, name) is None]
        return f"completed order without {' and '.join(missing)}" if missing else None


# What decides whether, when and how much an order counts, in which currency and for whose shop.
_DECISIVE = frozenset(
    {
        "orderId",
        "orderGroup",
        "origin",
        "affiliateId",
        "status",
        "isCompleted",
        "creationDate",
        "authorizedDate",
        "value",
        "storePreferencesData",
        "storePreferencesData.currencyCode",
        "items",
        "items.quantity",
        "items.sellingPrice",
        "items.unitMultiplier",
        "items.isGift",
        "items.priceDefinition",
        "items.priceDefinition.total",
        "items.priceDefinition.sellingPrices",
        "items.priceDefinition.sellingPrices.value",
        "items.priceDefinition.sellingPrices.quantity",
        "packageAttachment",
        "packageAttachment.packages",
        "packageAttachment.packages.type",
        "packageAttachment.packages.invoiceValue",
        "packageAttachment.packages.restitutions",
        "packageAttachment.packages.restitutions.Refund",
        "packageAttachment.packages.restitutions.Refund.value",
    }
)
_OTHER_NAMES = {"priceDefinitions": "priceDefinition", "refund": "Refund"}
