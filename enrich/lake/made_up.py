"""The import files of a made-up shop, for the demo and for figures: as large as asked for."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl

HISTORY_DAYS = 1_000
SKUS, BRANDS, CATEGORIES = 5_000, 120, 40


def write_files(folder: Path, customers: int, files: int, now: datetime, seed: int = 7) -> None:
    """Five orders a customer on average, two lines each and a half, in so many files of each kind.

    Some customers have no record, some a second address, and a few orders come without an id.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for number in range(files):
        rng = np.random.default_rng([seed, number])
        people = np.arange(number, customers, files)
        orders = _orders(rng, people, now)
        _contacts(rng, people).write_parquet(folder / f"customers-{number:04d}.parquet")
        orders.write_parquet(folder / f"orders-{number:04d}.parquet")
        _items(rng, orders["order_id"]).write_parquet(folder / f"items-{number:04d}.parquet")


def _orders(rng: np.random.Generator, people: np.ndarray, now: datetime) -> pl.DataFrame:
    counts = rng.geometric(0.2, len(people))
    of = np.repeat(people, counts)
    place = np.arange(len(of)) - np.repeat(np.cumsum(counts) - counts, counts)
    minutes = rng.integers(1440, HISTORY_DAYS * 1440, len(of))
    chance = rng.random(len(of))
    frame = pl.DataFrame({"who": of, "place": place, "minutes": minutes, "chance": chance})
    is_marked = pl.col("chance") < 0.2
    return frame.select(
        order_id=pl.format("{}-{}", "who", "place"),
        customer_id=pl.when(pl.col("chance") > 0.05).then(pl.format("c{}", "who")),
        email=pl.format(
            "{}{}@example.com",
            pl.when(pl.col("chance") > 0.97).then(pl.lit("b")).otherwise(pl.lit("a")),
            "who",
        ),
        ordered_at=pl.lit(now.replace(tzinfo=None)) - pl.duration(minutes="minutes"),
        amount=pl.Series(rng.integers(500, 90_000, len(of)) / 100),
        status=pl.when(pl.col("chance") < 0.95)
        .then(pl.lit("invoiced"))
        .otherwise(pl.lit("canceled")),
        promo_code=pl.when(is_marked).then(pl.format("CODE{}", pl.col("minutes") % 50)),
    )


def _one(this: str, other: str, is_this: pl.Expr) -> pl.Expr:
    return pl.when(is_this).then(pl.lit(this)).otherwise(pl.lit(other))


def _items(rng: np.random.Generator, orders: pl.Series) -> pl.DataFrame:
    of = np.repeat(np.arange(len(orders)), rng.integers(1, 5, len(orders)))
    sku = (SKUS * rng.random(len(of)) ** 2).astype(np.int64)
    frame = pl.DataFrame({"order_id": orders.gather(of), "n": sku})
    return frame.select(
        "order_id",
        sku=pl.format("s{}", "n"),
        quantity=pl.Series(rng.integers(1, 4, len(of))),
        amount=pl.Series(rng.integers(200, 30_000, len(of)) / 100),
        product=pl.format("Product {}", "n"),
        brand=pl.format("Brand {}", pl.col("n") % BRANDS),
        category=pl.format("Category {}", pl.col("n") % CATEGORIES),
    )


def _contacts(rng: np.random.Generator, people: np.ndarray) -> pl.DataFrame:
    known = people[rng.random(len(people)) < 0.9]
    return pl.DataFrame({"who": known}).select(
        customer_id=pl.format("c{}", "who"),
        email=pl.format("a{}@example.com", "who"),
        first_name=pl.format("Name {}", pl.col("who") % 997),
        newsletter_opt_in=pl.when(pl.col("who") % 3 > 0)
        .then(pl.lit("yes"))
        .otherwise(pl.lit("no")),
    )
