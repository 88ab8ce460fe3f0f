"""Where the records of each entity come from, and the plan that is made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from enrich.destinations import PROFILES, DestinationEntity
from enrich.destinations.plan import PushedState, PushPlan, without_aliases
from enrich.destinations.record_plan import plan_records
from enrich.push.days import Days
from enrich.push.planned import Planner, plan_push
from enrich.shop import Shop
from enrich.warehouse import PushTarget, Warehouse

# What decides which records there are where the destination's settings do not.
DEFAULT_OPTIONS: Mapping[str, Any] = {"product_key": "sku", "cart_days": 30}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a push gets its records: one store of an open warehouse, at one moment."""

    warehouse: Warehouse
    shop: Shop
    now: datetime

    def planner(
        self, entity: DestinationEntity, target: PushTarget, days: Days | None = None
    ) -> Planner:
        """What plans a push of this entity, given what the ledger knows.

        With `days` it is an export of the records of these days, and the target names it.
        """
        if entity.name == PROFILES:
            return lambda pushed: plan_push(
                entity,
                self._profiles(target.store, days),
                pushed.records,
                target.export_id,
            )
        name, values = entity.name, self._values(entity, target)
        return records_planner(
            entity,
            lambda: self._of_days(self.warehouse.pushes.index(name, **values), days),
            lambda record_ids: self.warehouse.pushes.rows(name, record_ids, **values),
            target.export_id,
        )

    def _profiles(self, store: str, days: Days | None) -> pl.DataFrame:
        profiles = self.warehouse.profiles.of(store)
        if days is None:
            return profiles
        keys = self._of_days(self.warehouse.pushes.customer_days(store), days)["customer_key"]
        return profiles.filter(pl.col("customer_key").is_in(keys.to_list()))

    def _of_days(self, index: pl.DataFrame, days: Days | None) -> pl.DataFrame:
        return index if days is None else days.of(index, self.shop.rules.time_zone)

    def _values(self, entity: DestinationEntity, target: PushTarget) -> dict[str, Any]:
        """The values that the statements of sql/records ask for."""
        return {
            "destination": target.destination,
            "store": target.store,
            "now": self.now,
            "shop_url": self.shop.url,
            "currency": self.shop.rules.currency,
            "time_zone": self.shop.rules.time_zone,
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
