"""Catalogue documents, and what the tables must hold of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.fuzz.reading import Wrong, record, text, tidy, yes


@dataclass(frozen=True)
class Goods:
    """One kind of catalogue document: its key, and which column holds which field."""

    entity: str
    key: str
    key_column: str
    texts: Mapping[str, str]
    flags: Mapping[str, str]
    base: Mapping[str, Any]
    is_page: bool = True

    def key_of(self, document: Any) -> str:
        said = record(document, "document")
        found = text((said or {}).get(self.key), self.key)
        if not found:
            raise Wrong(self.key)
        return found

    def expected(self, document: Any) -> dict[str, Any]:
        """Kept whenever it has a key; what is of the wrong kind is not known."""
        said = record(document, "document") or {}
        row: dict[str, Any] = {self.key_column: self.key_of(document)}
        for column, name in self.texts.items():
            row[column] = tidy(_or_none(text, said.get(name)))
        for column, name in self.flags.items():
            row[column] = _or_none(yes, said.get(name))
        return row


def _or_none(read: Any, value: Any) -> Any:
    try:
        return read(value, "")
    except Wrong:
        return None


KINDS = (
    Goods(
        "skus",
        "Id",
        "sku",
        {"product_id": "ProductId", "sku_name": "SkuName", "brand_id": "BrandId",
         "brand": "BrandName"},
        {"is_active": "IsActive"},
        {
            "Id": 301,
            "ProductId": 30,
            "NameComplete": "Cup blue",
            "SkuName": "blue",
            "ProductName": "Cup",
            "BrandId": "2000001",
            "BrandName": "Demo",
            "ProductCategoryIds": "/1/10/",
            "ProductCategories": {"1": "Kitchen", "10": "Cups"},
            "AlternateIds": {"RefId": "CUP-B"},
            "IsActive": True,
        },
        is_page=False,
    ),
    Goods(
        "brands",
        "id",
        "brand_id",
        {"brand": "name"},
        {"is_active": "isActive"},
        {"id": 2000001, "name": "Demo", "isActive": True},
    ),
    Goods(
        "categories",
        "id",
        "category_id",
        {"category": "name", "parent_id": "parentId"},
        {},
        {"id": "10", "name": "Cups", "parentId": "1", "path": ["1", "10"],
         "pathNames": ["Kitchen", "Cups"]},
    ),
)  # fmt: skip
