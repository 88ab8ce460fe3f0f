"""Orders of one store: list what may have changed, fetch whose detail is needed, prove it."""

from __future__ import annotations

from datetime import datetime, timedelta

from enrich.model import Span
from enrich.sources.source import Listed, Window
from enrich.sync.doubtful_days import compare, doubtful_windows, settle
from enrich.sync.listed_orders import fetch_and_load, list_windows, wanted_orders
from enrich.sync.pulling import EntityReport, Pull

LONG_LIST = "orders_long_list"  # when the 400 days were last listed again
LONG_LIST_EVERY = timedelta(days=7)


def pull_orders(pull: Pull, orders: Listed, span: Span | None) -> EntityReport:
    """What the orders brought; `span` asks for a stretch of creation instead of what changed.

    The watermark moves when every order of every window is stored. A run that ends early loses no
    detail: the next one lists the windows again and fetches only what is not stored.
    """
    watermark_at = pull.watermark(orders.name)
    is_long = is_long_list_due(watermark_at, pull.watermark(LONG_LIST), pull.now)
    windows = windows_of(pull, orders, span, watermark_at, is_long)
    listed = list_windows(pull, orders, windows)
    wanted = wanted_orders(pull, orders, listed.rows)
    loaded = fetch_and_load(pull, orders, listed.rows, wanted)
    compare(pull, orders, listed.rows, windows)
    if span is None:
        pull.move_watermark(orders.name, orders.known_until(pull.now))
        if is_long or watermark_at is None:
            pull.move_watermark(LONG_LIST, pull.now)
    settled = settle(pull, orders, listed.rows, windows)
    return EntityReport(
        orders.name,
        listed.rows.height,
        len(wanted) + settled.fetched_count,
        loaded + settled.loaded,
        listed.note,
    )


def is_long_list_due(
    watermark_at: datetime | None, listed_at: datetime | None, now: datetime
) -> bool:
    """Whether this run lists the long stretch: weekly, and never on a first run (it lists all)."""
    if watermark_at is None:
        return False
    return listed_at is None or now - listed_at >= LONG_LIST_EVERY


def windows_of(
    pull: Pull, orders: Listed, span: Span | None, watermark_at: datetime | None, is_long: bool
) -> tuple[Window, ...]:
    """The windows of this run, with the days that an earlier one left in doubt."""
    if span is not None:
        return orders.created_in(span, pull.now)
    windows = orders.windows(watermark_at, pull.now, is_long=is_long)
    return (*windows, *doubtful_windows(pull, orders, before=windows[0].span.start_at))
