"""Sums per bucket of age and customer, from which every window is a sum of neighbours."""

from __future__ import annotations

import numpy as np

from enrich.profile.arrays import AnyArray, Buckets, Integers, Offsets, Positions
from enrich.profile.windows import BUCKET_COUNT, Window


def cell_of(customer: Positions, bucket: Buckets, customer_count: int) -> Offsets:
    """The number of each row's cell; the cells of one bucket stand together."""
    return bucket.astype(np.int64) * customer_count + customer


def added_up(cell: Offsets, amounts: AnyArray | None, customer_count: int) -> Integers:
    """Integers of shape (buckets, customers): rows counted, or `amounts` added up.

    The sums are made in doubles and are exact below 2**53, which the input contract ensures.
    """
    sums = np.bincount(cell, weights=amounts, minlength=BUCKET_COUNT * customer_count)
    return sums.astype(np.int64).reshape(BUCKET_COUNT, customer_count)


def in_window(sums: Integers, window: Window) -> Integers:
    """One integer per customer: the cells of the window's buckets added up."""
    total: Integers = sums[window.newest_bucket : window.oldest_bucket + 1].sum(axis=0)
    return total
