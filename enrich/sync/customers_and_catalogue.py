"""What is not listed: customers, SKUs, and the short lists of one store."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from enrich.client import BadBody, GaveUp, HttpStatus, LoginPage, NotFound, PermissionMissing
from enrich.errors import HeldBack
from enrich.model import Loaded, Reject
from enrich.sources.source import Changing, Daily, Wanted, Whole
from enrich.sync.pulling import EntityReport, Pull, refuse_many_rejects, sliced

# A SKU that VTEX no longer has would be asked for at every run.
ASK_AGAIN_AFTER = timedelta(days=7)
# Less than a day, so that a sync at the same hour is not too early.
ONCE_A_DAY = timedelta(hours=20)
# Which SKUs are asked for every day: 200 calls, and those that were sold out.
SOLD_WITHIN, MAX_SKUS = timedelta(days=365), 10_000


def pull_changing(pull: Pull, customers: Changing) -> EntityReport:
    """What was touched since the last run: everybody on the first one."""
    loaded = Loaded()
    count = 0
    for batch in customers.changed(pull.watermark(customers.name), pull.now):
        loaded += pull.load(customers.name, batch)
        count += len(batch)
        pull.step(customers.name, count, None)
        refuse_many_rejects(customers.name, loaded, count)
    pull.move_watermark(customers.name, customers.known_until(pull.now))
    return EntityReport(customers.name, count, count, loaded)


def pull_wanted(pull: Pull, skus: Wanted) -> EntityReport:
    """What the catalogue says of the SKUs that were sold and are not known yet."""
    unknown = pull.warehouse.records.unknown_skus(pull.shop.name)
    rejects = pull.warehouse.records.rejects(pull.shop.name).filter(entity=skus.name)
    wanted = worth_asking(unknown, rejects, pull.now)
    loaded = Loaded()
    done_count = 0
    note, fault = None, None
    try:
        for sku_ids in sliced(wanted):
            loaded += pull.load(skus.name, skus.fetch(sku_ids))
            done_count += len(sku_ids)
            pull.step(skus.name, done_count, len(wanted))
            refuse_many_rejects(skus.name, loaded, done_count)
    except (PermissionMissing, GaveUp) as error:
        note = f"names as on orders: {error}"
    except HeldBack as held:
        note, fault = str(held), held
    return EntityReport(skus.name, len(unknown), done_count, loaded, note, fault)


def pull_daily(pull: Pull, daily: Daily) -> EntityReport:
    """The stock of the SKUs sold most, asked for at most once in 20 hours.

    An error of the source is a note: the stored stock stays and the next sync tries again.
    """
    asked_at = pull.watermark(daily.name)
    if asked_at is not None and pull.now - asked_at < ONCE_A_DAY:
        return EntityReport(daily.name)
    keys = pull.warehouse.records.stock_skus(
        pull.shop.name, since=pull.now - SOLD_WITHIN, max_count=MAX_SKUS
    )
    try:
        loaded = pull.load(daily.name, daily.fetch(keys), watermark_at=pull.now)
    except (PermissionMissing, NotFound, BadBody, HttpStatus, GaveUp, LoginPage) as error:
        return EntityReport(
            daily.name, len(keys), note=f"not updated, the stored values stay: {error}"
        )
    return EntityReport(daily.name, len(keys), len(keys), loaded)


def worth_asking(unknown: list[str], rejects: pl.DataFrame, now: datetime) -> list[str]:
    """The unknown keys but those that were rejected within the last week."""
    since = (now - ASK_AGAIN_AFTER).replace(tzinfo=None)
    refused = set(rejects.filter(pl.col("rejected_at") > since)["key"])
    return [key for key in unknown if key not in refused]


def pull_whole(pull: Pull, wanted: Whole) -> EntityReport:
    """What one short list brought; its note says why it brought nothing."""
    pulled = wanted.read()
    loaded = pull.load(wanted.name, pulled.records) if pulled.records else Loaded()
    count = sum(not isinstance(one, Reject) for one in pulled.records)
    return EntityReport(wanted.name, count, count, loaded, pulled.note)
