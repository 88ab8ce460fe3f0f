"""Everything counts once and belongs to one customer, whatever has changed in a made-up store.

Many stores at once: python -m tests.store.test_made_up_stores STORES FIRST_SEED
"""

from __future__ import annotations

import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.progress import track

from enrich.model import Rules
from enrich.warehouse.connection import connect
from enrich.warehouse.resolving import MATCH_RULES, resolve
from enrich.warehouse.scripts import set_variable, transaction
from tests.examples import costly
from tests.store.towns import apply, beginning, step

NOW = datetime(2026, 2, 1, tzinfo=UTC)
NUMBERS = count()
"""A store for each example, all in one warehouse."""

RULES = (
    Rules(),
    Rules(amount_basis="items", returned_purchases="drop", currency="BRL"),
    Rules(amount_basis="gross", purchase_rule="invoiced", currency="BRL", category_label="path"),
    Rules(max_people_per_identifier=1),
)
TABLES = (
    "identity_links",
    "customer_merges",
    "identity_conflicts",
    "customer_splits",
    "order_customers",
    "customers",
    "purchases",
    "purchase_orders",
    "purchase_lines",
    "purchase_promo_codes",
    "unmatched_refunds",
)
ONCE = {
    "identity_links": "store, kind, value",
    "customers": "customer_key",
    "order_customers": "store, order_id",
    "purchases": "store, purchase_no",
    "purchase_orders": "store, order_id",
    "purchase_promo_codes": "store, purchase_no, lower(promo_code)",
}

Row = dict[str, Any]
Identifiers = dict[str, str]
Shared = set[tuple[str, str]]


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    path = tmp_path_factory.mktemp("stores") / "warehouse.duckdb"
    with closing(connect(path, "1GB", 1)) as opened:
        yield opened


@given(st.sampled_from(RULES), st.integers(0, 2**32))
@example(RULES[1], 1045)  # a refund has another customer: what it took from the first one is back
@costly(4)
def test_everything_counts_once_after_every_change(
    connection: duckdb.DuckDBPyConnection, rules: Rules, seed: int
) -> None:
    live_through(connection, rules, seed)


def live_through(connection: duckdb.DuckDBPyConnection, rules: Rules, seed: int) -> None:
    """A store of this seed and three changes."""
    random_source, store = Random(seed), f"store {next(NUMBERS)}"
    changes = [beginning(random_source), *(step(random_source) for _ in range(3))]
    for run_no, changed in enumerate(changes):
        with transaction(connection):
            apply(connection, store, changed)
            resolved = resolved_again(connection, store, rules, run_no)
        assert_once(connection)
        assert_people(connection, store, rules.max_people_per_identifier)
        assert_purchases(connection, store, rules)
        assert_refunds(connection, store)
    assert resolved_again(connection, store, rules, len(changes)) == resolved


def resolved_again(
    connection: duckdb.DuckDBPyConnection, store: str, rules: Rules, run_no: int
) -> dict[str, list[tuple[object, ...]]]:
    """Every table of who bought what, after a resolve that is not skipped."""
    connection.execute("delete from state.resolved")
    resolve(connection, store, rules, run_id=f"{run_no}", now=NOW + timedelta(hours=run_no))
    queries = {name: f"from {name} where store = '{store}' order by all" for name in TABLES}
    return {name: connection.sql(query).fetchall() for name, query in queries.items()}


def assert_once(connection: duckdb.DuckDBPyConnection) -> None:
    for table, key in ONCE.items():
        query = f"select {key} from {table} group by all having count(*) > 1"
        assert connection.sql(query).fetchall() == [], table


def assert_people(connection: duckdb.DuckDBPyConnection, store: str, limit: int) -> None:
    """The orders of each customer, and by which rule, are what the slow way finds."""
    found = rows(connection, "order_customers", store)
    stored = rows(connection, "contacts", store), rows(connection, "orders", store)
    slowly = people(*stored, limit)
    assert {one["order_id"]: one["match_rule"] for one in found} == {
        order_id: rule for order_id, (_, rule) in slowly.items()
    }
    customers = {one["order_id"]: one["customer_key"] for one in found}
    assert grouped(customers) == grouped({key: person for key, (person, _) in slowly.items()})


def grouped(person_of: dict[str, Any]) -> set[frozenset[str]]:
    groups: dict[Any, set[str]] = defaultdict(set)
    for order_id, person in person_of.items():
        groups[person].add(order_id)
    return {frozenset(group) for group in groups.values()}


def people(contacts: list[Row], orders: list[Row], limit: int) -> dict[str, tuple[int, str]]:
    """The person and the match rule of each order that has one; one order after the other."""
    shared = shared_identifiers(contacts, orders, limit)
    owner = owners(contacts, shared)
    open_orders = {
        one["order_id"]: (one, identifiers(one, shared))
        for one in sorted(orders, key=lambda one: (one["created_at"], one["order_id"]))
        if not of_marketplace(one)
    }
    found: dict[str, tuple[int, str]] = {}
    for rule in MATCH_RULES:
        carried = {
            order_id: (rule.kind, named[rule.kind])
            for order_id, (one, named) in open_orders.items()
            if (one["source"] == "import") in rule.imported and rule.kind in named
        }
        if rule.makes_people:
            for key in carried.values():
                owner.setdefault(key, len(owner) + 1000)
        matched = {name: owner[key] for name, key in carried.items() if key in owner}
        for order_id, person in matched.items():
            found[order_id] = person, rule.name
        for order_id, person in matched.items():
            for key in open_orders.pop(order_id)[1].items():
                owner.setdefault(key, person)
    return found


def of_marketplace(order: Row) -> bool:
    return bool(order["origin"] in ("Fulfillment", "Chain") and order["affiliate_id"])


def shared_identifiers(contacts: list[Row], orders: list[Row], limit: int) -> Shared:
    """(kind, value) of what more people carry than may; imported ids are of the kind `import`."""
    of_email: dict[tuple[str, str], set[str]] = defaultdict(set)
    of_id: dict[str, set[str]] = defaultdict(set)
    of_document: dict[str, set[str]] = defaultdict(set)
    for one in [*contacts, *(one for one in orders if not of_marketplace(one))]:
        person = id_of(one) or one.get("contact_id")
        if one["email"] and person:
            of_email[one["source"], one["email"]].add(person)
    emails = {email for (_, email), people in of_email.items() if len(people) > limit}
    for one in [*contacts, *orders]:
        if one["source"] == "import" and id_of(one) and one["email"] not in {None, *emails}:
            of_id[id_of(one)].add(one["email"])
        profile = one["user_profile_id"] if "user_profile_id" in one else one["customer_id"]
        if one["document"] and not one["is_corporate"] and profile:
            of_document[one["document"]].add(profile)
    return {
        *(("email", email) for email in emails),
        *(("import", value) for value, used in of_id.items() if len(used) > limit),
        *(("document", value) for value, used in of_document.items() if len(used) > limit),
    }


def id_of(one: Row) -> str:
    return str(one.get("user_profile_id") or one["customer_id"] or "")


def identifiers(one: Row, shared: Shared) -> Identifiers:
    """kind -> value of what identifies an order or a contact."""
    is_shared_id = one["source"] == "import" and ("import", id_of(one)) in shared
    named = {
        "customer_id": None if is_shared_id else id_of(one),
        "document": None if one["is_corporate"] else one["document"],
        "email": one["email"],
    }
    return {kind: value for kind, value in named.items() if value and (kind, value) not in shared}


def owners(contacts: list[Row], shared: Shared) -> dict[tuple[str, str], int]:
    """(kind, value) -> the person among the contacts; a document is the first one's."""
    persons: list[tuple[set[int], set[tuple[str, str]]]] = []
    for number, one in enumerate(contacts):
        members, names = {number}, set(identifiers(one, shared).items())
        names = {(kind, value) for kind, value in names if kind != "document"}
        for person in [other for other in persons if other[1] & names]:
            persons.remove(person)
            members, names = members | person[0], names | person[1]
        persons.append((members, names))
    person_of = {number: no for no, (members, _) in enumerate(persons) for number in members}
    owner: dict[tuple[str, str], int] = {}
    for number in sorted(person_of, key=lambda one: known_since(contacts[one])):
        for key in identifiers(contacts[number], shared).items():
            owner.setdefault(key, person_of[number])
    return owner


def known_since(contact: Row) -> tuple[bool, datetime, str]:
    at = contact["created_at"]
    return (
        at is None,
        at or NOW.replace(tzinfo=None),
        f"{contact['source']}:{contact['contact_id']}",
    )


def assert_purchases(connection: duckdb.DuckDBPyConnection, store: str, rules: Rules) -> None:
    """Orders, cents, lines and numbers of the purchases are those of the orders that count."""
    bought = rows(connection, "purchases", store)
    sold = [one for one in rows(connection, "order_classes", store) if one["is_purchase"]]
    cart_of = {
        row["order_id"]: row["purchase_no"] for row in rows(connection, "purchase_orders", store)
    }
    by_cart = {one["order_id"]: one["order_group"] or one["order_id"] for one in sold}
    assert grouped(cart_of) <= grouped(by_cart)
    if rules.returned_purchases == "count":
        assert grouped(cart_of) == grouped(by_cart)
        assert sum(one["gross_cents"] for one in bought) == sum(one["value_cents"] for one in sold)
    in_time = sorted(bought, key=lambda one: (one["purchased_at"], one["order_id"]))
    assert [one["purchase_no"] for one in in_time] == list(range(1, len(bought) + 1))
    items = rows(connection, "order_items", store)
    counting = [
        cart_of[one["order_id"]]
        for one in items
        if one["order_id"] in cart_of and not one["is_gift"] and one["quantity"] > 0
    ]
    lines = [one["purchase_no"] for one in rows(connection, "purchase_lines", store)]
    assert sorted(lines) == sorted(counting)


def assert_refunds(connection: duckdb.DuckDBPyConnection, store: str) -> None:
    """Every refunded cent, read from the orders, is taken from a purchase or unmatched."""
    receipts = rows(connection, "order_refunds", store)
    loose = [
        abs(one["value_cents"])
        for one in rows(connection, "order_classes", store)
        if one["is_refund"]
        and one["status"] != "canceled"
        and one["order_id"] not in {r["receipt"] for r in receipts if r["source"] == "import"}
    ]
    taken = rows(connection, "purchases", store)
    dropped = connection.sql("select coalesce(sum(refund_cents), 0) from dropped_purchases")
    unmatched = rows(connection, "unmatched_refunds", store)
    assert sum(loose) + sum(one["amount_cents"] for one in receipts) == (
        sum(one["refund_cents"] for one in taken)
        + int(dropped.fetchall()[0][0])
        + sum(one["unmatched_cents"] for one in unmatched)
    )
    assert all(one["reason"] for one in unmatched)


def rows(connection: duckdb.DuckDBPyConnection, table: str, store: str) -> list[Row]:
    set_variable(connection, "store", store)
    found = connection.sql(f"from {table} where store = '{store}'")
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


if __name__ == "__main__":
    store_count, first_seed = map(int, sys.argv[1:])
    with (
        tempfile.TemporaryDirectory() as place,
        closing(connect(Path(place) / "warehouse.duckdb", "1GB", 1)) as opened,
    ):
        for seed in track(range(first_seed, first_seed + store_count), "stores"):
            live_through(opened, RULES[seed % len(RULES)], seed)
