"""The orders of an account: what is listed, whose detail is needed, what a detail says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic_core import from_json

from enrich.model import RawRecord
from enrich.sources.source import Fetched, Listed, Listing, Window
from enrich.sources.vtex.access import VtexClient
from enrich.sources.vtex.decide import facts_of, which_need_detail
from enrich.sources.vtex.details import fetch_orders
from enrich.sources.vtex.entities import ORDERS
from enrich.sources.vtex.listing import list_orders
from enrich.sources.vtex.parse import VtexDocuments
from enrich.sources.vtex.spans import explicit_windows, order_windows


@dataclass(frozen=True)
class VtexOrders(VtexDocuments, Listed):
    """The orders of the account, of the sales channels that its client is limited to."""

    entity = ORDERS
    client: VtexClient
    detail_threads: int = 5
    list_threads: int = 2
    first_sync_days: int = 730

    @property
    def sales_channels(self) -> tuple[str, ...]:
        return self.client.sales_channels

    def windows(
        self, since: datetime | None, now: datetime, *, is_long: bool
    ) -> tuple[Window, ...]:
        return order_windows(since, now, first_sync_days=self.first_sync_days, is_long=is_long)

    created_in = staticmethod(explicit_windows)
    need_detail = staticmethod(which_need_detail)
    facts = staticmethod(facts_of)

    def listings(self, window: Window) -> Iterator[Listing]:
        return list_orders(self.client, window, concurrent=self.list_threads)

    def fetch(
        self, keys: Iterable[str], changes: Mapping[str, datetime | None] | None = None
    ) -> Iterator[Fetched]:
        return fetch_orders(
            self.client, keys, listed_changes=changes, concurrent=self.detail_threads
        )

    def shows(self, record: RawRecord) -> bool:
        """Whether it is complete and of a sales channel that is pulled."""
        order = from_json(record.payload)
        channels = self.client.sales_channels
        is_pulled = not channels or order.get("salesChannel") in channels
        return bool(order.get("isCompleted")) and is_pulled
