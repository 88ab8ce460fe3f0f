"""A large made-up shop behind a socket with limits, and how its truth compares with a read copy."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from enrich.simulator.app import Simulator
from enrich.simulator.book import INCOMPLETE
from enrich.simulator.build import FULL_KEY, Simulation, build_simulation
from enrich.simulator.changes import change_order
from enrich.simulator.flow import last_change_at
from enrich.simulator.server import serve
from enrich.simulator.truth import order_truth
from enrich.simulator.weather import Weather
from enrich.warehouse import read_warehouse

BEGIN = datetime(2026, 3, 10, 15, tzinfo=UTC)
SETTLED = timedelta(minutes=6)  # the list is about four minutes late
RECENT = timedelta(days=40)  # what a sync lists again by creation, and some days to spare
CHUNK = 50_000
ROUTES = ("order", "order_list", "scroll", "search", "sku")
ENVIRON = {"KEY": FULL_KEY.app_key, "TOKEN": FULL_KEY.app_token}
SETTINGS = """
[stores.main]
account = "demostore"
base_url = "ADDRESS/vtex"
app_key = { env = "KEY" }
app_token = { env = "TOKEN" }
time_zone = "America/Sao_Paulo"
currency = "BRL"
"""


@dataclass
class Shop:
    """One simulated shop, its folder and what time it is there."""

    simulator: Simulator
    folder: Path
    now: datetime = BEGIN
    changed: set[str] = field(default_factory=set)

    @property
    def config(self) -> Path:
        return self.folder / "enrich.toml"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def detail_fetches(self) -> int:
        """Orders handed out so far."""
        return self.simulator.statuses.get("order", {}).get("200", 0)

    @property
    def refused_count(self) -> int:
        """Requests over one of the limits."""
        return sum(counts["429"] for counts in self.simulator.statuses.values())

    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        self.simulator.main.clock.advance(hours * 3_600_000_000)

    def change(self, count: int, dice: random.Random) -> int:
        """So many of the recent orders change now; two in fifty of them are canceled."""
        book = self.simulator.main.world.book
        newest, oldest = _us(self.now), _us(self.now - RECENT)
        recent = [
            order_id
            for order_id, created, flags in zip(
                book.order_id, book.created, book.flags, strict=True
            )
            if oldest <= created <= newest and not flags & INCOMPLETE
        ]
        chosen = dice.sample(recent, min(count, len(recent)))
        for number, order_id in enumerate(chosen):
            action = ("cancel", "request-cancel")[number % 2] if number % 50 < 2 else "touch"
            change_order(self.simulator.main, order_id, action, {})
        self.changed.update(chosen)
        return len(chosen)

    def truth(self) -> pl.DataFrame:
        """order_id, value_cents, status of every order a client can have seen by now."""
        count = len(self.simulator.main.world.book)
        parts = [self._truth(first) for first in range(0, count, CHUNK)]
        return pl.concat(parts)

    def _truth(self, first: int) -> pl.DataFrame:
        newest = (self.now - SETTLED).isoformat()
        rows = [
            (told["orderId"], told["value"], told["status"] or None)
            for told in order_truth(self.simulator.main, first, first + CHUNK)
            if told["isCompleted"] and told["isReachable"] and told["creationDate"] < newest
        ]
        schema = {"order_id": pl.String, "value_cents": pl.Int64, "status": pl.String}
        return pl.DataFrame(rows, schema=schema, orient="row")


def _us(moment: datetime) -> int:
    return int(moment.timestamp()) * 1_000_000


@contextmanager
def open_shop(folder: Path, orders: int, seed: int, limit: float) -> Iterator[Shop]:
    """A shop of about so many orders in two years; each route answers `limit` requests a second.

    A tenth as many are older, so that VTEX does not show them any more.
    """
    limits = {route: [limit, max(10.0, limit / 5)] for route in ROUTES}
    simulator = build_simulation(
        Simulation(
            customers=max(20, orders // 4),
            orders=orders * 11 // 10,
            seed=seed,
            now=BEGIN,
            weather=Weather(limits=limits),
        )
    )
    with serve(simulator) as address:
        folder.mkdir(parents=True, exist_ok=True)
        shop = Shop(simulator, folder)
        shop.config.write_text(SETTINGS.replace("ADDRESS", address))
        yield shop


def differences(shop: Shop) -> Mapping[str, int]:
    """What the read copy holds against the truth: orders, but for the cents."""
    truth = shop.truth()
    with read_warehouse(shop.data) as copy:
        stored = copy.query("select order_id, value_cents, status from orders")
    both = truth.join(stored, on="order_id", suffix="_stored")
    changed = both.filter(pl.col("order_id").is_in(list(_settled(shop))))
    return {
        "compared": both.height,
        "lost": truth.join(stored, on="order_id", how="anti").height,
        "invented": _young(shop, stored.join(truth, on="order_id", how="anti")),
        "duplicated": stored.height - stored["order_id"].n_unique(),
        "cents off": int(
            both.select((pl.col("value_cents") - pl.col("value_cents_stored")).abs().sum()).item()
        ),
        "not seen to change": changed.filter(
            pl.col("status").ne_missing(pl.col("status_stored"))
        ).height,
    }


def _settled(shop: Shop) -> Iterator[str]:
    """The orders that were changed, but those that moved on by themselves in the last minutes."""
    book = shop.simulator.main.world.book
    newest = _us(shop.now - SETTLED)
    for order_id in shop.changed:
        order = book.find(order_id)
        if order is not None and last_change_at(book, order, _us(shop.now)) <= newest:
            yield order_id


def _young(shop: Shop, extra: pl.DataFrame) -> int:
    """Of the orders beyond the truth, those the shop does not know or that were never complete.

    The truth leaves out the last minutes, and what has grown older than two years meanwhile.
    """
    book = shop.simulator.main.world.book
    return sum(book.find(order_id) is None for order_id in extra["order_id"])
