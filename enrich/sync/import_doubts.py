"""What holds an import back before anything is loaded, each with examples and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from enrich.sources.source import FileCount
from enrich.sync.pulling import has_many_rejects

SHOWN_REASONS = 3
SHOWN_WORDS = 10
SHOWN_ORDERS = 3
LONG_ID = 8
MIN_JOINED = 0.5


def unknown_words(file: FileCount) -> str | None:
    """The status words of a file that nobody knows, with their rows and the setting to map them."""
    if not file.unknown:
        return None
    words = sorted(file.unknown.items(), key=lambda one: (-one[1][0], one[1][1]))
    shown = ", ".join(
        f'"{shortened(word)}" ({count:,} rows, the first is line {line})'
        for word, (count, line) in words[:SHOWN_WORDS]
    )
    more = f" and {len(words) - SHOWN_WORDS} more" if len(words) > SHOWN_WORDS else ""
    example = shortened(words[0][0])
    return (
        f"{file.name}: unknown status {shown}{more}; say what each means with statuses ="
        f' {{ "{example}" = "invoiced" }} in [imports.orders], or --statuses "{example}=invoiced"'
        " (invoiced, payment-approved, payment-pending, payment-denied, canceled)"
    )


def unusable_rows(file: FileCount) -> str | None:
    """That more than a fifth of a file cannot be used, as a sync judges it; no value of it."""
    if not has_many_rejects(len(file.rejects), file.row_count):
        return None
    reasons = [
        f"{reason} ({count:,} rows, the first is line {line})"
        for reason, (count, line) in file.reasons.items()
    ]
    return (
        f"{file.name}: {len(file.rejects):,} of {file.row_count:,} rows are unusable:"
        f" {'; '.join(reasons[:SHOWN_REASONS])}"
    )


def beside_the_store(doubts: Mapping[str, pl.DataFrame]) -> Iterator[str]:
    """What frames look like beside the stored orders, of `Imports.doubts`."""
    reused = doubts.get("reused_orders")
    if reused is not None and reused.height:
        yield _reused(reused)
    for name, words in _JOINS.items():
        if name in doubts and (found := doubts[name].row(0, named=True))["known_count"]:
            yield from _unjoined(found, words)


def _reused(orders: pl.DataFrame) -> str:
    shown = "; ".join(
        f"{shortened(row['order_id'])} was {_customer(row['old_customer'])} on"
        f" {row['old_ordered_at']:%Y-%m-%d} and is {_customer(row['new_customer'])} on"
        f" {row['new_ordered_at']:%Y-%m-%d}"
        for row in orders.head(SHOWN_ORDERS).iter_rows(named=True)
    )
    return (
        f"{orders.height:,} order ids are stored with another customer and another moment: {shown};"
        " where two tills count alike, put a letter of the branch before the id"
    )


def _customer(text: str | None) -> str:
    return "of nobody" if text is None else f"of {shortened(text)}"


_JOINS = {
    "item_joins": ("order ids of the items", "orders", "the items have", "the orders have"),
    "customer_joins": ("customers", "orders", "the customers have", "the orders have"),
}


def _unjoined(found: Mapping[str, Any], words: Sequence[str]) -> Iterator[str]:
    if found["joined_count"] >= MIN_JOINED * found["named_count"]:
        return
    what, others, ours, theirs = words
    alone = ", ".join(map(shortened, found["alone"] or ["none"]))
    there = ", ".join(map(shortened, found["there"] or ["none left"]))
    yield (
        f"only {found['joined_count']:,} of {found['named_count']:,} {what} join any of the"
        f" {others}: {ours} {alone}; {theirs} {there}"
    )


def shortened(text: str) -> str:
    """An id as it may stand in a message: of a long one, or of an address, only both ends."""
    if len(text) <= LONG_ID and "@" not in text:
        return text
    return f"{text[:2]}...{text[-2:]}"
