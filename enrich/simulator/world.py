"""The whole made-up shop at rest: catalogue, people, order book and customer documents."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from enrich.simulator.book import OrderBook, build_book
from enrich.simulator.contacts import build_contacts
from enrich.simulator.moments import to_us
from enrich.simulator.people import People, build_people
from enrich.simulator.sales import SalesPlan, build_sales
from enrich.simulator.shop import Shop, build_shop

HISTORY_DAYS = 3 * 365


@dataclass(slots=True)
class World:
    """Everything the shop knows. `unmatched` lists refunds of replayed files without a purchase."""

    seed: int
    shop: Shop
    people: People
    book: OrderBook
    contacts: pl.DataFrame
    unmatched: list[dict[str, Any]] = field(default_factory=list)


def build_world(
    *,
    order_count: int,
    customer_count: int,
    seed: int,
    now: datetime,
    name: str = "demostore",
    future_days: int = 30,
) -> World:
    """A made-up shop with three years of history before `now` (UTC), and sales already planned
    for some days after it, so that time can be moved on.
    """
    shop = build_shop(name, seed, max(20, min(3_000, order_count // 20)))
    plan = SalesPlan(
        seed=seed,
        order_count=order_count,
        person_count=customer_count,
        start_us=to_us(now - timedelta(days=HISTORY_DAYS)),
        now_us=to_us(now),
        end_us=to_us(now + timedelta(days=future_days)),
    )
    people = build_people(seed, customer_count)
    orders, lines, events = build_sales(plan, shop)
    contacts = build_contacts(plan, shop, people, orders)
    return World(seed, shop, _columns(people), build_book(orders, lines, events), contacts)


def _columns(people: pl.DataFrame) -> People:
    names = ("user_id", "email", "first_name", "last_name", "document", "phone", "has_contact")
    return People(**{name: people[name].to_list() for name in names})
