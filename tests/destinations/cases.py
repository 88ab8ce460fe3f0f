"""Every entity of every platform as one case: the contract is the same for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from enrich.contract import trial
from enrich.destinations import PROFILES, REGISTRY, DestinationEntity
from enrich.destinations.kinds import AUDIENCES, CONSENTS
from enrich.push.planned import Planner
from enrich.push.summary import PushSummary
from tests.destinations.conftest import make_people
from tests.destinations.records import AUDIENCE, Records, make

TAKE_PROFILES = sorted(kind for kind, one in REGISTRY.items() if one.name == PROFILES)
PAIRS = [(kind, one.name) for kind in sorted(REGISTRY) for one in REGISTRY[kind].entities()]


@dataclass(frozen=True)
class Case(trial.Case):
    """One entity of one platform in a world of its own."""

    def make(self, count: int) -> pl.DataFrame | Records:
        return make_people(count) if self.is_profiles else make(self.entity, count)

    def planner(self, destination: DestinationEntity, records: pl.DataFrame | Records) -> Planner:
        if isinstance(records, Records):
            return records.planner(destination)
        return super().planner(destination, records)

    def push(
        self, destination: DestinationEntity, records: pl.DataFrame | Records, **options: Any
    ) -> PushSummary:
        if isinstance(records, Records):
            done: PushSummary = self.world.push_records(destination, records, **options)
            return done
        return super().push(destination, records, **options)

    @property
    def held(self) -> Mapping[str, Any]:
        if self.entity != AUDIENCES:
            return super().held
        table = self.account.table(AUDIENCES)
        return {one: table.get(one, {}) for one in self.account.members(AUDIENCE)}

    def refusals(self, number: int) -> set[str]:
        """What the platform knows the record of that number by."""
        if self.is_profiles or self.entity in (CONSENTS, AUDIENCES):
            return super().refusals(number)
        row = make(self.entity, number).rows[-1]
        return {row["record_id"], row.get("cart_id", row["record_id"])}

    def record_id(self, number: int) -> str:
        return f"{number}" if self.is_profiles else make(self.entity, number).rows[-1]["record_id"]
