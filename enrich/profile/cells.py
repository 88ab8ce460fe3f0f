"""Sums per bucket of age and customer, from which every window is a sum of neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from enrich.profile.arrays import Integers, Offsets, Positions, stretches
from enrich.profile.bought import Bought, latest, taken
from enrich.profile.rfm import Axis
from enrich.profile.windows import BUCKET_COUNT, OLDEST_BUCKET, Window
from enrich.threads import side_by_side


@dataclass(frozen=True, slots=True)
class Standings:
    """What customers are ranked by.

    `orders` and `amount_cents` have the shape (buckets, customers); the days since the newest
    purchase, and since the newest beyond the last edge, only count for who has one.
    """

    orders: Integers
    amount_cents: Integers
    newest_days: Integers
    newest_old_days: Integers

    def of(self, customers: slice) -> Standings:
        """The standings of neighbouring customers."""
        return Standings(
            self.orders[:, customers],
            self.amount_cents[:, customers],
            self.newest_days[customers],
            self.newest_old_days[customers],
        )

    def values(self, axis: Axis, window: Window) -> Integers:
        """One value per customer on the axis: days, purchases or cents."""
        if axis is Axis.RECENCY:
            return self.newest_days if window.newest_bucket == 0 else self.newest_old_days
        return in_window(self.orders if axis is Axis.FREQUENCY else self.amount_cents, window)


def standings(bought: Bought) -> Standings:
    """Orders and cents per bucket, and recency, of every customer."""
    cell = _cell_of(bought)
    old = np.flatnonzero(bought.bucket == OLDEST_BUCKET).astype(np.int32)
    last_old = latest(bought.customer[old], old, bought.customer_count)
    orders, amount_cents = side_by_side(
        lambda: _added_up(cell, 1, bought.customer_count),
        lambda: _added_up(cell, bought.amount_cents, bought.customer_count),
    )
    newest_days, newest_old_days = taken(bought.age, bought.last), taken(bought.age, last_old)
    return Standings(orders, amount_cents, newest_days, newest_old_days)


def items(bought: Bought, purchase: Positions, quantity: Integers) -> Integers:
    """Units of shape (buckets, customers), from lines; added up by purchase first."""
    units = np.zeros(len(bought.customer), dtype=np.int64)
    for here in stretches(len(quantity)):
        np.add.at(units, purchase[here], quantity[here])
    return _added_up(_cell_of(bought), units, bought.customer_count)


def in_window(sums: Integers, window: Window) -> Integers:
    """One integer per customer: the cells of the window's buckets added up."""
    total: Integers = sums[window.newest_bucket : window.oldest_bucket + 1].sum(axis=0)
    return total


def _cell_of(bought: Bought) -> Offsets:
    """The number of each purchase's cell; the cells of one bucket stand together."""
    return bought.bucket.astype(np.int64) * bought.customer_count + bought.customer


def _added_up(cell: Offsets, amounts: Integers | int, customer_count: int) -> Integers:
    """The amounts added up per cell."""
    sums = np.zeros(BUCKET_COUNT * customer_count, dtype=np.int64)
    np.add.at(sums, cell, amounts)
    return sums.reshape(BUCKET_COUNT, customer_count)
