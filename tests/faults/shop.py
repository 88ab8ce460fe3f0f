"""The made-up shop, what is true of it, and what the store and the platform made of it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from enrich.simulator.app import Simulator
from enrich.simulator.build import FULL_KEY, Simulation, build_simulation
from enrich.simulator.changes import add_orders, change_order
from enrich.simulator.flow import value_at
from enrich.simulator.server import serve
from enrich.simulator.truth import order_truth
from enrich.simulator.weather import Weather
from enrich.warehouse import PushTarget, open_warehouse, read_warehouse

BEGIN = datetime(2026, 3, 10, 15, tzinfo=UTC)
SETTLED = timedelta(minutes=6)  # the list is about four minutes late
BATCH = 10
BUYERS = 25
ENVIRON = {"KEY": FULL_KEY.app_key, "TOKEN": FULL_KEY.app_token}
SETTINGS = f"""
[stores.main]
account = "demostore"
base_url = "ADDRESS/vtex"
app_key = {{ env = "KEY" }}
app_token = {{ env = "TOKEN" }}
time_zone = "America/Sao_Paulo"
currency = "BRL"
pace = {{ requests_per_second = 90 }}
[destinations.hook]
kind = "webhook"
url = "ADDRESS/webhook"
batch_size = {BATCH}
"""


@dataclass
class Shop:
    """One simulated shop, its folder, and the orders a client can have seen so far."""

    simulator: Simulator
    folder: Path
    now: datetime = BEGIN
    skew_minutes: float = 0.0  # how much this machine's clock is ahead of the shop's
    seen: dict[str, dict[str, Any]] = field(default_factory=dict)
    new: list[str] = field(default_factory=list)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def wait(self, **lengths: float) -> None:
        """Time passes in the shop; its orders move along."""
        self.now += timedelta(**lengths)
        self.simulator.main.clock.advance(int(timedelta(**lengths).total_seconds() * 1_000_000))

    def trade(self, dice: random.Random) -> None:
        """Some people buy, one takes a purchase back, another cancels: work for every step."""
        people = len(self.simulator.main.world.people.user_id)
        for _ in range(BUYERS):
            person = {"person": dice.randrange(people)}
            self.new += add_orders(self.simulator.main, person)
        for action in ("refund", "cancel"):
            change_order(self.simulator.main, self.new.pop(0), action, {})

    @property
    def batches(self) -> dict[str, list[dict[str, Any]]]:
        """The records the platform got, by the key of their batch, in the order they came."""
        found = self.simulator.webhook.batches
        return {key: body["records"] for key, body in found.items()}

    def weather(self, skew_minutes: float = 0.0, **values: Any) -> None:
        self.skew_minutes = skew_minutes
        sky = self.simulator.main.sky
        sky.weather = Weather(**values)
        sky.buckets.clear()
        sky.burst_left.clear()

    def truth(self) -> dict[str, dict[str, Any]]:
        """The orders that a client must have by now, by id; once seen, an order stays."""
        told = order_truth(self.simulator.main, 0, len(self.simulator.main.world.book))
        unseen = SETTLED + timedelta(minutes=max(0.0, -self.skew_minutes))
        newest = (self.now - unseen).isoformat()
        for order in told:
            is_listed = order["isCompleted"] and order["creationDate"] < newest
            if order["orderId"] in self.seen or (is_listed and order["isReachable"]):
                self.seen[order["orderId"]] = order
        return self.seen

    def values(self, order_id: str) -> tuple[int, int]:
        """The cents of an order now and as the index knows them: a change of these minutes."""
        vtex = self.simulator.main
        order = vtex.world.book.find(order_id)
        assert order is not None
        moments = (vtex.now_us(), vtex.index_us())
        now, before = (value_at(vtex.world.book, order, at_us) for at_us in moments)
        return now, before


@contextmanager
def open_shop(folder: Path, orders: int, seed: int, future_days: int) -> Iterator[Shop]:
    simulator = build_simulation(
        Simulation(
            customers=max(20, orders // 3),
            orders=orders,
            seed=seed,
            now=BEGIN,
            future_days=future_days,
        )
    )
    with serve(simulator) as address:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "enrich.toml").write_text(SETTINGS.replace("ADDRESS", address))
        yield Shop(simulator, folder)


@dataclass(frozen=True)
class Difference:
    """The store against the source; orders but for the cents."""

    compared: int
    lost: int
    invented: int
    duplicated: int
    cents_off: int
    statuses_off: int

    @property
    def is_none(self) -> bool:
        return not (self.lost or self.invented or self.duplicated or self.cents_off)


def difference(shop: Shop) -> Difference:
    """What the read copy holds of the orders, against the truth."""
    truth = shop.truth()
    with read_warehouse(shop.data) as copy:
        rows = copy.query("select order_id, value_cents, status from orders").rows()
    stored = {order_id: (cents, status) for order_id, cents, status in rows}
    both = stored.keys() & truth.keys()
    young = {order["orderId"] for order in _all(shop)} - truth.keys()
    return Difference(
        len(truth),
        len(truth.keys() - stored.keys()),
        len(stored.keys() - truth.keys() - young),
        len(rows) - len(stored),
        sum(min(abs(stored[one][0] - cents) for cents in shop.values(one)) for one in both),
        sum(stored[one][1] != (truth[one]["status"] or None) for one in both),
    )


def _all(shop: Shop) -> list[dict[str, Any]]:
    return order_truth(shop.simulator.main, 0, len(shop.simulator.main.world.book))


HALF_WRITTEN: Mapping[str, str] = {
    "a raw order without its typed row, or the other way round": """
        select count(*) from raw.vtex_orders full join orders
            on orders.order_id = raw.vtex_orders.key
        where orders.order_id is null or raw.vtex_orders.key is null""",
    "an order stored twice": """
        select count(*) - count(distinct order_id) from orders""",
    "a paid order without its lines": """
        select count(*) from raw.vtex_orders
        where json_array_length(payload -> '$.items') > 0
            and key not in (select order_id from order_items)""",
    "a purchase of nobody known": """
        select count(*) from purchases
        where customer_key is not null
            and customer_key not in (select customer_key from customers)""",
}


@dataclass(frozen=True)
class Left:
    """What a process left: tables written by half, and the records it sent without an outcome."""

    half_written: list[str]
    unanswered: list[str]


def left_behind(shop: Shop) -> Left:
    """What is in the warehouse after a process has ended, well or not."""
    path = shop.data / "warehouse.duckdb"
    if not path.exists():
        return Left([], [])
    with open_warehouse(shop.data, job="the harness") as warehouse:  # replays what a kill left
        unanswered = warehouse.pushes.unanswered(PushTarget("hook", "main"))
        profile_count = warehouse.profiles.of("main").height
    with duckdb.connect(str(path), read_only=True) as connection:
        found = [name for name, query in HALF_WRITTEN.items() if _number(connection, query)]
        kept_count = _number(connection, KEPT)
    if profile_count not in (0, kept_count):
        found.append("a table of profiles that no run has kept")
    return Left(found, unanswered)


KEPT = "select coalesce(arg_max(customer_count, kept_at), 0) from profile_runs"


def _number(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    return int(connection.sql(query).fetchall()[0][0])
