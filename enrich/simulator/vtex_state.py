"""What all VTEX routes of the simulator share, and the feed and scrolls that are open."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import polars as pl

from enrich.simulator.clock import Clock
from enrich.simulator.http import Reply, json_reply
from enrich.simulator.moments import MINUTE
from enrich.simulator.outbox import Outbox
from enrich.simulator.weather import Sky, Weather
from enrich.simulator.world import World


@dataclass(slots=True)
class Scroll:
    """One open scroll: the documents of its first call, in order, and how far it was read."""

    view: pl.DataFrame
    entity: str
    fields: str
    size: int
    used_us: int
    position: int = 0


@dataclass(slots=True)
class Feed:
    """The feed of one application key: its configuration and the events it waits to give."""

    config: dict[str, Any]
    read_until_us: int
    waiting: list[dict[str, Any]] = field(default_factory=list)
    hidden_until_us: dict[str, int] = field(default_factory=dict)
    deliveries: int = 0


@dataclass(slots=True)
class Vtex:
    """The shop, its clock and weather, and everything written over HTTP since the start.

    `edits` holds the Master Data documents changed or made over HTTP, by id in small letters,
    `deleted` the moment each deleted one went. `triggers` and `hook` are what the shop has
    configured to tell others. `unindexed` are orders, by id, that the list does not show.
    `erasures` are the jobs of the User Rights API, by id.
    """

    world: World
    clock: Clock
    sky: Sky
    account: str
    mode: str = "open"
    edits: dict[str, dict[str, Any]] = field(default_factory=dict)
    scrolls: dict[str, Scroll] = field(default_factory=dict)
    scroll_count: int = 0
    feeds: dict[str, Feed] = field(default_factory=dict)
    rendered: dict[tuple[int, int], bytes] = field(default_factory=dict)
    deleted: dict[str, int] = field(default_factory=dict)
    unindexed: set[str] = field(default_factory=set)
    triggers: list[Any] = field(default_factory=list)
    hook: dict[str, Any] | None = None
    erasures: dict[str, Any] = field(default_factory=dict)
    outbox: Outbox = field(default_factory=Outbox)

    @property
    def weather(self) -> Weather:
        return self.sky.weather

    def now_us(self) -> int:
        """What time it is in the shop."""
        return self.clock.now_us()

    def index_us(self) -> int:
        """The moment the order index has caught up with."""
        return self.now_us() - int(self.weather.index_lag_minutes * MINUTE)


def oms_error(status: int, code: str, message: str) -> Reply:
    """An error in the shape of the order services."""
    return json_reply({"error": {"code": code, "message": message, "exception": None}}, status)
