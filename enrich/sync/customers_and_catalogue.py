"""Customers, the catalogue, sales channels, coupons and promotions of one store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

import polars as pl

from enrich.client import GaveUp, PermissionMissing
from enrich.model import Loaded, RawRecord, Reject
from enrich.sources.vtex import (
    Pulled,
    VtexClient,
    customer_span,
    fetch_all_customers,
    fetch_brands,
    fetch_categories,
    fetch_changed_customers,
    fetch_coupons,
    fetch_promotions,
    fetch_sales_channels,
    fetch_skus,
    next_watermark,
)
from enrich.sync.pulling import EntityReport, Pull, brake, sliced

CUSTOMERS, SKUS = "customers", "skus"
# A SKU that VTEX no longer has would be asked for at every run.
ASK_AGAIN_AFTER = timedelta(days=7)

SMALL_LISTS: Mapping[str, Callable[[VtexClient], Pulled]] = {
    "sales_channels": fetch_sales_channels,
    "categories": fetch_categories,
    "brands": fetch_brands,
    "coupons": fetch_coupons,
    "promotions": fetch_promotions,
}


def pull_customers(pull: Pull) -> EntityReport:
    """What Master Data brought: everybody on the first run, then those touched since."""
    extra = pull.shop.extra_customer_fields
    watermark_at = pull.watermark(CUSTOMERS)
    if watermark_at is None:
        batches = fetch_all_customers(pull.client, extra_fields=extra)
    else:
        span = customer_span(watermark_at, pull.now)
        batches = fetch_changed_customers(pull.client, span, extra_fields=extra)
    count, loaded = _load_customers(pull, batches)
    pull.move_watermark(CUSTOMERS, next_watermark(pull.now))
    return EntityReport(CUSTOMERS, count, count, loaded)


def _load_customers(pull: Pull, batches: Iterable[list[RawRecord | Reject]]) -> tuple[int, Loaded]:
    loaded = Loaded()
    count = 0
    for batch in batches:
        loaded += pull.load(CUSTOMERS, batch)
        count += len(batch)
        pull.step(CUSTOMERS, count, None)
        brake(CUSTOMERS, loaded, count)
    return count, loaded


def pull_skus(pull: Pull) -> EntityReport:
    """What the catalogue says of the SKUs that were sold and are not known yet."""
    unknown = pull.warehouse.records.unknown_skus(pull.shop.name)
    wanted = worth_asking(unknown, pull.warehouse.records.rejects(pull.shop.name), pull.now)
    loaded = Loaded()
    done_count = 0
    try:
        for sku_ids in sliced(wanted):
            found = fetch_skus(pull.client, sku_ids, concurrent=pull.shop.detail_threads)
            loaded += pull.load(SKUS, found)
            done_count += len(sku_ids)
            pull.step(SKUS, done_count, len(wanted))
    except (PermissionMissing, GaveUp) as error:
        return EntityReport(SKUS, len(unknown), done_count, loaded, f"names as on orders: {error}")
    return EntityReport(SKUS, len(unknown), done_count, loaded)


def worth_asking(unknown: list[str], rejects: pl.DataFrame, now: datetime) -> list[str]:
    """The unknown SKUs but those VTEX did not have within the last week."""
    since = (now - ASK_AGAIN_AFTER).replace(tzinfo=None)
    recent = rejects.filter((pl.col("entity") == SKUS) & (pl.col("rejected_at") > since))
    refused = set(recent["key"].to_list())
    return [sku for sku in unknown if sku not in refused]


def pull_small_list(pull: Pull, entity: str) -> EntityReport:
    """What one short list brought; its note says why it brought nothing."""
    pulled = SMALL_LISTS[entity](pull.client)
    loaded = pull.load(entity, pulled.records) if pulled.records else Loaded()
    count = sum(not isinstance(one, Reject) for one in pulled.records)
    return EntityReport(entity, count, count, loaded, pulled.note)
