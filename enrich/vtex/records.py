"""The fields of VTEX documents that are kept; everything else is dropped before it is stored.

The models are the allow-list: no card data, no street address. Names are VTEX's own. Every field
but the key is optional, because each of them was seen missing or null somewhere; a field of the
wrong kind is dropped by `parse`, unless losing it would make a number wrong (`is_critical`).
"""

# ruff: noqa: N815 - the names are VTEX's

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, TypeAlias

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, JsonValue, Strict, create_model

Location: TypeAlias = tuple[int | str, ...]

_MOST_CENTS = 10**15
Whole = Annotated[int, Field(ge=-_MOST_CENTS, le=_MOST_CENTS)]
Key = Annotated[str, Field(min_length=1)]
# VTEX was founded in 2000; .NET writes "no date" as the first day of year 1.
Moment = Annotated[
    datetime, Field(ge=datetime(2000, 1, 1, tzinfo=UTC), lt=datetime(2100, 1, 1, tzinfo=UTC))
]


class Document(BaseModel):
    """What all documents share: unknown fields are ignored, numbers may stand for texts."""

    model_config = ConfigDict(
        extra="ignore",
        coerce_numbers_to_str=True,
        allow_inf_nan=False,
        serialize_by_alias=True,
        protected_namespaces=(),
    )

    @classmethod
    def is_critical(cls, location: Location) -> bool:
        """Whether a wrong value at this place spoils the whole document."""
        return False

    def problem(self) -> str | None:
        """Why the document as a whole is unusable, or None."""
        return None


# Orders


class ListRow(Document):
    """One row of List orders. `totalValue` comes from an index that stores a float."""

    orderId: Key
    creationDate: Moment | None = None
    status: str | None = None
    totalValue: Whole | None = None
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
    value: Whole | None = None
    quantity: Whole | None = None


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
    quantity: Whole | None = None
    seller: str | None = None
    price: Whole | None = None
    sellingPrice: Whole | None = None
    # VTEX's schema spells it in the plural, its example and the real answers do not.
    priceDefinition: PriceDefinition | None = Field(
        None, validation_alias=AliasChoices("priceDefinition", "priceDefinitions")
    )
    priceTags: list[PriceTag] | None = None
    isGift: bool | None = None
    unitMultiplier: float | None = None
    additionalInfo: AdditionalInfo | None = None
    parentItemIndex: int | None = None


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
    orderGroup: str | None = None
    origin: str | None = None
    affiliateId: str | None = None
    marketplaceOrderId: str | None = None
    hostname: str | None = None
    salesChannel: str | None = None
    status: str | None = None
    isCompleted: bool | None = None
    creationDate: Moment | None = None
    authorizedDate: Moment | None = None
    invoicedDate: Moment | None = None
    lastChange: Moment | None = None
    value: Annotated[Whole, Strict()] | None = None  # strict: `true` is not one cent
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
        if len(location) <= 2 and location[0] == "items":
            return True
        return location[0] in _CRITICAL_TO_AN_ORDER or location[-2:] in _REFUND_VALUES

    def problem(self) -> str | None:
        """A completed order without its moment or its amount would count as nothing, unseen."""
        if not self.isCompleted:
            return None
        missing = [name for name in ("creationDate", "value") if getattr(self, name) is None]
        return f"completed order without {' and '.join(missing)}" if missing else None


_CRITICAL_TO_AN_ORDER = frozenset(
    {"orderId", "orderGroup", "isCompleted", "creationDate", "authorizedDate", "value"}
)
_REFUND_VALUES = frozenset({("Refund", "value"), ("refund", "value")})


# Customers


class Score(Document):
    Point: float | None = None
    Date: str | None = None
    Until: str | None = None


class ScoreField(Document):
    DisplayValue: str | None = None
    Scores: dict[str, list[Score] | None] | None = None


class Customer(Document):
    """One CL document of Master Data; its last cart is in currency units."""

    id: Key
    userId: str | None = None
    email: str | None = None
    firstName: str | None = None
    lastName: str | None = None
    document: str | None = None
    documentType: str | None = None
    phone: str | None = None
    homePhone: str | None = None
    cellPhone: str | None = None
    businessPhone: str | None = None
    birthDate: str | None = None  # a date in the shape of a moment: shifting its zone moves the day
    gender: str | None = None
    isNewsletterOptIn: bool | None = None
    localeDefault: str | None = None
    isCorporate: bool | None = None
    corporateName: str | None = None
    corporateDocument: str | None = None
    createdIn: Moment | None = None
    updatedIn: Moment | None = None
    lastInteractionIn: Moment | None = None
    rclastcart: str | None = None
    rclastcartvalue: float | None = None
    rclastsessiondate: Moment | None = None
    checkouttag: ScoreField | None = None


@lru_cache(maxsize=16)
def customer_with(extra_fields: tuple[str, ...]) -> type[Customer]:
    """The Customer model that also keeps these fields of the shop's own, whatever they hold."""
    own = [name for name in dict.fromkeys(extra_fields) if name not in Customer.model_fields]
    definitions: dict[str, Any] = {
        # Attribute names are ours: a shop may call its field `copy` or `_code`.
        f"extra_{number}": (JsonValue | None, Field(None, alias=name))
        for number, name in enumerate(own)
    }
    return create_model("CustomerWithExtras", __base__=Customer, **definitions)


def field_names(model: type[Document]) -> list[str]:
    """The source's names of the fields a model keeps, in order."""
    return [field.alias or name for name, field in model.model_fields.items()]


# Catalogue


class Category(Document):
    """One category of the tree; `path` and `pathNames` run from the root to the category itself."""

    id: Key
    name: str | None = None
    parentId: str | None = None
    path: list[str] = []
    pathNames: list[str | None] = []


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


class SalesChannel(Document):
    Id: Key
    Name: str | None = None
    IsActive: bool | None = None
    CountryCode: str | None = None
    CultureInfo: str | None = None
    TimeZone: str | None = None
    CurrencyCode: str | None = None


# Promotions


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
