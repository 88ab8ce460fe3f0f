"""What a model needs of each customer, from purchase days: how often, how lately, how long known.

The unit of the models is one week; a day with several purchases is one purchase. What is counted
adds up exactly over parts of the customers, in any order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from enrich.predict.arrays import Floats, Ints
from enrich.predict.bought_days import starts_of

DAYS_PER_WEEK = 7
TRIPLE = ("x", "t_x", "T")
_DAY_BITS = 16  # days since 1970 until 2149
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class States:
    """One row per customer with a purchase up to the day, ascending by key.

    customer_key; x: purchase days after the first; t_x and T: days from the first one to the last
    and to `as_of`; paid: those of x with an amount; paid_cents: what they add up to; cents: all.
    gaps: days, times: how often that many days lay between neighbouring purchase days.
    """

    customers: pl.DataFrame
    gaps: pl.DataFrame


def states(purchases: pl.DataFrame, as_of: date) -> States:
    """The states at `as_of` from customer_key, purchased_on, amount_cents; no later row counts."""
    days = purchases["purchased_on"].to_physical().to_numpy()
    until = (as_of - _EPOCH).days
    is_seen = days <= until
    day = days[is_seen].astype(np.int64)
    cents = purchases["amount_cents"].to_numpy()[is_seen].astype(np.float64)
    keys, owner = _numbered(purchases["customer_key"].to_numpy()[is_seen])
    visits = _distinct_days(owner, day)
    starts = np.searchsorted(visits >> _DAY_BITS, np.arange(len(keys)))
    count = np.diff(starts, append=len(visits))
    on = visits & (2**_DAY_BITS - 1)
    first, last = on[starts], on[starts + count - 1]
    later = day > first[owner]
    paid = later & (cents > 0)
    paid_days = _distinct_days(owner[paid], day[paid]) >> _DAY_BITS
    customers = pl.DataFrame(
        {
            "customer_key": keys,
            "x": (count - 1).astype(np.int32),
            "t_x": (last - first).astype(np.int32),
            "T": (until - first).astype(np.int32),
            "paid": np.bincount(paid_days, minlength=len(keys)).astype(np.int32),
            "paid_cents": np.bincount(owner[paid], cents[paid], len(keys)).astype(np.int64),
            "cents": np.bincount(owner, cents, len(keys)).astype(np.int64),
        }
    )
    between = np.delete(np.diff(on, prepend=0), starts)
    return States(customers, _tally(pl.DataFrame({"days": between.astype(np.int32)}), "times"))


def _numbered(keys: Ints) -> tuple[Ints, Ints]:
    """The distinct keys ascending, and of each row which of them it is."""
    if not len(keys):
        return keys.astype(np.int64), keys.astype(np.int64)
    first, span = int(keys.min()), int(keys.max()) - int(keys.min()) + 1
    if span > 8 * len(keys) + 1024:
        return np.unique(keys, return_inverse=True)
    is_there = np.zeros(span, bool)
    is_there[keys - first] = True
    return np.flatnonzero(is_there) + first, (np.cumsum(is_there) - 1)[keys - first]


def _distinct_days(owner: Ints, day: Ints) -> Ints:
    """(customer, day) in one number each, ascending and once."""
    packed: Ints = (owner << _DAY_BITS) | day
    if (packed[1:] < packed[:-1]).any():
        packed.sort()
    distinct: Ints = packed[starts_of(packed)]
    return distinct


@dataclass(frozen=True, slots=True)
class ShopCounts:
    """What the parameters of a shop are found from: counts alone, small and exact.

    triples: x, t_x, T, customers. gaps: days, times. values: paid, paid_cents, customers of the
    repeat buyers who paid something.
    """

    triples: pl.DataFrame
    gaps: pl.DataFrame
    values: pl.DataFrame

    @property
    def buyers(self) -> int:
        return int(self.triples["customers"].sum())

    @property
    def history_days(self) -> int:
        """Days from the first purchase of all to the day."""
        return int(self.triples["T"].max() or 0)  # type: ignore[arg-type]


def shop_counts(part: States) -> ShopCounts:
    """The counts of one part of the customers."""
    customers = part.customers
    return ShopCounts(
        _tally(customers.select(TRIPLE), "customers"),
        part.gaps,
        _tally(customers.filter(pl.col("paid") > 0).select("paid", "paid_cents"), "customers"),
    )


def added(parts: Iterable[ShopCounts]) -> ShopCounts:
    """The counts of all parts together, the same whatever the parts are."""
    every = list(parts)
    return ShopCounts(
        _added([part.triples for part in every], "customers"),
        _added([part.gaps for part in every], "times"),
        _added([part.values for part in every], "customers"),
    )


COUNTS = {
    "triples": pl.Schema({**dict.fromkeys(TRIPLE, pl.Int32), "customers": pl.Int64}),
    "gaps": pl.Schema({"days": pl.Int32, "times": pl.Int64}),
    "values": pl.Schema({"paid": pl.Int32, "paid_cents": pl.Int64, "customers": pl.Int64}),
}
"""The frames of ShopCounts."""


def _tally(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    return rows.group_by(rows.columns).agg(pl.len().cast(pl.Int64).alias(name)).sort(rows.columns)


def _added(tallies: list[pl.DataFrame], name: str) -> pl.DataFrame:
    keys = [column for column in tallies[0].columns if column != name]
    return pl.concat(tallies).group_by(keys).agg(pl.col(name).sum()).sort(keys)


def packed_triple(customers: pl.DataFrame) -> pl.Series:
    """x, t_x and T in one number."""
    x, t_x, days = (customers[name].cast(pl.Int64) for name in TRIPLE)
    return (x * 2**32 + t_x * 2**16 + days).alias("triple")


def weeks(days: pl.Series) -> Floats:
    """Days as weeks, the unit of the models."""
    return days.to_numpy() / DAYS_PER_WEEK
