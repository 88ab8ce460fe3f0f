"""A made-up shop, synced, and one platform in memory that takes some of its entities.

The shop is pulled once for all tests that only push; those in which time passes have one alive.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from enrich.destinations import open_destination, open_entities
from enrich.jobs.profiles import make_profiles
from enrich.jobs.publish import publish
from enrich.jobs.push import PushSummary
from enrich.jobs.push_days import Days
from enrich.jobs.pushing import Outlet, push_outlet, push_store
from enrich.jobs.reporting import SILENT, Reporter
from enrich.jobs.shops import Shop
from enrich.jobs.sync import sync_store
from enrich.simulator.platforms import Account
from enrich.store import Warehouse, read_warehouse
from tests.destinations.conftest import World
from tests.jobs.town import NOW, RULES, Town, town, warehouse_in

OPTIONS: dict[str, dict[str, Any]] = {
    "connectif": {"api_key": {"env": "K"}, "api_secret": {"env": "S"}, "coupon_set_id": "set-1"},
    "synerise": {"api_key": {"env": "K"}, "catalog": "products"},
}
ALL = ("profiles", "products", "purchases")
ORDERS, CUSTOMERS = 120, 45


@cache
def synced() -> bytes:
    """The warehouse of the shop after its first sync and profiles, as a file."""
    with tempfile.TemporaryDirectory() as folder:
        with town(orders=ORDERS, customers=CUSTOMERS) as there, warehouse_in(Path(folder)) as made:
            sync_store(made, there.shop, now=NOW)
            make_profiles(made, there.shop, now=NOW)
        return (Path(folder) / "warehouse.duckdb").read_bytes()


@contextmanager
def still_market(folder: Path, kind: str) -> Iterator[Market]:
    """The shop as it was pulled; nothing happens in it any more."""
    data = folder / "data"
    data.mkdir()
    (data / "warehouse.duckdb").write_bytes(synced())
    with warehouse_in(data) as warehouse:
        yield Market(None, warehouse, World(folder), kind)


@contextmanager
def live_market(folder: Path, kind: str) -> Iterator[Market]:
    """The same shop, where time passes."""
    with town(orders=ORDERS, customers=CUSTOMERS) as there, warehouse_in(folder / "data") as opened:
        made = Market(there, opened, World(folder), kind)
        made.sync()
        yield made


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

    def outlet(self, *entities: str) -> Outlet:
        whole = {
            **OPTIONS[self.kind],
            "entities": list(entities),
            "poll_seconds": 0.01,
            **self.options,
        }
        tools = self.world.tools()
        shop = Shop("main", RULES, url="https://shop.example.com")
        profiles = open_destination("there", self.kind, whole, tools)
        if profiles.capabilities.fields_created_first:
            self.account.known_fields = {field.target for field in profiles.fields}
        opened = open_entities("there", self.kind, whole, tools)
        return Outlet("there", ("main",), profiles, None, opened, {"main": shop})

    def push(self, *entities: str, confirmed: bool = True) -> list[PushSummary]:
        outlet = self.outlet(*entities)
        return push_outlet(self.warehouse, outlet, "main", now=self.now, confirmed=confirmed)

    def export(
        self, entity: str, days: Days, *, dry_run: bool = False, report: Reporter = SILENT
    ) -> PushSummary:
        return push_store(
            self.warehouse,
            self.outlet(*ALL),
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
        publish(self.warehouse)
        with read_warehouse(self.warehouse.path.parent) as copy:
            return copy.query(query)
