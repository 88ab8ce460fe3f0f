"""Which SKUs can be bought now, fifty at a time, as the shop's own search shows them.

The inventory of VTEX is one call a SKU and a permission more, and says nothing of prices and sales
channels. A SKU that the search does not show cannot be bought: it is sold out, or switched off.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from enrich.client import BadBody
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
        """As the base says; raises what the client does, BadBody where the search shows nothing."""
        shown: dict[str, int] = {}
        for start in range(0, len(keys), PER_CALL):
            for channel in self.client.sales_channels or (None,):
                for key, quantity in self._shown(keys[start : start + PER_CALL], channel).items():
                    shown[key] = max(quantity, shown.get(key, 0))
        if len(keys) > PER_CALL and not shown:
            raise BadBody("the search of the shop shows none of its SKUs")
        for key in keys:
            found = {"isAvailable": shown.get(key, 0) > 0, "quantity": shown.get(key)}
            yield parse_record(STOCK, {"sku": key, **found})

    def _shown(self, keys: Sequence[str], channel: str | None) -> dict[str, int]:
        """How many can be bought of each SKU, in a sales channel or the shop's own."""
        wanted = [f"skuId:{key}" for key in keys]
        params = {"fq": wanted, "_from": "0", "_to": str(PER_CALL - 1)}
        where = {} if channel is None else {"sc": channel}
        products = self.client.fetch_json(SEARCH, params={**params, **where}, tries=3)
        if not isinstance(products, list):
            raise BadBody("the search of the shop answers no list of products")
        return _quantities(products)


def _quantities(products: list[Any]) -> dict[str, int]:
    """How many can be bought of each SKU that is shown."""
    found: dict[str, int] = {}
    for item in (item for product in _objects(products) for item in _objects(product.get("items"))):
        offers = _objects([one.get("commertialOffer") for one in _objects(item.get("sellers"))])
        amounts = (one.get("AvailableQuantity") for one in offers)
        found[str(item.get("itemId"))] = sum(n for n in amounts if isinstance(n, int) and n > 0)
    return found


def _objects(values: Any) -> list[Mapping[str, Any]]:
    return [one for one in values if isinstance(one, Mapping)] if isinstance(values, list) else []
