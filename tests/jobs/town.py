"""A small made-up shop behind a real socket, and the jobs pointed at it."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from enrich.client import Http
from enrich.model import Rules
from enrich.shop import Shop
from enrich.simulator.app import Simulator
from enrich.simulator.build import FULL_KEY, Simulation, build_simulation
from enrich.simulator.server import serve
from enrich.sources.vtex import Vtex, VtexClient
from enrich.warehouse import Warehouse, open_warehouse

NOW = datetime(2026, 3, 10, 15, tzinfo=UTC)
RULES = Rules(time_zone="America/Sao_Paulo", currency="BRL")


@dataclass(frozen=True)
class Town:
    """The simulator, where it listens, and the shop as the jobs know it."""

    simulator: Simulator
    address: str
    shop: Shop

    @property
    def detail_fetches(self) -> int:
        return self.simulator.statuses.get("order", {}).get("200", 0)

    def wait_for_details(self, count: int) -> None:
        """Until so many details of orders were asked for, however slow the machine is."""
        deadline = time.monotonic() + 300
        while self.detail_fetches < count:
            assert time.monotonic() < deadline, f"{self.detail_fetches} of {count} were asked for"
            time.sleep(0.02)

    def switch(self, method: str, path: str, values: Any = None) -> Any:
        request = urllib.request.Request(
            f"{self.address}/_simulator/{path}",
            method=method,
            data=None if values is None else json.dumps(values).encode(),
        )
        with urllib.request.urlopen(request) as response:
            return json.load(response)


@contextmanager
def town(
    orders: int = 120, customers: int = 60, now: datetime = NOW, **options: Any
) -> Iterator[Town]:
    simulator = build_simulation(Simulation(customers=customers, orders=orders, now=now, **options))
    with serve(simulator) as address, Http(sleep=lambda seconds: None) as http:
        key = SecretStr(FULL_KEY.app_key)
        client = VtexClient(f"{address}/vtex", key, SecretStr(FULL_KEY.app_token), http)
        yield Town(simulator, address, Shop("main", RULES, source=Vtex(client)))


@contextmanager
def warehouse_in(folder: Path) -> Iterator[Warehouse]:
    with open_warehouse(folder, job="a test", started_at=NOW, memory_limit="500MB") as warehouse:
        yield warehouse
