"""Every entity of every platform as one case: the contract is the same for all of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from enrich.contract import trial
from enrich.contract.rules import RULES
from enrich.destinations import PROFILES, REGISTRY, DestinationEntity
from enrich.destinations.kinds import AUDIENCES, CONSENTS
from enrich.push.planned import Planner
from enrich.push.summary import PushSummary
from tests.destinations.conftest import World, make_people
from tests.destinations.records import AUDIENCE, Records, make

TAKE_PROFILES = sorted(kind for kind, one in REGISTRY.items() if one.name == PROFILES)
PAIRS = [(kind, one.name) for kind in sorted(REGISTRY) for one in REGISTRY[kind].entities()]


@dataclass(frozen=True)
class Case(trial.Case):
    """One entity of one platform in a world of its own."""

    @property
    def follows_with(self) -> dict[str, Any]:
        one_file = {"mode": "snapshot"} if self.kind == "file" else {}
        return {**super().follows_with, **one_file}

    @property
    def is_visible(self) -> bool:
        return self.is_profiles or self.is_simulated

    @property
    def held(self) -> Mapping[str, Any]:
        if self.entity == AUDIENCES and self.is_simulated:
            table = self.account.table(AUDIENCES)
            return {one: table.get(one, {}) for one in self.account.members(AUDIENCE)}
        elsewhere = {"icomm": self._in_icomm, "webhook": self._received, "file": self._in_the_file}
        return elsewhere[self.kind]() if self.kind in elsewhere else super().held

    def _in_icomm(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.world.icomm.contacts
        return found

    def _received(self) -> Mapping[str, Any]:
        return {one["email"]: one for one in self.world.receiver.profiles.values()}

    def _in_the_file(self) -> Mapping[str, Any]:
        """The lines of the last file."""
        files = (self.world.data_dir / "exports").glob("*.ndjson")
        text = max(files, key=lambda one: one.stat().st_mtime_ns).read_text()
        return {one["email"]: one for one in map(json.loads, text.splitlines())}

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

    def refusals(self, number: int) -> set[str]:
        """What the platform knows the record of that number by."""
        if self.is_profiles or self.entity in (CONSENTS, AUDIENCES):
            return super().refusals(number)
        row = make(self.entity, number).rows[-1]
        return {row["record_id"], row.get("cart_id", row["record_id"])}

    def record_id(self, number: int) -> str:
        return f"{number}" if self.is_profiles else make(self.entity, number).rows[-1]["record_id"]


def rules_that_apply() -> list[tuple[str, str, str]]:
    """Kind, entity and rule: only what a rule is about is a case of it."""
    nowhere = World(Path("nowhere"))
    return [
        (*pair, name)
        for pair in PAIRS
        for name, rule in RULES.items()
        if rule.not_for(Case(nowhere, *pair)) is None
    ]
