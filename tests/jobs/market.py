"""A made-up shop, synced, and one platform in memory that takes some of its entities.

The shop is pulled and pushed once for all tests; each goes on from a copy of that.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from enrich.compute.profiles import make_profiles
from enrich.destinations import open_entities, open_entity
from enrich.push.days import Days
from enrich.push.destination import Destination, push_destination, push_entity
from enrich.push.summary import PushSummary
from enrich.runs.reporting import SILENT, Reporter
from enrich.shop import Shop
from enrich.simulator.platforms import Account
from enrich.sync.store import sync_store
from enrich.warehouse import Warehouse
from tests.destinations.conftest import World
from tests.jobs.town import NOW, RULES, Town, town, warehouse_in

OPTIONS: dict[str, dict[str, Any]] = {
    "connectif": {"api_key": {"env": "K"}, "api_secret": {"env": "S"}, "coupon_set_id": "set-1"},
    "synerise": {"api_key": {"env": "K"}, "catalog": "products"},
}
ALL = ("profiles", "products", "purchases")
ORDERS, CUSTOMERS = 70, 36


@cache
def synced() -> bytes:
    """The warehouse of the shop after its first sync and profiles, as a file."""
    with tempfile.TemporaryDirectory() as folder:
        with town(orders=ORDERS, customers=CUSTOMERS) as there, warehouse_in(Path(folder)) as made:
            sync_store(made, there.shop, now=NOW)
            make_profiles(made, there.shop, now=NOW)
        return (Path(folder) / "warehouse.duckdb").read_bytes()


@cache
def pushed(kind: str) -> tuple[bytes, Account]:
    """The warehouse and the platform after the first push of everything."""
    with tempfile.TemporaryDirectory() as folder:
        with _market(Path(folder), kind, synced()) as market:
            assert [one.fault for one in market.push(*ALL)] == [None, None, None]
        return (Path(folder) / "data" / "warehouse.duckdb").read_bytes(), market.account


@contextmanager
def new_market(folder: Path, kind: str) -> Iterator[Market]:
    """The shop as it was pulled; the platform has nothing of it yet."""
    with _market(folder, kind, synced()) as made:
        yield made


@contextmanager
def known_market(folder: Path, kind: str) -> Iterator[Market]:
    """The shop after its first push."""
    warehouse, account = pushed(kind)
    with _market(folder, kind, warehouse) as made:
        made.world.accounts[kind] = deepcopy(account)
        made.account.recent.clear()
        yield made


@contextmanager
def live_market(folder: Path, kind: str) -> Iterator[Market]:
    """The shop after its first push, where time passes."""
    with town(orders=ORDERS, customers=CUSTOMERS) as there, known_market(folder, kind) as made:
        made.there = there
        yield made


@contextmanager
def _market(folder: Path, kind: str, warehouse: bytes) -> Iterator[Market]:
    data = folder / "data"
    data.mkdir()
    (data / "warehouse.duckdb").write_bytes(warehouse)
    with warehouse_in(data) as opened:
        yield Market(None, opened, World(folder), kind)


@dataclass
class Market:
    """The shop, the warehouse and the platform of `kind`; time passes in all of them at once."""

    there: Town | None
    warehouse: Warehouse
    world: World
    kind: str
    now: datetime = NOW
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.account.table("coupon_sets")["set-1"] = {"id": "set-1", "type": "multiple"}
        self.account.table("catalogs")["products"] = {}

    @property
    def account(self) -> Account:
        return self.world.account(self.kind)

    @property
    def purchases(self) -> dict[str, Any]:
        return self.account.table("purchases")

    @property
    def town(self) -> Town:
        assert self.there is not None
        return self.there

    def sync(self) -> None:
        sync_store(self.warehouse, self.town.shop, now=self.now)
        make_profiles(self.warehouse, self.town.shop, now=self.now)

    def destination(self, *entities: str) -> Destination:
        whole = {
            **OPTIONS[self.kind],
            "entities": list(entities),
            "poll_seconds": 0.01,
            **self.options,
        }
        tools = self.world.tools()
        shop = Shop("main", RULES, url="https://shop.example.com")
        profiles = open_entity("there", self.kind, whole, tools)
        if profiles.fields_created_first:
            self.account.known_fields = {field.target for field in profiles.fields}
        opened = open_entities("there", self.kind, whole, tools)
        return Destination("there", ("main",), profiles, None, opened, {"main": shop})

    def push(self, *entities: str, confirmed: bool = True) -> list[PushSummary]:
        destination = self.destination(*entities)
        return push_destination(
            self.warehouse, destination, "main", now=self.now, confirmed=confirmed
        )

    def export(
        self, entity: str, days: Days, *, dry_run: bool = False, report: Reporter = SILENT
    ) -> PushSummary:
        return push_entity(
            self.warehouse,
            self.destination(*ALL),
            "main",
            entity=entity,
            days=days,
            now=self.now,
            confirmed=True,
            dry_run=dry_run,
            report=report,
        )

    def wait(self, **lengths: float) -> None:
        self.town.switch("POST", "advance", lengths)
        self.now += timedelta(**lengths)

    def ask(self, query: str) -> pl.DataFrame:
        """An answer of the warehouse itself, as it is at this moment."""
        return self.warehouse._connection.sql(query).pl()
