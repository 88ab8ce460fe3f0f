"""The columns that profile fields are made from: one row per customer.

With W a window: orders_W, items_W, amount_cents_W; r_W, f_W, m_W and rfm_W (null without a purchase
in W); first_purchased_on, last_purchased_on, last_amount_cents; a list per dimension and window
(products_W, ...) and of the last purchase (last_products, ...); rfm_group, rfm_segment;
segment_before, previous_before and changed_before from the history; and the contact's own columns.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from enrich.profile.arrays import Integers, nullable
from enrich.profile.bought import EPOCH, Bought, taken
from enrich.profile.cells import Standings, in_window
from enrich.profile.contracts import no_history
from enrich.profile.windows import Window


def number_columns(
    standings: Standings, items: Integers, windows: tuple[Window, ...]
) -> dict[str, pl.Series]:
    """The counts and sums, named after measure and window."""
    measures = {
        "orders": standings.orders,
        "items": items,
        "amount_cents": standings.amount_cents,
    }
    return {
        f"{measure}_{window.name}": pl.Series(in_window(sums, window))
        for measure, sums in measures.items()
        for window in windows
    }


def purchase_columns(bought: Bought, customers: slice, as_of: date) -> dict[str, pl.Series]:
    """First and last purchase of neighbouring customers: their days and the last one's cents."""
    first, last = bought.first[customers], bought.last[customers]
    has, day = last >= 0, (as_of - EPOCH).days
    first_on = (day - taken(bought.age, first)).astype(np.int32)
    last_on = (day - taken(bought.age, last)).astype(np.int32)
    return {
        "first_purchased_on": nullable(first_on, has).cast(pl.Date),
        "last_purchased_on": nullable(last_on, has).cast(pl.Date),
        "last_amount_cents": nullable(taken(bought.amount_cents, last), has),
    }


def with_history(customers: pl.DataFrame, history: pl.DataFrame | None) -> pl.DataFrame:
    """The customers with what the history says of each, nulls where it knows nothing."""
    before = (no_history() if history is None else history).select(
        "customer_key",
        segment_before="rfm_segment",
        previous_before="previous_rfm_segment",
        changed_before="rfm_segment_changed_on",
    )
    return customers.join(before, on="customer_key", how="left", maintain_order="left")
