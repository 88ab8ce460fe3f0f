"""Orders: a row of the list, and the detail. Money in hundredths."""

# ruff: noqa: N815 - the names are VTEX's

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import sha256
from typing import Annotated

from pydantic import AliasChoices, BeforeValidator, Field

from enrich.model import MAX_CENTS, MAX_KEY
from enrich.sources.vtex.records.base import (
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


def _receipts(value: object) -> str | None:
    """What a row says of its returns as one text, whatever its shape; None where it says none."""
    words = sorted(filter(None, map(_word, value))) if isinstance(value, list) else _word(value)
    text = json.dumps(words, sort_keys=True) if words else None
    return sha256(text.encode()).hexdigest() if text and len(text) > MAX_KEY else text


def _word(value: object) -> str:
    if isinstance(value, str):
        return value.strip()
    return json.dumps(value, sort_keys=True) if value else ""


def _joined(value: object) -> object:
    """Several codes as VTEX writes them in one text; what is no list stays as it is."""
    return ",".join(map(str, filter(None, value))) if isinstance(value, list) else value


def _postal_prefix(value: object) -> object:
    """The part of a postal code that names an area and no street: five characters of a long code,
    three of a short one."""
    if not isinstance(value, str | int) or isinstance(value, bool) or "*" in str(value):
        return None
    code = "".join(filter(str.isalnum, str(value))).upper()
    return code[: 5 if len(code) >= 8 else 3] or None


Codes = Annotated[str, BeforeValidator(_joined)]


class ListRow(Document):
    """One row of List orders. `totalValue` comes from an index that stores a float."""

    orderId: Key
    creationDate: Moment | None = None
    status: Word | None = None
    totalValue: Annotated[int, Field(ge=-MAX_CENTS, le=MAX_CENTS)] | None = None
    orderIsComplete: bool | None = None
    authorizedDate: Moment | None = None
    lastChange: Moment | None = None
    invoiceInput: Annotated[str | None, BeforeValidator(_receipts)] = None


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
    coupon: Codes | None = None
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
    matchedParameters: dict[str, Codes | None] | None = None


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


class InnerService(Document):
    """Something charged beside a line, such as gift wrapping or a warranty."""

    id: str | None = None
    name: str | None = None
    quantity: Quantity | None = None
    price: Price | None = None
    sellingPrice: Price | None = None

    def cents(self) -> int:
        price = self.price if self.sellingPrice is None else self.sellingPrice
        return (price or 0) * (1 if self.quantity is None else self.quantity)


class Service(InnerService):
    bundleItems: list[InnerService] | None = None

    def all_cents(self) -> Iterable[int]:
        return (one.cents() for one in (self, *(self.bundleItems or ())))


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
    bundleItems: list[Service] | None = None
    parentItemIndex: int | None = None
    imageUrl: str | None = None
    detailUrl: str | None = None

    def is_too_dear(self) -> bool:
        """Whether the amount of the line, before or after discounts, is larger than any amount."""
        units = (self.quantity or 0) * (self.unitMultiplier or 1)
        prices = (self.price or 0, self.sellingPrice or 0)
        parts = (self.priceDefinition and self.priceDefinition.sellingPrices) or []
        sold = sum(abs((part.value or 0) * (part.quantity or 0)) for part in parts)
        services = sum(abs(cents) for one in self.bundleItems or () for cents in one.all_cents())
        return max(sold, services, *(abs(price * units) for price in prices)) > MAX_CENTS


class ItemName(Document):
    """How a SKU was called when it was sold: apart from its product, unlike on the line."""

    Id: str | None = Field(None, validation_alias=AliasChoices("Id", "id"))
    SkuName: str | None = Field(None, validation_alias=AliasChoices("SkuName", "skuName"))


class ItemMetadata(Document):
    Items: list[ItemName] | None = Field(None, validation_alias=AliasChoices("Items", "items"))


class ChangedItem(Document):
    """A line that a change put into the order, or took out of it."""

    id: str | None = None
    name: str | None = None
    quantity: Quantity | None = None
    price: Price | None = None
    unitMultiplier: Multiplier | None = None

    def is_too_dear(self) -> bool:
        units = (self.quantity or 0) * (self.unitMultiplier or 1)
        return abs((self.price or 0) * units) > MAX_CENTS


class Change(Document):
    """One change of an order (Change v1): it stands beside `items`, which stay as they were."""

    discountValue: Whole | None = None
    incrementValue: Whole | None = None
    itemsAdded: list[ChangedItem] | None = None
    itemsRemoved: list[ChangedItem] | None = None


class Changes(Document):
    changesData: list[Change] | None = None

    def is_too_dear(self) -> bool:
        added = (item for change in self.changesData or () for item in change.itemsAdded or ())
        return any(item.is_too_dear() for item in added)


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


class Seller(Document):
    id: str | None = None
    name: str | None = None


class Address(Document):
    """The area an order went to: no street, no person, and of the postal code its beginning."""

    addressType: str | None = None
    city: str | None = None
    state: str | None = None
    country: str | None = None
    postalPrefix: Annotated[str | None, BeforeValidator(_postal_prefix)] = Field(
        None, validation_alias="postalCode"
    )


class Delivery(Document):
    itemIndex: int | None = None
    selectedSla: str | None = None
    selectedDeliveryChannel: str | None = None
    deliveryChannel: str | None = None
    pickupPointId: str | None = None


class Shipping(Document):
    address: Address | None = None
    selectedAddresses: list[Address] | None = None
    logisticsInfo: list[Delivery] | None = None


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
    sellers: list[Seller] | None = None
    items: list[Item] | None = None
    itemMetadata: ItemMetadata | None = None
    changesAttachment: Changes | None = None
    shippingData: Shipping | None = None
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
        if self.changesAttachment is not None and self.changesAttachment.is_too_dear():
            return "changesAttachment: less_than_equal"
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
        "items.bundleItems",
        "items.bundleItems.quantity",
        "items.bundleItems.sellingPrice",
        "items.bundleItems.bundleItems",
        "items.bundleItems.bundleItems.quantity",
        "items.bundleItems.bundleItems.sellingPrice",
        "items.priceDefinition",
        "items.priceDefinition.total",
        "items.priceDefinition.sellingPrices",
        "items.priceDefinition.sellingPrices.value",
        "items.priceDefinition.sellingPrices.quantity",
        "changesAttachment",
        "changesAttachment.changesData",
        "changesAttachment.changesData.itemsAdded",
        "changesAttachment.changesData.itemsAdded.quantity",
        "changesAttachment.changesData.itemsAdded.price",
        "changesAttachment.changesData.itemsAdded.unitMultiplier",
        "changesAttachment.changesData.itemsRemoved",
        "changesAttachment.changesData.itemsRemoved.quantity",
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
