"""Orders fetched again whatever the list says of them: some by id, or all of the last days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import polars as pl

from enrich.errors import BadSettings
from enrich.model import Span
from enrich.sources.source import LISTED_SCHEMA, Listed
from enrich.sync.listed_orders import fetch_and_load, list_windows
from enrich.sync.pulling import EntityReport, Pull

MAX_DAYS = 3_650


def refetch_orders(pull: Pull, orders: Listed, order_ids: Sequence[str]) -> EntityReport:
    """What these orders brought; one that VTEX does not show counts as rejected."""
    wanted = list(dict.fromkeys(order_ids))
    loaded = fetch_and_load(pull, orders, pl.DataFrame(schema=LISTED_SCHEMA), wanted)
    return EntityReport(orders.name, 0, len(wanted), loaded)


def refetch_days(pull: Pull, orders: Listed, days: int) -> EntityReport:
    """What all orders created in the last `days` days brought: the listed and the stored ones.

    Raises BadSettings on a number of days that is none.
    """
    if not 1 <= days <= MAX_DAYS:
        raise BadSettings(f"--refetch-days is a number from 1 to {MAX_DAYS:,}")
    since = pull.now - timedelta(days=days)
    windows = orders.created_in(Span(since, pull.now), pull.now)
    listed = list_windows(pull, orders, windows)
    stored = pull.warehouse.orders.stored_since(pull.shop.name, since)
    wanted = list(dict.fromkeys([*listed.rows["order_id"].to_list(), *stored]))
    loaded = fetch_and_load(pull, orders, listed.rows, wanted)
    return EntityReport(orders.name, listed.rows.height, len(wanted), loaded, listed.note)
