"""Products of one store: what is bought again regularly, and what each customer buys next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
import polars as pl

from enrich.predict import (
    HIT_RATES,
    NEXT_PRODUCTS,
    BoughtDays,
    Numbers,
    ProductRules,
    bought_days,
    day_number,
    due,
    next_products,
    repeats,
    rhythms,
    usual_days,
    winners,
)
from enrich.profile.field import Joined
from enrich.profile.products import PRODUCTS, UNLISTED, no_products
from enrich.warehouse import Warehouse
from enrich.warehouse.parts import StoreParts

Read = Callable[[int], BoughtDays]


@dataclass(frozen=True, slots=True)
class ProductsAhead:
    """What comes next of products.

    joined: the fields of every customer of whom anything is known (profile.products).
    replenishment: what is bought again at regular intervals. hit_rates: of new lists; None where
    they are older ones.
    """

    joined: Joined
    replenishment: pl.DataFrame
    hit_rates: pl.DataFrame | None = None
    lines: tuple[str, ...] = ()


def products_ahead(
    warehouse: Warehouse,
    store: str,
    parts: StoreParts,
    as_of: date,
    rules: ProductRules,
    *,
    are_new: bool = False,
) -> ProductsAhead:
    """What customers need again and buy next, from what they bought up to the day.

    Lists of next best products are those of the kept profiles until they are `every_days` old,
    unless `are_new`.
    """
    sold = _Sold(parts.items() if rules.enabled else _NOTHING, parts.texts["product"])
    if sold.items.is_empty():
        nothing = Joined(UNLISTED, no_products(sold.texts))
        return ProductsAhead(nothing, pl.DataFrame(schema=_REPLENISHMENT))
    read: Read = lru_cache(1)(lambda part: bought_days(parts.bought(part), as_of))
    by_item, by_category = _rhythms(read, parts.count, sold, rules)
    usual = usual_days(by_item, sold.items.height), usual_days(by_category, sold.category_count)
    owed = pl.concat(due(read(n), sold.categories, *usual, as_of) for n in range(parts.count))
    before = warehouse.predictions.hit_rates(store, as_of)
    is_time = are_new or _are_old(before, warehouse.profiles.columns(), as_of, rules)
    lists = pl.DataFrame() if is_time else parts.kept_lists()
    measured: pl.DataFrame | None = None
    if lists.is_empty():
        found = next_products(
            lambda part: read(part).by(sold.products),
            parts.count,
            day_number(as_of),
            sold.is_available,
            rules,
        )
        lists, measured = found.lists, _measured(found.measured)
    table = sold.regular(by_item, by_category, parts.texts["category"])
    rows = sold.worded(owed, lists)
    lines = _lines(table, before if measured is None else measured, rules)
    return ProductsAhead(Joined(PRODUCTS, rows), table, measured, lines)


def keep_products(
    warehouse: Warehouse, store: str, as_of: date, ahead: ProductsAhead, rules: ProductRules
) -> None:
    """Keep the intervals, and a new back-test; the fields are kept with the profiles."""
    tested = ahead.hit_rates
    if tested is not None:
        days = rules.horizon_days
        tested = tested.with_columns(
            cutoff_on=pl.lit(as_of - timedelta(days=days)), horizon_days=pl.lit(days)
        )
    warehouse.predictions.keep_products(store, as_of, ahead.replenishment, tested)


def _rhythms(
    read: Read, part_count: int, sold: _Sold, rules: ProductRules
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Of items and of categories, from one look at each part."""
    every = [
        (repeats(bought), repeats(bought.by(sold.categories)))
        for bought in map(read, range(part_count))
    ]
    items, categories = zip(*every, strict=True)
    return rhythms(items, rules), rhythms(categories, rules)


def _are_old(
    before: pl.DataFrame, columns: tuple[str, ...], as_of: date, rules: ProductRules
) -> bool:
    """Whether the lists of the kept profiles are too old, or there are no profiles."""
    if before.is_empty() or not columns:
        return True
    age: int = (as_of - before["as_of"][0]).days
    return age >= rules.every_days


def _measured(measured: pl.DataFrame) -> pl.DataFrame:
    """The hit rates, or that there are none: the day of the lists is known by them."""
    if not measured.is_empty():
        return measured
    rows = [{"metric": "hit_rate_5"}, {"metric": "hit_rate_10"}]
    return pl.DataFrame(rows, schema=HIT_RATES)


_NOTHING = pl.DataFrame(
    schema={
        "item": pl.String,
        "product": pl.UInt32,
        "category": pl.UInt32,
        "is_available": pl.Boolean,
    }
)
_REPLENISHMENT = {
    "sku": pl.String,
    "category": pl.String,
    "buyers": pl.Int64,
    "people": pl.Int64,
    "gaps": pl.Int64,
    "p25_days": pl.Float64,
    "median_days": pl.Float64,
    "p75_days": pl.Float64,
}


@dataclass(frozen=True, slots=True)
class _Sold:
    """What was sold (parts.items), by code, and the vocabulary of products."""

    items: pl.DataFrame
    texts: pl.Enum

    @property
    def categories(self) -> Numbers:
        """The category of each item, -1 without one."""
        return _codes(self.items["category"])

    @property
    def category_count(self) -> int:
        return int(self.categories.max(initial=-1)) + 1

    @property
    def products(self) -> Numbers:
        """The product of each item, -1 without one."""
        return _codes(self.items["product"])

    @property
    def is_available(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Whether any item of each product is available."""
        found = np.zeros(len(self.texts.categories), dtype=np.bool_)
        products = self.products[self.items["is_available"].to_numpy()]
        found[products[products >= 0]] = True
        return found

    def regular(
        self, by_item: pl.DataFrame, by_category: pl.DataFrame, texts: pl.Enum
    ) -> pl.DataFrame:
        """The rows of the table replenishment, by SKU and category."""
        skus, categories = by_item.filter("is_regular"), by_category.filter("is_regular")
        names = self.items["item"].gather(skus["code"]), texts.categories.gather(categories["code"])
        of_skus = skus.with_columns(sku=names[0], category=pl.lit(None, pl.String))
        of_categories = categories.with_columns(sku=pl.lit(None, pl.String), category=names[1])
        return pl.concat([of_skus, of_categories]).select(*_REPLENISHMENT)

    def worded(self, owed: pl.DataFrame, lists: pl.DataFrame) -> pl.DataFrame:
        """One row per customer, by key, from what is due (DUE) and lists of codes."""
        held = pl.Series([], dtype=self.texts).to_physical().dtype
        products = self.items["product"].gather(owed["item"]).cast(held).cat.to(self.texts)
        of_due = owed.select("customer_key", products.alias("next_due_product"), "next_due_on")
        text = pl.element().cast(held).cat.to(self.texts)
        of_lists = lists.cast(pl.Schema(NEXT_PRODUCTS)).with_columns(
            pl.col("next_best_products").list.eval(text)
        )
        rows = of_due.join(of_lists, on="customer_key", how="full", coalesce=True)
        return rows.sort("customer_key")


def _codes(column: pl.Series) -> Numbers:
    return column.cast(pl.Int64).fill_null(-1).to_numpy()


def _lines(table: pl.DataFrame, rates: pl.DataFrame, rules: ProductRules) -> tuple[str, ...]:
    """What a person should know, a line each."""
    skus, categories = table["sku"].count(), table["category"].count()
    lines = [f"bought again at regular intervals: {skus:,} SKUs, {categories:,} categories"]
    found = dict(rates.select("metric", "value").drop_nulls().iter_rows())
    if not found:
        days = 3 * rules.horizon_days
        return (*lines, f"no back-test of next best products before {days} days of history")
    hits = " and ".join(
        f"{share:.0%} bought one of their first {name.removeprefix('hit_rate_')}"
        for name, share in found.items()
    )
    lines.append(f"back-test of next best products: of the customers who bought, {hits}")
    return (*lines, *winners(rates))
