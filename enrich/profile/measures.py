"""What is counted and added up per customer, before any field is made of it.

The frame the fields read from has one row per customer and these columns, with W a window:
orders_W, items_W, amount_cents_W; r_W, f_W, m_W and rfm_W (null without a purchase in W);
first_purchased_on, last_purchased_on, last_amount_cents; a list per dimension and window
(products_W, ...) and of the last purchase (last_products, ...); rfm_group, rfm_segment; what the
history says; and the contact's own columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
import pyarrow as pa

from enrich.errors import Stop
from enrich.profile.arrays import Ages, AnyArray, Buckets, Integers, Mask, Positions, Words
from enrich.profile.cells import added_up, cell_of, in_window
from enrich.profile.contracts import ProfileInputs
from enrich.profile.keys import coded, positions
from enrich.profile.rfm import Axis
from enrich.profile.runs import distinct_runs, stems, window_lists
from enrich.profile.windows import OLDEST_BUCKET, Window, bucket_of

EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Dimension:
    """Something whose distinct values are listed: its field stem and the input column."""

    stem: str
    table: str
    column: str
    only_where: str | None = None


DIMENSIONS = (
    Dimension("products", "lines", "product"),
    Dimension("categories", "lines", "category"),
    Dimension("brands", "lines", "brand"),
    Dimension("promo_codes", "promo_codes", "promo_code"),
    Dimension("applied_promo_codes", "promo_codes", "promo_code", only_where="is_applied"),
)


@dataclass(frozen=True, slots=True)
class Bought:
    """The purchases known on a day, as parallel arrays in the order of `purchase_no`.

    `last` and `first` hold one purchase position per customer, -1 for who never bought.
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


def bought_until(inputs: ProfileInputs, as_of: date) -> Bought:
    """The purchases of the inputs' customers up to and including the day."""
    kept = inputs.purchases.filter(pl.col("purchased_on") <= as_of)
    keys = inputs.customers["customer_key"].to_numpy()
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
        first=_latest(customer[::-1], order[::-1], len(keys)),
        last=_latest(customer, order, len(keys)),
    )


def _latest(customer: Positions, values: Positions, customer_count: int) -> Positions:
    """The value of each customer's last row; -1 without one (a later assignment overwrites)."""
    found = np.full(customer_count, -1, dtype=np.int32)
    found[customer] = values
    return found


@dataclass(frozen=True, slots=True)
class Standings:
    """What customers are ranked by, per window; `recency_days` only counts where orders > 0."""

    orders: dict[str, Integers]
    amount_cents: dict[str, Integers]
    recency_days: dict[str, Integers]

    def of_buyers(self, axis: Axis, window: str) -> Integers:
        """The values of the customers with a purchase in the window, in customer order."""
        table = {
            Axis.RECENCY: self.recency_days,
            Axis.FREQUENCY: self.orders,
            Axis.MONETARY: self.amount_cents,
        }[axis]
        return table[window][self.orders[window] > 0]


def standings(bought: Bought, windows: tuple[Window, ...]) -> Standings:
    """Orders, cents and recency of every customer in every window."""
    n = bought.customer_count
    cell = cell_of(bought.customer, bought.bucket, n)
    orders = added_up(cell, None, n)
    amounts = added_up(cell, bought.amount_cents, n)
    return Standings(
        {w.name: in_window(orders, w) for w in windows},
        {w.name: in_window(amounts, w) for w in windows},
        {w.name: _recency_days(bought, w) for w in windows},
    )


@dataclass(frozen=True, slots=True)
class Sold:
    """The rows of a detail table whose purchase is known: which they are, and their purchase."""

    rows: pl.DataFrame
    is_known: Mask | None
    purchase: Positions

    def of_known(self, values: AnyArray) -> AnyArray:
        """The values of the rows whose purchase is known."""
        return values if self.is_known is None else values[self.is_known]


def sold(details: pl.DataFrame, bought: Bought) -> Sold:
    """The detail rows of the purchases known on the day."""
    purchase = positions(bought.purchase_no, details["purchase_no"].to_numpy())
    is_known = purchase >= 0
    if is_known.all():
        return Sold(details, None, purchase)
    return Sold(details, is_known, purchase[is_known])


def items(bought: Bought, lines: Sold, windows: tuple[Window, ...]) -> dict[str, Integers]:
    """The units of every customer in every window, added up by purchase first."""
    n = bought.customer_count
    quantity = lines.of_known(lines.rows["quantity"].to_numpy())
    units = np.bincount(lines.purchase, weights=quantity, minlength=len(bought.customer))
    sums = added_up(cell_of(bought.customer, bought.bucket, n), units, n)
    return {w.name: in_window(sums, w) for w in windows}


def _recency_days(bought: Bought, window: Window) -> Integers:
    """Days since the newest purchase of the window; for the open end, of those older than it."""
    if window.newest_bucket == 0:
        return _taken(bought.age, bought.last)
    old = np.flatnonzero(bought.bucket == OLDEST_BUCKET).astype(np.int32)
    return _taken(bought.age, _latest(bought.customer[old], old, bought.customer_count))


def _taken(values: AnyArray, place: Positions) -> Integers:
    if len(values) == 0:
        return np.zeros(len(place), dtype=np.int64)
    taken: Integers = values[place.clip(min=0)].astype(np.int64)
    return taken


def purchase_stems(bought: Bought) -> Words:
    """The packed word of each purchase, which its lines and codes complete."""
    is_last = np.zeros(len(bought.customer), dtype=np.bool_)
    is_last[bought.last[bought.last >= 0]] = True
    return stems(bought.customer, bought.bucket, is_last)


def dimension_lists(
    dimension: Dimension, details: Sold, stems: Words, windows: tuple[Window, ...], count: int
) -> dict[str, pl.Series]:
    """The lists of one dimension: one series per window and one of the last purchase.

    `stems` are the words of the known rows' purchases, `count` the number of customers.
    """
    values = coded(details.rows[dimension.column])
    wanted = details.of_known(values.known)
    if dimension.only_where:
        wanted = wanted & details.of_known(details.rows[dimension.only_where].to_numpy())
    codes = details.of_known(values.codes)
    if not wanted.all():
        codes, stems = codes[wanted], stems[wanted]
    runs = distinct_runs(stems, codes, count, values.width)
    lists = window_lists(runs, windows, values.texts)
    lists["last"] = runs.pairs.only(runs.in_last).lists(values.texts)
    return {_list_name(dimension, name): series for name, series in lists.items()}


def _list_name(dimension: Dimension, window: str) -> str:
    return f"last_{dimension.stem}" if window == "last" else f"{dimension.stem}_{window}"


def number_columns(standings: Standings, items: dict[str, Integers]) -> dict[str, pl.Series]:
    """The counts and sums as columns named after measure and window."""
    measures = {
        "orders": standings.orders,
        "items": items,
        "amount_cents": standings.amount_cents,
    }
    return {
        f"{measure}_{window}": pl.Series(values)
        for measure, by_window in measures.items()
        for window, values in by_window.items()
    }


def purchase_columns(bought: Bought, as_of: date) -> dict[str, pl.Series]:
    """First and last purchase of each customer: their days and the last one's cents."""
    has = bought.last >= 0
    day = (as_of - EPOCH).days
    first = (day - _taken(bought.age, bought.first)).astype(np.int32)
    last = (day - _taken(bought.age, bought.last)).astype(np.int32)
    return {
        "first_purchased_on": nullable(first, has).cast(pl.Date),
        "last_purchased_on": nullable(last, has).cast(pl.Date),
        "last_amount_cents": nullable(_taken(bought.amount_cents, bought.last), has),
    }


def nullable(values: AnyArray, is_valid: Mask) -> pl.Series:
    """The values where valid, null elsewhere."""
    return pl.Series(pl.from_arrow(pa.array(values, mask=~is_valid)))
