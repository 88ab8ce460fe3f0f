"""Is the store what VTEX has? What the list makes doubtful is looked at before it holds a push.

The list is an index: rows move between its pages, it is late, it may lack an order. So days with an
unexplained difference are listed once more in the same run and by the next ones, and an order that
the list still lacks is asked for by its id, which is never late.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from enrich.model import Loaded, RawRecord, Span
from enrich.sources.source import Listed, Window
from enrich.sync.listed_orders import fetch_and_load, list_windows, wanted_orders
from enrich.sync.pulling import NOTHING, Pull
from enrich.sync.reconciliation import proof_of, spans_of, whole_days

MAX_DAYS = 31  # listed again in one run, the newest first
MAX_ASKED = 500  # by id in one run: beyond that it is the list that is broken


@dataclass(frozen=True, slots=True)
class Settled:
    """What a second look at the doubtful days fetched and loaded."""

    fetched_count: int = 0
    loaded: Loaded = NOTHING

    def __add__(self, other: Settled) -> Settled:
        return Settled(self.fetched_count + other.fetched_count, self.loaded + other.loaded)


def doubtful_windows(pull: Pull, orders: Listed, before: datetime) -> tuple[Window, ...]:
    """The days in doubt that the run does not list anyway: it lists all from `before` on."""
    windows = _windows_of_days(pull, orders, _doubtful_days(pull)[:MAX_DAYS])
    return tuple(window for window in windows if window.span.start_at < before)


def _doubtful_days(pull: Pull) -> list[date]:
    """The days with a difference that the list may have made, the newest first.

    Stored with other cents than its detail has: that is a fault of ours, which no list ends.
    """
    found = pull.warehouse.orders.unexplained(pull.shop.name).filter(pl.col("kind") != "differing")
    return found["day_on"].drop_nulls().unique(maintain_order=True).to_list()


def _windows_of_days(pull: Pull, orders: Listed, days: Iterable[date]) -> tuple[Window, ...]:
    spans = spans_of(days, pull.shop.rules.zone)
    return tuple(window for span in spans for window in orders.created_in(span, pull.now))


def settle(pull: Pull, orders: Listed, rows: pl.DataFrame, windows: Iterable[Window]) -> Settled:
    """The days in doubt of these windows are listed once more, then what they lack asked for by id.

    `rows` are what the windows showed: an order need be in one of both listings. What is known
    of the store is then in the run and in the table reconciliation.
    """
    listed = set(whole_days(_created(windows), pull.shop.rules.zone))
    days = [day for day in _doubtful_days(pull) if day in listed][:MAX_DAYS]
    if days:
        settled = _list_again(pull, orders, rows, days) + _ask(pull, orders, days)
    else:
        settled = Settled()
    _say(pull)
    return settled


def _list_again(pull: Pull, orders: Listed, rows: pl.DataFrame, days: Sequence[date]) -> Settled:
    windows = _windows_of_days(pull, orders, days)
    again = list_windows(pull, orders, windows)
    wanted = wanted_orders(pull, orders, again.rows)
    loaded = fetch_and_load(pull, orders, again.rows, wanted)
    of_days = rows.filter(_is_within(windows))
    both = pl.concat([of_days, again.rows]).unique("order_id", keep="last", maintain_order=True)
    compare(pull, orders, both, windows)
    return Settled(len(wanted), loaded)


def _is_within(windows: Sequence[Window]) -> pl.Expr:
    created_at = pl.col("created_at").dt.replace_time_zone("UTC")
    return pl.any_horizontal(
        created_at.is_between(window.span.start_at, window.span.end_at) for window in windows
    )


def _ask(pull: Pull, orders: Listed, days: Sequence[date]) -> Settled:
    """Orders the list lacks are asked for by id: those that VTEX shows are no difference.

    They are stored as they are shown. One that cannot be had stays a difference and is no reject.
    """
    unlisted = pull.warehouse.orders.unexplained(pull.shop.name).filter(
        pl.col("day_on").is_in(days), kind="unlisted"
    )
    asked = unlisted["order_id"].head(MAX_ASKED).to_list()
    shown = [one for one in orders.fetch(asked) if isinstance(one, RawRecord)]
    loaded = pull.load(orders.name, shown)
    cents = orders.facts(shown).select("order_id", cents="detail_cents")
    pull.warehouse.orders.explain(
        pull.shop.name, cents, limit_share=pull.shop.max_unexplained_share
    )
    return Settled(len(shown), loaded)


def compare(pull: Pull, orders: Listed, rows: pl.DataFrame, windows: Iterable[Window]) -> None:
    """What was listed against what is stored; the days stand in the table reconciliation."""
    pull.warehouse.orders.reconcile(
        pull.shop.name,
        rows,
        whole_days(_created(windows), pull.shop.rules.zone),
        time_zone=pull.shop.rules.time_zone,
        sales_channels=orders.sales_channels,
        limit_share=pull.shop.max_unexplained_share,
        run_id=pull.run.run_id,
        now=pull.now,
    )


def _created(windows: Iterable[Window]) -> list[Span]:
    return [window.span for window in windows if window.date_field == "creationDate"]


def _say(pull: Pull) -> None:
    days = pull.warehouse.orders.reconciliation(pull.shop.name)
    if days.height:
        proof = proof_of(pull.shop.name, days)
        pull.run.note({"reconciliation": proof.as_json()})
        pull.report.say(proof.line)
