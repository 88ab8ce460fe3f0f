"""Products as the items of one of Synerise's catalogues."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from enrich.destinations.base import MappedField, Record, Row
from enrich.destinations.kinds import PRODUCTS
from enrich.destinations.records import HttpRecords
from enrich.destinations.sending import objects_in, safe_code
from enrich.destinations.synerise.account import SyneriseAccount
from enrich.destinations.synerise.names import clean
from enrich.errors import Stop
from enrich.model import RecordResult

PERMISSIONS = ("CATALOGS_CATALOG_READ", "CATALOGS_ITEM_BATCH_CATALOG_CREATE")
TO_CREATE = "CATALOGS_CATALOG_CREATE"
MAX_FOUND = 100


class SyneriseProducts(HttpRecords, SyneriseAccount):
    """Products as the items of a catalogue."""

    name = PRODUCTS
    version = "synerise-catalog-1"
    written = ("product_key", "catalog")
    needs = ("catalog",)
    example = {"catalog": "products"}
    record_key = "record_id"
    max_records = 100
    idempotency_key = "itemKey"
    mapping = (
        MappedField("record_id", "itemKey", "text"),
        # The key itself is not shown in Synerise, so it is a value too.
        MappedField("record_id", "value.itemId", "text", False),
        MappedField("sku", "value.sku", "text", False),
        MappedField("product_id", "value.productId", "text", False),
        MappedField("ref_id", "value.refId", "text", False),
        MappedField("product", "value.name", "text", False),
        MappedField("brand", "value.brand", "text", False),
        MappedField("category_path", "value.category", "path", False),
        MappedField("url", "value.url", "text", False),
        MappedField("image_url", "value.image", "text", False),
        MappedField("price", "value.price", "amount", False),
        MappedField("is_active", "value.isActive", "boolean", False),
    )

    def shape(self, row: Row, values: dict[str, Any]) -> dict[str, Any]:
        payload: dict[str, Any] = clean(values)
        return payload

    def save(self, records: Sequence[Record]) -> list[RecordResult]:
        at = {"id": self._catalog_id()}
        return self.send_batch("/catalogs/bags/{id}/items/batch", records, at=at)

    def _catalog_id(self) -> str:
        """The id of the catalogue, asked for once; created where the settings say so."""
        if "catalog" not in self.session:
            found = self._found() or (self._created() if self.settings.create_catalog else None)
            if found is None:
                raise Stop(self._absent())
            self.session["catalog"] = found
        return self.session["catalog"]

    def _absent(self) -> str:
        name = self.settings.catalog
        return f"there is no catalogue {name!r} in Synerise: make it, or set create_catalog = true"

    def _found(self) -> str | None:
        params = {"searchBy": str(self.settings.catalog), "limit": str(MAX_FOUND)}
        bags = objects_in(self.fetch("GET", "/catalogs/bags", params=params).get("data"))
        named = (bag for bag in bags if bag.get("name") == self.settings.catalog)
        return next((safe_code(bag.get("id")) for bag in named), None)

    def _created(self) -> str | None:
        answer = self.fetch("POST", "/catalogs/bags", {"name": self.settings.catalog})
        made = answer.get("data", answer)
        return safe_code(made.get("id")) if isinstance(made, dict) else self._found()

    def problems(self) -> list[str]:
        """The permissions, and whether the catalogue is there or may be made."""
        creates = self.settings.create_catalog
        missing = self.missing_permissions((*PERMISSIONS, *((TO_CREATE,) if creates else ())))
        if missing or creates or self._found() is not None:
            return missing
        return [self._absent()]
