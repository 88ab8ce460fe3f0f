"""Where the records of each entity come from, and the plan that is made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from enrich.destinations.base import PROFILES, Destination, Opened
from enrich.destinations.plan import Known, Plan, without_aliases
from enrich.destinations.record_plan import plan_records
from enrich.destinations.records import Remembers
from enrich.jobs.push import Planner, plan_push
from enrich.jobs.push_days import Days
from enrich.jobs.push_ledger import Target
from enrich.jobs.shops import Shop
from enrich.store import Warehouse

# What decides which records there are where the destination's settings have no say.
DEFAULT_WISHES: Mapping[str, Any] = {"product_key": "sku", "cart_days": 30}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a push gets its records: one store of an open warehouse, at one moment."""

    warehouse: Warehouse
    shop: Shop
    now: datetime


def planner_of(source: Source, opened: Opened, target: Target, days: Days | None = None) -> Planner:
    """What finds out what is to be sent of this entity, given what the ledger knows.

    With `days` it is an export of the records of these days, and the target names it.
    """
    if opened.name == PROFILES:
        return _of_profiles(source, opened, target, days)
    return _of_records(source, opened, target, days)


def _of_profiles(source: Source, opened: Opened, target: Target, days: Days | None) -> Planner:
    def plan(known: Known) -> Plan:
        profiles = source.warehouse.profiles(target.store)
        if days is not None:
            heads = source.warehouse.customer_days(target.store)
            theirs = days.of(heads, source.shop.rules.time_zone)["customer_key"]
            profiles = profiles.filter(pl.col("customer_key").is_in(theirs.to_list()))
        return plan_push(opened.destination, profiles, known.state, target.export_id)

    return plan


def _of_records(source: Source, opened: Opened, target: Target, days: Days | None) -> Planner:
    name, values = opened.name, asked_of(source, opened, target)

    def heads() -> pl.DataFrame:
        found = source.warehouse.push_heads(name, **values)
        return found if days is None else days.of(found, source.shop.rules.time_zone)

    return records_planner(
        opened.destination,
        heads,
        lambda record_ids: source.warehouse.push_rows(name, record_ids, **values),
        target.export_id,
    )


def records_planner(
    destination: Destination,
    heads: Callable[[], pl.DataFrame],
    rows: Callable[[pl.Series], pl.DataFrame],
    export_id: str | None = None,
) -> Planner:
    """The planner of records whose heads are read at once, and the whole rows part by part."""

    def widen(part: pl.DataFrame) -> pl.DataFrame:
        found = rows(part["record_id"])
        whole = part.join(found, on="record_id", how="inner", maintain_order="left")
        if "email" in whole.columns:
            whole = without_aliases(whole)
        return destination.remember(whole) if isinstance(destination, Remembers) else whole

    def plan(known: Known) -> Plan:
        return plan_records(heads(), known, destination, widen, export_id=export_id)

    return plan


def asked_of(source: Source, opened: Opened, target: Target) -> dict[str, Any]:
    """The values that the files of sql/records ask for."""
    return {
        "destination": target.destination,
        "store": target.store,
        "now": source.now,
        "shop_url": source.shop.url,
        "currency": source.shop.rules.currency,
        "time_zone": source.shop.rules.time_zone,
        **DEFAULT_WISHES,
        **opened.wishes,
    }
