"""What is made anew in places is what making everything anew gives, whatever has changed.

Many stores at once: python -m tests.store.test_scope STORES FIRST_SEED
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.progress import track

from enrich.model import Rules
from enrich.store.connection import connect, transaction
from enrich.store.resolving import resolve
from enrich.store.scope import WHOLE_EVERY, Scope, Standing, scope_needed
from tests.store.towns import Change, apply, beginning, change_of, step

NOW = datetime(2026, 2, 1, tzinfo=UTC)
IN_PLACES, WHOLE = 1e9, 0.0
NUMBERS = count()
"""A store for each example: both warehouses see the same stores in the same order."""

Pair = tuple[duckdb.DuckDBPyConnection, duckdb.DuckDBPyConnection]

PLACED = """
    with numbered as (
        select purchase_id, dense_rank() over (order by purchase_no) as place, purchase_no
        from purchases where store = '{store}'
    )
    select numbered.place, other.* exclude (store, purchase_no)
    from {table} as other inner join numbered on numbered.purchase_no = other.purchase_no
    where store = '{store}' order by all
"""
PLAIN = "select * from {table} where store = '{store}' order by all"
QUERIES = {
    "identity_links": PLAIN,
    "customer_merges": PLAIN,
    "identity_conflicts": PLAIN,
    "order_customers": PLAIN,
    "customers": PLAIN,
    "purchases": PLACED,
    "purchase_orders": PLACED,
    "purchase_lines": PLACED,
    "purchase_promo_codes": PLACED,
    "unmatched_refunds": PLAIN,
    "carts": PLAIN,
    "resolve_report": PLAIN,
    "state.resolved_digests": PLAIN,
}


@contextmanager
def two_warehouses(folder: Path) -> Iterator[Pair]:
    """Empty ones: in the first, stores are made anew in places, in the second as a whole."""
    places, whole = (folder / f"{name}.duckdb" for name in ("places", "whole"))
    with closing(connect(places, "1GB", 1)) as one, closing(connect(whole, "1GB", 1)) as other:
        yield one, other


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with two_warehouses(tmp_path_factory.mktemp("pair")) as opened:
        yield opened


RULES = (
    Rules(),
    Rules(amount_basis="items", returned_purchases="drop", currency="BRL"),
    Rules(amount_basis="gross", purchase_rule="invoiced", currency="BRL"),
)


@given(st.sampled_from(RULES), st.integers(0, 2**32))
@example(RULES[1], 1045)  # a refund has another customer: what it took from the first one is back
@settings(max_examples=8, deadline=None)
def test_in_places_is_as_the_whole(pair: Pair, rules: Rules, seed: int) -> None:
    live_through(pair, rules, seed)


def live_through(pair: Pair, rules: Rules, seed: int) -> None:
    """A store of this seed and five steps."""
    dice = Random(seed)
    agree(pair, rules, [beginning(dice), *(step(dice) for _ in range(5))])


def order(order_id: str, email: str | None, **facts: object) -> Change:
    paid = {"is_completed": True, "authorized_at": "2026-01-02 10:00:00", "status": "invoiced"}
    usual = {"source": "vtex", "created_at": "2026-01-02 10:00:00", "value_cents": 1000, **paid}
    return change_of("order", order_id, orders={**usual, "email": email, **facts})


REFUND = change_of("receipt", "r1", order_refunds={"order_id": "o1", "amount_cents": 2000})
LEFT = {"abandoned_at": "2026-01-01 10:00:00", "is_abandoned": True}
CART = change_of("abandoned", "c1", carts=LEFT)
PERSON = {"source": "vtex", "email": "u1", "is_corporate": False}
CONTACT = change_of("contact", "c1", contacts=PERSON)
STORIES = {
    "the order a refund names is gone, which stood nowhere": (
        Rules(),
        [
            [
                order("o1", None, status="canceled"),
                order("o2", "u1"),
                order("o3", "u1", source="import", value_cents=-300, refund_of="o1"),
            ],
            [("order", "o1", {})],
        ],
    ),
    "of a dropped cart one order is gone, and the rest counts": (
        Rules(returned_purchases="drop"),
        [
            [order("o1", None, order_group="g1"), order("o2", "u1", order_group="g1"), REFUND],
            [("order", "o1", {})],
        ],
    ),
    "a cart that was bought is loaded once more": (
        Rules(),
        [[CONTACT, CART, order("o1", "u1")], [CART, order("o2", "u2")]],
    ),
    "a cart without its contact, whose customer buys": (
        Rules(),
        [[CONTACT, CART], [("contact", "c1", {})], [order("o1", "u1")]],
    ),
    "one line twice, of an order that is not there": (
        Rules(),
        [[order("o1", "u1")], [("order", "o9", {"order_items": [{"line_no": 1}, {"line_no": 1}]})]],
    ),
}


@pytest.mark.parametrize(("rules", "steps"), STORIES.values(), ids=STORIES)
def test_a_story(pair: Pair, rules: Rules, steps: list[list[Change]]) -> None:
    agree(pair, rules, steps)


def agree(pair: Pair, rules: Rules, steps: list[list[Change]]) -> None:
    """After each step, both warehouses say the same of a store that goes through them."""
    store = f"store {next(NUMBERS)}"
    for run_no, changes in enumerate(steps):
        in_places, whole = (
            said(connection, store, rules, changes, run_no, share)
            for connection, share in zip(pair, (IN_PLACES, WHOLE), strict=True)
        )
        assert in_places == whole
        assert_only_in_places(pair[0], store)
        assert_numbers_rise(pair[0], store)


def said(
    connection: duckdb.DuckDBPyConnection,
    store: str,
    rules: Rules,
    changes: list[Change],
    run_no: int,
    share: float,
) -> dict[str, list[tuple[object, ...]]]:
    """Every table of who bought what, after the step."""
    now = NOW + timedelta(hours=run_no)
    with transaction(connection):
        apply(connection, store, changes)
        resolve(connection, store, rules, run_id=f"{run_no}", now=now, touched_share=share)
    return {
        table: connection.sql(query.format(table=table, store=store)).fetchall()
        for table, query in QUERIES.items()
    }


def assert_only_in_places(connection: duckdb.DuckDBPyConnection, store: str) -> None:
    found = connection.sql(f"select whole_at from state.resolved where store = '{store}'")
    assert found.fetchall() == [(NOW.replace(tzinfo=None),)]


def assert_numbers_rise(connection: duckdb.DuckDBPyConnection, store: str) -> None:
    by_number, by_moment = (
        connection.sql(f"select purchase_no from purchases where store = '{store}' order by {by}")
        for by in ("purchase_no", "purchased_at, order_id")
    )
    assert by_number.fetchall() == by_moment.fetchall()


def standing(**facts: object) -> Standing:
    usual = {
        "whole_at": NOW - timedelta(days=1),
        "concerns_everybody": False,
        "change_count": 5,
    }
    return Standing(**{**usual, **facts})  # type: ignore[arg-type]


WHAT_IS_NEEDED = {
    "nothing has changed": ({"change_count": 0}, Scope.NOTHING),
    "nothing but the day of the week": (
        {"change_count": 0, "whole_at": NOW - timedelta(days=30)},
        Scope.NOTHING,
    ),
    "a few orders": ({}, Scope.TOUCHED),
    "the first time": ({"concerns_everybody": True, "whole_at": None}, Scope.EVERYTHING),
    "another setting": ({"concerns_everybody": True, "change_count": 0}, Scope.EVERYTHING),
    "a category has another name": ({"concerns_everybody": True}, Scope.EVERYTHING),
    "a week has gone by": ({"whole_at": NOW - WHOLE_EVERY}, Scope.EVERYTHING),
}


@pytest.mark.parametrize(("facts", "needed"), WHAT_IS_NEEDED.values(), ids=WHAT_IS_NEEDED)
def test_what_is_needed(facts: dict[str, object], needed: Scope) -> None:
    assert scope_needed(standing(**facts), NOW) is needed


if __name__ == "__main__":
    store_count, first_seed = map(int, sys.argv[1:])
    with tempfile.TemporaryDirectory() as place, two_warehouses(Path(place)) as opened:
        for seed in track(range(first_seed, first_seed + store_count), "stores"):
            live_through(opened, RULES[seed % len(RULES)], seed)
