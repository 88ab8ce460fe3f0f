"""Where the records of each entity come from, and the plan that is made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum, auto
from typing import Any

import polars as pl

from enrich.destinations import PROFILES, DestinationEntity
from enrich.destinations.plan import PushedState, PushPlan, without_aliases
from enrich.destinations.record_plan import plan_records
from enrich.profile.own import declared
from enrich.profile.predicted import PREDICTED
from enrich.push.days import Days
from enrich.push.planned import Planner, plan_push
from enrich.shop import Shop
from enrich.warehouse import PushTarget, Warehouse


class Today(Enum):
    """What a push takes of the profiles that were made again since the daily run."""

    LEFT_OUT = auto()
    COUNTS = auto()
    """They stand for the kept ones of the same people."""
    ALONE = auto()
    """Nothing else is sent."""


# What decides which records there are where the destination's settings do not.
DEFAULT_OPTIONS: Mapping[str, Any] = {"product_key": "sku", "cart_days": 30}


def planner_of(
    warehouse: Warehouse,
    shop: Shop,
    entity: DestinationEntity,
    target: PushTarget,
    days: Days | None = None,
    *,
    now: datetime,
    audience: str | None = None,
    today: Today = Today.LEFT_OUT,
) -> Planner:
    """What plans a push of this entity, given what the ledger knows.

    With `days` it is an export of the records of these days, and the target names it; with
    `audience` it is about the members of that one alone. `today` says what becomes of the profiles
    that were made again since the daily run.
    """

    def wanted(index: pl.DataFrame) -> pl.DataFrame:
        names = [one.name for one in entity.audiences if audience in (None, one.key)]
        if audience is not None:
            name = pl.col("record_id").str.splitn(":", 2).struct[1]
            index = index.filter(name.is_in(names))
        return index if days is None else days.of(index, shop.rules.time_zone)

    def profiles() -> pl.DataFrame:
        found = warehouse.profiles.of(target.store)
        if today is Today.COUNTS:
            found = with_today(found, warehouse.today.of(target.store))
        found = with_own(without_held(warehouse, shop, found, now), shop)
        if days is None:
            return found
        keys = wanted(warehouse.pushes.customer_days(target.store))["customer_key"]
        return found.filter(pl.col("customer_key").is_in(keys.to_list()))

    def of_today(pushed: PushedState) -> PushPlan:
        found = without_held(warehouse, shop, warehouse.today.of(target.store), now)
        others = warehouse.today.others(target.store)
        return plan_push(entity, found, pushed.records, others=others)

    if today is Today.ALONE:
        return of_today
    if entity.name == PROFILES:
        return lambda pushed: plan_push(entity, profiles(), pushed.records, target.export_id)
    name, values = entity.name, _values(shop, entity, target, now)
    return records_planner(
        entity,
        lambda: wanted(warehouse.pushes.index(name, **values)),
        lambda record_ids: warehouse.pushes.rows(name, record_ids, **values),
        target.export_id,
    )


def with_today(kept: pl.DataFrame, today: pl.DataFrame) -> pl.DataFrame:
    """The kept profiles, for whom there is a newer one that."""
    if today.is_empty():
        return kept
    rest = kept.join(today, on="customer_key", how="anti")
    return pl.concat([rest, today.drop("as_of")], how="diagonal").sort("customer_key")


def without_held(
    warehouse: Warehouse, shop: Shop, profiles: pl.DataFrame, now: datetime
) -> pl.DataFrame:
    """The profiles without predictions where the newest back-test is further off than allowed."""
    measured = warehouse.predictions.backtest(shop.name, now.date())
    if not shop.prediction.is_too_far_off(measured):
        return profiles
    return profiles.with_columns(
        pl.lit(None, profiles.schema[field.name]).alias(field.name)
        for field in PREDICTED
        if field.name in profiles.columns
    )


def with_own(profiles: pl.DataFrame, shop: Shop) -> pl.DataFrame:
    """The profiles with all fields of the settings: new ones are null until the next profiles."""
    missing = (one for one in declared(shop.own_fields) if one.name not in profiles.columns)
    return profiles.with_columns(pl.lit(one.empty, one.dtype).alias(one.name) for one in missing)


def _values(
    shop: Shop, entity: DestinationEntity, target: PushTarget, now: datetime
) -> dict[str, Any]:
    """The values that the statements of sql/records ask for."""
    return {
        "destination": target.destination,
        "store": target.store,
        "now": now,
        "shop_url": shop.url,
        "currency": shop.rules.currency,
        "time_zone": shop.rules.time_zone,
        "is_by_email": entity.record_key == "email",
        "audience_keys": [one.key for one in entity.audiences],
        "audience_names": [one.name for one in entity.audiences],
        "audience_channels": [one.channel for one in entity.audiences],
        **DEFAULT_OPTIONS,
        **entity.record_options,
    }


def records_planner(
    destination: DestinationEntity,
    read_index: Callable[[], pl.DataFrame],
    read_rows: Callable[[pl.Series], pl.DataFrame],
    export_id: str | None = None,
) -> Planner:
    """Plan a push from an index of the records, then load whole rows in batches."""

    def load_rows(part: pl.DataFrame) -> pl.DataFrame:
        found = read_rows(part["record_id"])
        whole = part.join(found, on="record_id", how="inner", maintain_order="left")
        if "email" in whole.columns:
            whole = without_aliases(whole)
        return destination.remember(whole)

    def plan(pushed: PushedState) -> PushPlan:
        return plan_records(read_index(), pushed, destination, load_rows, export_id=export_id)

    return plan
