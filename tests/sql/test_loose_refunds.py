"""The running levels of matched_refunds.sql equal a stack that is emptied from the top."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from enrich.warehouse.scripts import registered, run


@dataclass(frozen=True)
class Event:
    customer_key: int
    minute: int
    order_id: str
    cents: int
    is_refund: bool


def match_slowly(events: list[Event]) -> tuple[dict[str, int], dict[str, int]]:
    """What remains of each purchase and what is unmatched of each refund, one event at a time."""
    remaining = {e.order_id: e.cents for e in events if not e.is_refund}
    unmatched: dict[str, int] = {}
    for refund in in_turn([e for e in events if e.is_refund]):
        left = refund.cents
        earlier = [
            e
            for e in events
            if not e.is_refund
            and e.customer_key == refund.customer_key
            and e.minute <= refund.minute
        ]
        for purchase in reversed(in_turn(earlier)):
            taken = min(left, remaining[purchase.order_id])
            remaining[purchase.order_id] -= taken
            left -= taken
        unmatched[refund.order_id] = left
    return remaining, unmatched


def in_turn(events: list[Event]) -> list[Event]:
    return sorted(events, key=lambda e: (e.minute, e.order_id))


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    facts = draw(
        st.lists(
            st.tuples(st.integers(1, 2), st.integers(0, 6), st.integers(0, 9), st.booleans()),
            max_size=14,
        )
    )
    names = draw(st.permutations([f"{n:02}" for n in range(len(facts))]))
    return [
        Event(customer, minute, name, cents + is_refund, is_refund)
        for name, (customer, minute, cents, is_refund) in zip(names, facts, strict=True)
    ]


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("set threads = 1")
        yield connection


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(histories())
def test_agrees_with_the_stack(connection: duckdb.DuckDBPyConnection, events: list[Event]) -> None:
    with registered(connection, {"events": frame(events)}):
        for table, is_refund, moment, cents in (
            ("gross_purchases", False, "purchased_at", "net_cents"),
            ("refunds", True, "refunded_at", "refund_cents"),
        ):
            connection.execute(
                f"create or replace temp table {table} as select customer_key, order_id, "
                f"to_timestamp(minute * 60)::timestamp as {moment}, cents as {cents}, "
                "true as is_loose, null as reason "
                f"from events where is_refund = {is_refund}"
            )
    run(connection, "purchases/matched_refunds")
    remaining, unmatched = match_slowly(events)
    asked = {e.customer_key for e in events if e.is_refund}
    rows = connection.execute(
        "select is_refund, order_id, coalesce(remaining_cents, unmatched_cents) from matched"
    ).fetchall()
    assert {name: cents for is_refund, name, cents in rows if is_refund} == unmatched
    assert {name: cents for is_refund, name, cents in rows if not is_refund} == {
        e.order_id: remaining[e.order_id]
        for e in events
        if not e.is_refund and e.customer_key in asked
    }


def frame(events: list[Event]) -> pl.DataFrame:
    schema = {
        "customer_key": pl.Int64,
        "minute": pl.Int64,
        "order_id": pl.String,
        "cents": pl.Int64,
        "is_refund": pl.Boolean,
    }
    rows = [(e.customer_key, e.minute, e.order_id, e.cents, e.is_refund) for e in events]
    return pl.DataFrame(rows, schema=schema, orient="row")
