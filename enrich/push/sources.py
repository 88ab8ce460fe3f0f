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
    if today is Today.ALONE:
        return lambda pushed: _plan_of_today(warehouse, shop, entity, pushed, now)
    if entity.name == PROFILES:
        return lambda pushed: plan_push(
            entity, _profiles(warehouse, shop, days, today, now), pushed.records, target.export_id
        )
    name, values = entity.name, _values(shop, entity, target, now)

    def index() -> pl.DataFrame:
        found = warehouse.pushes.index(name, **values)
        return _of_days(_of_audience(found, entity, audience), days, shop)

    return records_planner(
        entity,
        index,
        lambda record_ids: warehouse.pushes.rows(name, record_ids, **values),
        target.export_id,
    )


def _plan_of_today(
    warehouse: Warehouse, shop: Shop, entity: DestinationEntity, pushed: PushedState, now: datetime
) -> PushPlan:
    found = without_held(warehouse, shop, warehouse.today.of(shop.name), now)
    return plan_push(entity, found, pushed.records, others=warehouse.today.others(shop.name))


def _profiles(
    warehouse: Warehouse, shop: Shop, days: Days | None, today: Today, now: datetime
) -> pl.DataFrame:
    found = warehouse.profiles.of(shop.name)
    if today is Today.COUNTS:
        found = with_today(found, warehouse.today.of(shop.name))
    found = with_own(without_held(warehouse, shop, found, now), shop)
    if days is None:
        return found
    keys = _of_days(warehouse.pushes.customer_days(shop.name), days, shop)["customer_key"]
    return found.filter(pl.col("customer_key").is_in(keys.to_list()))


def _of_audience(
    index: pl.DataFrame, entity: DestinationEntity, audience: str | None
) -> pl.DataFrame:
    if audience is None:
        return index
    names = [one.name for one in entity.audiences if one.key == audience]
    return index.filter(pl.col("record_id").str.splitn(":", 2).struct[1].is_in(names))


def _of_days(index: pl.DataFrame, days: Days | None, shop: Shop) -> pl.DataFrame:
    return index if days is None else days.of(index, shop.rules.time_zone)


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
