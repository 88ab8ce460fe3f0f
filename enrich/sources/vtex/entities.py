"""What is asked of VTEX: the routes with the permission they need, every entity with its record.

The short lists are declared beside their models, in records/catalogue.py.
"""

from __future__ import annotations

from dataclasses import replace

from enrich.model import tidy_document_id
from enrich.sources.vtex.records.catalogue import LISTS, Sku, SkuStock
from enrich.sources.vtex.records.customers import Customer, CustomerId, customer_with
from enrich.sources.vtex.records.entity import Entity, Route
from enrich.sources.vtex.records.orders import Order

_ORDERS_FULL = "Checkout / Checkout Resources / Orders Full Access"
_STORAGE = "Dynamic Storage / Dynamic storage generic resources"
_DOCUMENTS = f"{_STORAGE} / Read only documents"
_WRITE_DOCUMENTS = f"{_STORAGE} / Insert or update document (not remove)"

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
SEARCH = Route("stock", "/api/catalog_system/pub/products/search", ())
SKU_IDS = Route("skus.ids", "/api/catalog_system/pvt/sku/stockkeepingunitids", ("Catalog / SKUs",))
_USER_RIGHTS = ("User Rights / Write user rights requests",)
ERASURE_JOBS = Route("erasure", "/api/user-rights/forget/jobs", _USER_RIGHTS, True)
ERASURE_JOB = Route("erasure.job", f"{ERASURE_JOBS.path}/{{job_id}}", _USER_RIGHTS, True)

ORDERS = Entity("orders", Order, "orderId", "lastChange")
CUSTOMERS = Entity("customers", Customer, "id", "lastInteractionIn", tidy_document_id)
CUSTOMER_IDS = replace(CUSTOMERS, model=CustomerId)


def customers_with(extra_fields: tuple[str, ...]) -> Entity:
    """CUSTOMERS that also keep the fields a shop added to its own."""
    return replace(CUSTOMERS, model=customer_with(extra_fields))


SKUS = Entity("skus", Sku, "Id")
STOCK = Entity("stock", SkuStock, "sku")
ENTITIES: dict[str, Entity] = {
    entity.name: entity
    for entity in (ORDERS, CUSTOMERS, *(one.entity for one in LISTS), SKUS, STOCK)
}
