"""Products in Connectif's catalogue: a few by PATCH, many as a CSV import of type products.

Purchases refer to them, so they go first. Their pages must belong to a domain that the account
authorises (E0201).
"""

from __future__ import annotations

from enrich.destinations.base import MappedField, Record, Row
from enrich.destinations.connectif.imports import ConnectifImports
from enrich.destinations.kinds import PRODUCTS
from enrich.destinations.records import HttpRecords
from enrich.model import RecordResult

NO_PAGE = "no page in the shop; set store_url"


class ConnectifProducts(HttpRecords, ConnectifImports):
    """Products, whose pages must belong to a domain of the account."""

    name = PRODUCTS
    version = "connectif-products-1"
    written = ("product_key",)
    import_type = "products"
    record_key = "record_id"
    idempotency_key = "productId"
    mapping = (
        MappedField("record_id", "productId", "text"),
        MappedField("product", "name", "text"),
        MappedField("url", "productDetailUrl", "text"),
        MappedField("price", "unitPrice", "amount"),
        MappedField("brand", "brand", "text"),
        MappedField("category_path", "categories", "paths"),
        MappedField("image_url", "imageUrl", "text"),
    )

    @property
    def report_column(self) -> str | None:
        return self.settings.product_report_column

    def patch(self, record: Record) -> RecordResult:
        return self.save_one(record, self.product_call(record.payload))

    def validate(self, row: Row) -> str | None:
        return None if row["url"] else NO_PAGE
