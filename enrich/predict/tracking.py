"""What a model expects of new customers, to be set beside the orders that came."""

from __future__ import annotations

import numpy as np
import polars as pl

from enrich.predict.mbg import Model, expected_orders, p_alive
from enrich.predict.states import TRIPLE

CURVE = {"age": pl.Int64, "orders": pl.Float64}
_POINTS = 40


def curve_of(model: Model | None, max_days: int) -> pl.DataFrame:
    """age, orders: the purchases after the first to expect of a new customer within so many days.

    One row per day from 0 to `max_days`; straight between the days that are computed, which are
    close together at first. Empty without a model.
    """
    if model is None:
        return pl.DataFrame(schema=CURVE)
    new = pl.DataFrame({name: [0] for name in TRIPLE}, schema=dict.fromkeys(TRIPLE, pl.Int64))
    alive = p_alive(new, model)[0]
    ages = np.unique(np.geomspace(1, max(max_days, 1), _POINTS).astype(np.int64))
    orders = [alive * expected_orders(new, model, int(age))[0] for age in ages]
    days = np.arange(max_days + 1)
    curve = np.interp(days, [0, *ages], [0.0, *orders])
    return pl.DataFrame({"age": days, "orders": curve}, schema=CURVE)
