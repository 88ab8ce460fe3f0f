"""VTEX: what is asked of it, how its answers become records, and what may be wrong with a key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from enrich.sources.source import Probe, Source, SourceAccount, SourceEntity
from enrich.sources.vtex.access import VtexClient
from enrich.sources.vtex.catalogue import VtexList
from enrich.sources.vtex.customers import VtexCustomers
from enrich.sources.vtex.details import VtexSkus
from enrich.sources.vtex.erasure import VtexErasure
from enrich.sources.vtex.newsletter import VtexNewsletter
from enrich.sources.vtex.orders import VtexOrders
from enrich.sources.vtex.records.catalogue import LISTS
from enrich.sources.vtex.stock import VtexStock
from enrich.sources.vtex.verify import verify

__all__ = ["Vtex", "VtexClient"]


@dataclass(frozen=True)
class Vtex(Source):
    """One account of VTEX; `extra_fields` are the shop's own of a customer's document."""

    client: VtexClient
    extra_fields: tuple[str, ...] = ()
    detail_threads: int = 5
    list_threads: int = 2
    first_sync_days: int = 730
    erases: bool = False

    @classmethod
    def open(cls, account: SourceAccount) -> Self:
        """The account as the settings have it."""
        client = VtexClient(
            account.url,
            account.app_key,
            account.app_token,
            account.http,
            sales_channels=account.sales_channels,
        )
        return cls(
            client,
            account.extra_fields,
            account.detail_threads,
            account.list_threads,
            account.first_sync_days,
            account.erases,
        )

    @property
    def entities(self) -> tuple[SourceEntity, ...]:
        client, threads = self.client, self.detail_threads
        return (
            VtexOrders(client, threads, self.list_threads, self.first_sync_days),
            VtexCustomers(client, self.extra_fields, threads),
            *(VtexList(client, wanted) for wanted in LISTS),
            VtexSkus(client, threads),
            VtexStock(client),
        )

    @property
    def newsletter(self) -> VtexNewsletter:
        return VtexNewsletter(self.client, self.detail_threads)

    @property
    def erasure(self) -> VtexErasure:
        return VtexErasure(self.client)

    def verify(self) -> list[Probe]:
        return verify(self.client, extra_fields=self.extra_fields, erases=self.erases)
