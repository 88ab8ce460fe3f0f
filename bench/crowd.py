"""Who comes to the made-up shop and when: heavy-tailed, growing, mostly once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from bench.scales import HISTORY_DAYS

Integers32: TypeAlias = npt.NDArray[np.int32]
Words: TypeAlias = npt.NDArray[np.uint64]

_MINUTES = HISTORY_DAYS * 1440
_MINUTE_SHIFT, _CUSTOMER_MASK = np.uint64(32), np.uint64(2**32 - 1)
_BUYER_SHARE = 0.92  # the others only left their address
_ONE_TIME_SHARE = 0.55  # of the buyers
_MEAN_FURTHER, _SPREAD = 8.85, 1.4  # log-normal, on top of two purchases; about 5 a customer in all
_GROWTH = 0.8  # below 1: more people arrive every year


@dataclass(frozen=True, slots=True)
class Crowd:
    """All purchases in the order of time: whose they are (from 0) and on which day of history."""

    customer_count: int
    customer: Integers32
    day: Integers32


def crowd(rng: np.random.Generator, customer_count: int) -> Crowd:
    """Customers numbered in the order in which they were first seen, and their purchases."""
    words = _visits(rng, customer_count)
    words.sort()
    customer = (words & _CUSTOMER_MASK).astype(np.int32)
    words >>= _MINUTE_SHIFT
    return Crowd(customer_count, customer, (words // np.uint64(1440)).astype(np.int32))


def _visits(rng: np.random.Generator, customer_count: int) -> Words:
    """Minute and customer of every purchase in one word: the first on arrival, others spread."""
    arrival = np.sort(rng.random(customer_count) ** _GROWTH)
    active = (1 - arrival) * rng.random(customer_count) ** 0.6
    counts = _purchase_counts(rng, customer_count)
    customer = np.repeat(np.arange(customer_count, dtype=np.int32), counts)
    moment = rng.random(len(customer))
    moment[(np.cumsum(counts) - counts)[counts > 0]] = 0
    moment *= active[customer]
    moment += arrival[customer]
    moment *= _MINUTES
    words = moment.astype(np.uint64).clip(max=np.uint64(_MINUTES - 1))
    words <<= _MINUTE_SHIFT
    words |= customer.astype(np.uint64)
    return words


def _purchase_counts(rng: np.random.Generator, customer_count: int) -> npt.NDArray[np.int64]:
    """0 for who never bought, 1 for most, and a heavy tail."""
    location = np.log(_MEAN_FURTHER) - _SPREAD**2 / 2
    further = rng.poisson(rng.lognormal(location, _SPREAD, customer_count))
    kind = rng.random(customer_count)
    is_once = kind < _BUYER_SHARE * _ONE_TIME_SHARE
    return np.where(kind >= _BUYER_SHARE, 0, np.where(is_once, 1, 2 + further))
