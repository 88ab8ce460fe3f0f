"""Which SKUs can be bought now, fifty at a time, as the shop's own search shows them.

The inventory of VTEX is one call a SKU and a permission more, and says nothing of prices and sales
channels. A SKU that the search does not show cannot be bought: it is sold out, or switched off.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from enrich.sources.source import Daily, Fetched
from enrich.sources.vtex.access import VtexClient
from enrich.sources.vtex.entities import SEARCH, STOCK
from enrich.sources.vtex.parse import VtexDocuments, parse_record

PER_CALL = 50


@dataclass(frozen=True)
class VtexStock(VtexDocuments, Daily):
    """Whether SKUs are available, and how many there are of all sellers."""

    entity = STOCK
    client: VtexClient

    def fetch(self, keys: Sequence[str]) -> Iterator[Fetched]:
        """As the base says; raises what the client does."""
        for start in range(0, len(keys), PER_CALL):
            some = keys[start : start + PER_CALL]
            params = {
                "fq": [f"skuId:{key}" for key in some],
                "_from": "0",
                "_to": str(PER_CALL - 1),
            }
            shown = _quantities(self.client.fetch_json(SEARCH, params=params, tries=3))
            for key in some:
                found = {"isAvailable": shown.get(key, 0) > 0, "quantity": shown.get(key)}
                yield parse_record(STOCK, {"sku": key, **found})


def _quantities(products: Any) -> dict[str, int]:
    """How many can be bought of each SKU that is shown."""
    found: dict[str, int] = {}
    for item in (item for product in _objects(products) for item in _objects(product.get("items"))):
        offers = _objects([one.get("commertialOffer") for one in _objects(item.get("sellers"))])
        amounts = (one.get("AvailableQuantity") for one in offers)
        found[str(item.get("itemId"))] = sum(n for n in amounts if isinstance(n, int) and n > 0)
    return found


def _objects(values: Any) -> list[Mapping[str, Any]]:
    return [one for one in values if isinstance(one, Mapping)] if isinstance(values, list) else []
