"""What is asked of VTEX: every route with the permission it needs, every entity with its record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from enrich.model import tidy_document_id
from enrich.sources.vtex import records

_ORDERS_FULL = "Checkout / Checkout Resources / Orders Full Access"
_STORAGE = "Dynamic Storage / Dynamic storage generic resources"
_DOCUMENTS = f"{_STORAGE} / Read only documents"
_WRITE_DOCUMENTS = f"{_STORAGE} / Insert or update document (not remove)"


@dataclass(frozen=True, slots=True)
class Route:
    """One VTEX call. `permissions` are License Manager resources; any one of them is enough.

    `is_needed` is False where the product goes on without it.
    """

    name: str
    path: str
    permissions: tuple[str, ...]
    is_needed: bool = False

    @property
    def permission_to_tick(self) -> str:
        """The resource to tick in the role, the narrowest first."""
        return " or ".join(self.permissions)


ORDER_LIST = Route(
    "orders.list", "/api/oms/pvt/orders", ("OMS / OMS access / List Orders", _ORDERS_FULL), True
)
ORDER = Route(
    "orders.detail",
    "/api/oms/pvt/orders/{order_id}",
    ("OMS / OMS access / View order", _ORDERS_FULL),
    True,
)
CUSTOMER_SEARCH = Route("customers.search", "/api/dataentities/CL/search", (_DOCUMENTS,), True)
CUSTOMER_SCROLL = Route("customers.scroll", "/api/dataentities/CL/scroll", (_DOCUMENTS,), True)
CUSTOMER = Route(
    "customers.document", "/api/dataentities/CL/documents/{document_id}", (_DOCUMENTS,), True
)
CUSTOMER_WRITE = Route("customers.write", CUSTOMER.path, (_WRITE_DOCUMENTS,))
CUSTOMER_UPSERT = Route("customers.upsert", "/api/dataentities/CL/documents", (_WRITE_DOCUMENTS,))
SKU = Route(
    "skus", "/api/catalog_system/pvt/sku/stockkeepingunitbyid/{sku_id}", ("Catalog / SKUs",)
)
SKU_IDS = Route("skus.ids", "/api/catalog_system/pvt/sku/stockkeepingunitids", ("Catalog / SKUs",))
CATEGORY_TREE = Route(
    "categories",
    "/api/catalog_system/pub/category/tree/{levels}",
    ("Catalog / Category", "Catalog / Categories Management"),
)
BRANDS = Route("brands", "/api/catalog_system/pvt/brand/list", ("Catalog / Brands",))
SALES_CHANNELS = Route(
    "sales_channels",
    "/api/catalog_system/pvt/saleschannel/list",
    ("Catalog API / General / View Product",),
)
PUBLIC_SALES_CHANNELS = Route(
    "sales_channels.public",
    "/api/catalog_system/pub/saleschannel/list",
    SALES_CHANNELS.permissions,
)
COUPONS = Route(
    "coupons", "/api/rnb/pvt/coupon", ("Rates and Benefits / Manage benefits and rates",)
)
PROMOTIONS = Route(
    "promotions",
    "/api/rnb/pvt/benefits/calculatorconfiguration",
    ("Rates and Benefits / GerenciarPromocoesETarifas",),
)


@dataclass(frozen=True, slots=True)
class Entity:
    """One kind of record: how it is called in the warehouse, and how a document becomes one."""

    name: str
    model: type[records.Document]
    key: str
    changed: str | None = None
    tidy_key: Callable[[str], str] = str


ORDERS = Entity("orders", records.Order, "orderId", "lastChange")
CUSTOMERS = Entity(
    "customers",
    records.Customer,
    "id",
    "lastInteractionIn",
    tidy_key=tidy_document_id,
)

CUSTOMER_IDS = replace(CUSTOMERS, model=records.CustomerId)


def customers_with(extra_fields: tuple[str, ...]) -> Entity:
    """CUSTOMERS that also keep the fields a shop added to its own."""
    return replace(CUSTOMERS, model=records.customer_with(extra_fields))


SKUS = Entity("skus", records.Sku, "Id")
CATEGORIES = Entity("categories", records.Category, "id")
BRAND_LIST = Entity("brands", records.Brand, "id")
CHANNELS = Entity("sales_channels", records.SalesChannel, "Id")
COUPON_LIST = Entity("coupons", records.Coupon, "couponCode", "lastModifiedUtc")
PROMOTION_LIST = Entity(
    "promotions", records.Promotion, "idCalculatorConfiguration", "lastModifiedUtc"
)

ENTITIES: dict[str, Entity] = {
    entity.name: entity
    for entity in (
        ORDERS,
        CUSTOMERS,
        SKUS,
        CATEGORIES,
        BRAND_LIST,
        CHANNELS,
        COUPON_LIST,
        PROMOTION_LIST,
    )
}
