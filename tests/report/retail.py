"""A fifth of Online Retail as a shop with predictions, and an audience that holds out a half."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from enrich.audiences.audience import Audience
from enrich.audiences.run import keep_audiences
from enrich.compute.profiles import make_profiles
from enrich.model import Rules
from enrich.predict import PredictionRules
from enrich.runs.publish import publish
from enrich.shop import Shop
from enrich.warehouse import ReadCopy, open_warehouse, read_warehouse
from tests.predict.shops import public

NOW = datetime(2011, 12, 10, 12, tzinfo=UTC)
SHOP = Shop("main", Rules(currency="GBP"))
AUDIENCES = (
    Audience("win_back", "orders_lifetime > 1", hold_out=0.5),
    Audience("largest", "amount_lifetime > 1000", max_members=100),
    Audience("nobody", "amount_lifetime < 0"),
)
DAYS_AGO = (60, 0)
SALT = "retail"  # arms are drawn by it: with one of chance an arm may fall under 100 people


def files() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Orders and customers; of four customers one said no, and of one nothing is known."""
    fifth = public("online_retail_purchases").filter(pl.col("customer_key") % 5 == 0)
    orders = fifth.select(
        order_id=pl.format("{}-{}", "customer_key", "purchased_on"),
        customer_id=pl.col("customer_key").cast(pl.String),
        email=pl.format("c{}@example.com", "customer_key"),
        ordered_at=pl.col("purchased_on").cast(pl.Datetime("us")) + pl.duration(hours=12),
        amount_cents="amount_cents",
        promo_code=pl.when(pl.col("customer_key") % 10 == 0).then(pl.lit("WELCOME")),
    )
    people = fifth.select("customer_key").unique().sort("customer_key")
    number = pl.int_range(pl.len()) % 4
    customers = people.select(
        customer_id=pl.col("customer_key").cast(pl.String),
        email=pl.format("c{}@example.com", "customer_key"),
        newsletter_opt_in=pl.when(number > 0).then(number > 1),
    )
    return orders, customers


@contextmanager
def published(folder: Path) -> Iterator[ReadCopy]:
    """The read copy of the shop, with profiles and audiences of two days."""
    orders, customers = files()
    with open_warehouse(folder, memory_limit="500MB") as warehouse:
        warehouse._connection.execute(
            "insert into state.tombstone_salt values ($salt)", {"salt": SALT}
        )
        warehouse.imports.load("main", orders, None, customers, run_id="import", now=NOW)
        for days in DAYS_AGO:
            now = NOW - timedelta(days=days)
            predicts = PredictionRules(enabled=days == 0)
            make_profiles(warehouse, replace(SHOP, prediction=predicts), now=now)
            keep_audiences(warehouse, "main", AUDIENCES, "UTC", now)
        publish(warehouse)
    with read_warehouse(folder) as copy:
        yield copy
