"""Every entity of every platform as one case: the contract is the same for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from enrich.destinations import PROFILES, REGISTRY, DestinationEntity
from enrich.destinations.kinds import AUDIENCES, CONSENTS
from enrich.push.planned import Planner, plan_push
from enrich.push.summary import PushSummary
from enrich.simulator.platforms import PLATFORMS
from tests.destinations.conftest import Ledger, World, make_people
from tests.destinations.records import Records, make

PAIRS = [(kind, one.name) for kind in sorted(REGISTRY) for one in REGISTRY[kind].entities()]


@dataclass(frozen=True)
class Case:
    """One entity of one platform in a world of its own."""

    world: World
    kind: str
    entity: str

    @property
    def is_simulated(self) -> bool:
        return self.kind in PLATFORMS

    @property
    def is_profiles(self) -> bool:
        return self.entity == PROFILES

    def open(self, **options: Any) -> DestinationEntity:
        platform = REGISTRY[self.kind]
        example = {**platform.example, **platform.entity(self.entity).example}
        return self.world.open(self.kind, self.entity, **{**example, **options})

    def make(self, count: int) -> pl.DataFrame | Records:
        return make_people(count) if self.is_profiles else make(self.entity, count)

    def planner(self, destination: DestinationEntity, records: pl.DataFrame | Records) -> Planner:
        if isinstance(records, Records):
            return records.planner(destination)
        return lambda pushed: plan_push(destination, records, pushed.records)

    def push(
        self, destination: DestinationEntity, records: pl.DataFrame | Records, **options: Any
    ) -> PushSummary:
        if isinstance(records, Records):
            return self.world.push_records(destination, records, **options)
        return self.world.push(destination, records, **options)

    @property
    def ledger(self) -> Ledger:
        return self.world.ledger_of(self.entity)

    @property
    def held(self) -> Mapping[str, Any]:
        """What the platform holds of the entity."""
        return self.world.account(self.kind).table(self.entity)

    @property
    def counted_twice(self) -> list[str]:
        """The records of which the platform counts more than one."""
        return [key for key, kept in self.held.items() if kept.get("count", 1) > 1]

    def refusals(self, number: int) -> set[str]:
        """What the platform knows the record of that number by."""
        if self.is_profiles or self.entity in (CONSENTS, AUDIENCES):
            return {f"person{number:04}@example.com"}
        row = make(self.entity, number).rows[-1]
        return {row["record_id"], row.get("cart_id", row["record_id"])}

    def record_id(self, number: int) -> str:
        return f"{number}" if self.is_profiles else make(self.entity, number).rows[-1]["record_id"]
