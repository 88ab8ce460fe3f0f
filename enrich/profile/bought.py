"""The purchases known on a day, as parallel arrays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from enrich.errors import Stop
from enrich.profile.arrays import Ages, AnyArray, Buckets, Integers, Mask, Positions, Words
from enrich.profile.keys import positions
from enrich.profile.runs import stems
from enrich.profile.windows import OLDEST_BUCKET, bucket_of

EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Bought:
    """Purchases in the order of `purchase_no`, so a customer's later rows are newer.

    `first` and `last` hold one purchase position per customer, -1 for who never bought.
    """

    purchase_no: Integers
    customer: Positions
    age: Ages
    bucket: Buckets
    amount_cents: Integers
    first: Positions
    last: Positions

    @property
    def customer_count(self) -> int:
        return len(self.last)


def bought_until(customers: pl.Series, purchases: pl.DataFrame, as_of: date) -> Bought:
    """The purchases of the customers up to and including the day; keys and purchases in order.

    Raises Stop when a purchase belongs to nobody among them.
    """
    is_known = purchases["purchased_on"] <= as_of
    kept = purchases if is_known.all() else purchases.filter(is_known)
    keys = customers.to_numpy()
    customer = positions(keys, kept["customer_key"].to_numpy())
    if (customer < 0).any():
        raise Stop("the profile stage needs purchases.customer_key to be among the customers")
    age = (as_of - EPOCH).days - kept["purchased_on"].to_physical().to_numpy()
    order = np.arange(len(customer), dtype=np.int32)
    return Bought(
        kept["purchase_no"].to_numpy(),
        customer,
        age,
        bucket_of(age),
        kept["amount_cents"].to_numpy(),
        first=latest(customer[::-1], order[::-1], len(keys)),
        last=latest(customer, order, len(keys)),
    )


def latest(customer: Positions, values: Positions, customer_count: int) -> Positions:
    """The value of each customer's last row; -1 without one (a later assignment overwrites)."""
    found = np.full(customer_count, -1, dtype=np.int32)
    found[customer] = values
    return found


def taken(values: AnyArray, place: Positions) -> Integers:
    """The value at each place; what stands for -1 has no meaning."""
    if len(values) == 0:
        return np.zeros(len(place), dtype=np.int64)
    found: Integers = values[place.clip(min=0)].astype(np.int64)
    return found


def purchase_stems(bought: Bought) -> Words:
    """The packed word of each purchase, which its lines and codes complete."""
    is_last = np.zeros(len(bought.customer), dtype=np.bool_)
    is_last[bought.last[bought.last >= 0]] = True
    return stems(bought.customer, bought.bucket, is_last, bought.bucket == OLDEST_BUCKET)


@dataclass(frozen=True, slots=True)
class Sold:
    """The rows of a detail table whose purchase is known: which they are, and their purchase."""

    rows: pl.DataFrame
    is_known: Mask | None
    purchase: Positions

    def numbers(self, column: str) -> Integers:
        """A column of numbers, of the rows whose purchase is known."""
        return self.of_known(self.rows[column].to_numpy())

    def of_known(self, values: AnyArray) -> AnyArray:
        """The values of the rows whose purchase is known."""
        return values if self.is_known is None else values[self.is_known]


def sold(details: pl.DataFrame, bought: Bought) -> Sold:
    """The detail rows of the purchases known on the day."""
    purchase = positions(bought.purchase_no, details["purchase_no"].to_numpy())
    is_known = purchase >= 0
    others = details.drop("purchase_no")
    if is_known.all():
        return Sold(others, None, purchase)
    return Sold(others, is_known, purchase[is_known])
