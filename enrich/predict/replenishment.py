"""When people need a thing again: the gaps between purchases of it, where these are regular."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from enrich.predict.bought_days import (
    EPOCH,
    BoughtDays,
    Numbers,
    Pairs,
    day_number,
    gaps_of,
    pairs_of,
)


@dataclass(frozen=True, slots=True)
class ProductRules:
    """When a thing is bought at regular intervals, and when the next best products are computed.

    Regular: at least `min_gaps` gaps of at least `min_people` people, who are at least
    `min_repeat_share` of its buyers, and the middle half of the gaps no wider than `max_spread`
    medians. `every_days` and `horizon_days` are of the next best products and their back-test.
    """

    enabled: bool = True
    min_gaps: int = 30
    min_people: int = 10
    min_repeat_share: float = 0.1
    max_spread: float = 1.0
    every_days: int = 7
    horizon_days: int = 90


RHYTHMS = {
    "code": pl.Int32,
    "buyers": pl.Int64,
    "people": pl.Int64,
    "gaps": pl.Int64,
    "p25_days": pl.Float64,
    "median_days": pl.Float64,
    "p75_days": pl.Float64,
    "is_regular": pl.Boolean,
}


@dataclass(frozen=True, slots=True)
class Repeats:
    """The gaps of a part of the customers (code, gap), and per code its buyers and who repeat."""

    gaps: pl.DataFrame
    people: pl.DataFrame


def repeats(bought: BoughtDays, pairs: Pairs | None = None) -> Repeats:
    """What a part of the customers knows of the intervals of things; `pairs` are those of them."""
    pairs = pairs or pairs_of(bought)
    buyers = np.bincount(pairs.code)
    people = np.bincount(pairs.code, weights=pairs.count > 1, minlength=len(buyers))
    counts = {"code": np.arange(len(buyers)), "buyers": buyers, "people": people}
    schema = {"code": pl.Int32, "buyers": pl.Int64, "people": pl.Int64}
    return Repeats(gaps_of(bought), pl.DataFrame(counts).cast(pl.Schema(schema)))


def rhythms(parts: Iterable[Repeats], rules: ProductRules) -> pl.DataFrame:
    """Quartiles of the gaps of each thing that anybody bought twice, by code (RHYTHMS).

    The quartiles are interpolated, in days; the customers of no two parts are the same.
    """
    every = list(parts)
    if not every:
        return pl.DataFrame(schema=RHYTHMS)
    counts = pl.concat(one.people for one in every).group_by("code").sum()
    quartiles = (
        pl.concat(one.gaps for one in every)
        .group_by("code")
        .agg(
            gaps=pl.len().cast(pl.Int64),
            p25_days=pl.col("gap").quantile(0.25, "linear"),
            median_days=pl.col("gap").quantile(0.5, "linear"),
            p75_days=pl.col("gap").quantile(0.75, "linear"),
        )
    )
    spread = pl.col("p75_days") - pl.col("p25_days")
    is_regular = (
        (pl.col("gaps") >= rules.min_gaps)
        & (pl.col("people") >= rules.min_people)
        & (pl.col("people") >= rules.min_repeat_share * pl.col("buyers"))
        & (spread <= rules.max_spread * pl.col("median_days"))
    )
    found = quartiles.join(counts, on="code").with_columns(is_regular=is_regular)
    return found.select(pl.col(name).cast(dtype) for name, dtype in RHYTHMS.items()).sort("code")


def usual_days(found: pl.DataFrame, count: int) -> Numbers:
    """The days after which each of `count` things is needed again, 0 where that is not regular."""
    days = np.zeros(count, dtype=np.int64)
    regular = found.filter("is_regular")
    days[regular["code"].to_numpy()] = np.floor(regular["median_days"].to_numpy() + 0.5)
    return days


DUE = {"customer_key": pl.Int64, "item": pl.Int64, "next_due_on": pl.Date}
_OWN_COUNT = 3


def due(
    bought: BoughtDays, categories: Numbers, item_days: Numbers, category_days: Numbers, as_of: date
) -> pl.DataFrame:
    """What each customer needs next, and when (DUE), in the order of customer_key.

    `categories` has the category of each item, negative without one. An item is due by its own
    rhythm, else the newest item of a category by that of the category. Who bought it on three days
    or more has a rhythm of their own: the mean gap. What is late by more than half is given up.
    """
    pairs = pairs_of(bought)
    rows = [_due_rows(pairs, pairs.code, item_days[pairs.code])]
    regular = np.where(np.append(category_days, 0)[categories] > 0, categories, -1)
    newest = _newest_by_category(pairs, regular)
    of_category = pairs_of(bought.by(regular))
    days = np.where(item_days[newest] > 0, 0, category_days[of_category.code])
    rows.append(_due_rows(of_category, newest, days))
    today = day_number(as_of)
    due_on, last = pl.col("last") + pl.col("days"), pl.col("last")
    kept = pl.concat(rows).filter(2 * (today - last) <= 3 * pl.col("days"))
    first = kept.with_columns(due_on=due_on).sort("place", "due_on", "item")
    first = first.unique("place", keep="first", maintain_order=True)
    on = pl.lit(EPOCH) + pl.duration(days="due_on")
    keys = pl.Series("customer_key", bought.keys[first["place"].to_numpy()], pl.Int64)
    return first.select(keys, "item", on.cast(pl.Date).alias("next_due_on"))


def _due_rows(pairs: Pairs, items: Numbers, days: Numbers) -> pl.DataFrame:
    """place, item, last, days: one row for each pair that has a rhythm."""
    has: NDArray[np.bool_] = days > 0
    own = np.where(pairs.count >= _OWN_COUNT, pairs.mean_gap(), days)
    columns = {"place": pairs.place, "item": items, "last": pairs.last, "days": own}
    return pl.DataFrame({name: values[has] for name, values in columns.items()})


def _newest_by_category(pairs: Pairs, categories: Numbers) -> Numbers:
    """The item that a customer bought last of each category, in the order of both; the first by
    code of several on one day."""
    category = categories[pairs.code]
    has = category >= 0
    both = (pairs.place[has].astype(np.uint64) << 24) | category[has].astype(np.uint64)
    age = (np.uint64(65_535) - pairs.last[has].astype(np.uint64)).astype(np.uint64)
    order = np.argsort((both << 16) | age, kind="stable")  # the codes ascend already
    found = both[order]
    return pairs.code[has][order][np.flatnonzero(np.diff(found.astype(np.int64), prepend=-1))]
