"""Documents through the product's own parsing and loading, against what they must become."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from enrich.client import BadBody, parse_json
from enrich.model import RawRecord, Reject
from enrich.sources.vtex.entities import ENTITIES
from enrich.sources.vtex.parse import parse_record, parse_records
from enrich.warehouse import Warehouse, open_warehouse
from tests.fuzz import goods, orders, people
from tests.fuzz.reading import Fraction, Wrong, parsed

NOW = datetime(2026, 4, 1, tzinfo=UTC)
ORDERS = """
select order_id, order_group, origin, affiliate_id, status, is_completed, created_at,
    authorized_at, value_cents, currency, promo_code
from orders"""
LINES = (
    "select order_id, quantity, amount_cents, is_gift from order_items order by order_id, line_no"
)
REFUNDS = "select order_id, amount_cents from order_refunds order by amount_cents"

Row = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """One kind of document: how its key and its rows are to be read, and where they are stored."""

    entity: str
    base: Mapping[str, Any]
    key_of: Callable[[Any], str]
    expected: Callable[[Any], Row]
    is_page: bool  # whether VTEX sends it among others, so that it is taken from a parsed page
    stored: Callable[[duckdb.DuckDBPyConnection], dict[str, Row]]


@dataclass
class Counts:
    """What became of the documents."""

    good: int = 0
    rejected: int = 0
    reasons: set[str] = field(default_factory=set)


def complaints(
    kind: Kind, contents: Sequence[bytes], folder: Path, counts: Counts
) -> Iterator[str]:
    """What is not as it must be; nothing when every document ended as it has to."""
    found = [_found(kind, content) for content in contents]
    wanted = [_wanted(kind, content) for content in contents]
    good = [one for one in found if isinstance(one, RawRecord)]
    rejects = [one for one in found if isinstance(one, Reject)]
    with open_warehouse(folder) as warehouse:
        _load(warehouse, kind.entity, good, rejects)
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
        stored = kind.stored(connection)
    times = Counter(key for key, _ in wanted)
    for content, one, (key, row) in zip(contents, found, wanted, strict=True):
        yield from _judged(content, one, row)
        # Of several with one key the newest counts, and a customer's values are joined.
        if row is not None and key is not None and times[key] == 1:
            yield from _differing(content, stored.get(key), row)
    counts.good += len(good)
    counts.rejected += len(rejects)
    counts.reasons.update(one.reason for one in rejects)


def _found(kind: Kind, content: bytes) -> RawRecord | Reject:
    """What the product makes of a document that came alone, or of the only one of a page."""
    entity = ENTITIES[kind.entity]
    if not kind.is_page:
        return parse_record(entity, content)
    try:
        (found,) = parse_records(entity, [parse_json(content)])
    except BadBody as error:
        return Reject(None, str(error), "")
    return found


def _wanted(kind: Kind, content: bytes) -> tuple[str | None, Row | None]:
    """The key and the rows of a good document; None for one that is to be rejected."""
    try:
        document = parsed(content)
        key, row = kind.key_of(document), kind.expected(document)
        return None if isinstance(key, Fraction) else key, row
    except Wrong:
        return None, None


def _load(
    warehouse: Warehouse, entity: str, good: Sequence[RawRecord], rejects: Sequence[Reject]
) -> None:
    run = {"run_id": "fuzz", "now": NOW}
    warehouse.records.load("main", entity, good, rejects, **run)  # type: ignore[arg-type]
    again = warehouse.records.load("main", entity, good, **run)  # type: ignore[arg-type]
    assert again.new_count == 0, "a repeat is new"


def _judged(content: bytes, one: RawRecord | Reject, row: Row | None) -> Iterator[str]:
    if isinstance(one, Reject) and row is not None:
        yield f"rejected ({one.reason}) although it is good: {content[:3000]!r}"
    if isinstance(one, Reject) and not one.reason:
        yield f"rejected without a reason: {content[:3000]!r}"
    if isinstance(one, RawRecord) and row is None:
        yield f"taken although it must be rejected: {content[:3000]!r}"


def _differing(content: bytes, stored: Row | None, row: Row) -> Iterator[str]:
    if stored is None:
        yield f"not stored: {content[:3000]!r}"
        return
    for name, value in row.items():
        if stored[name] != value:
            yield f"{name} is {stored[name]!r} and not {value!r}: {content[:3000]!r}"


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[Row]:
    found = connection.sql(query)
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def _stored_orders(connection: duckdb.DuckDBPyConnection) -> dict[str, Row]:
    stored = {
        row["order_id"]: {**row, "lines": [], "refunds": []} for row in _rows(connection, ORDERS)
    }
    for row in _rows(connection, LINES):
        line = (row["quantity"], row["amount_cents"], row["is_gift"])
        stored[row["order_id"]]["lines"].append(line)
    for row in _rows(connection, REFUNDS):
        stored[row["order_id"]]["refunds"].append(row["amount_cents"])
    return stored


def _stored_in(table: str, key: str) -> Callable[[duckdb.DuckDBPyConnection], dict[str, Row]]:
    return lambda connection: {row[key]: row for row in _rows(connection, f"from {table}")}


KINDS: Mapping[str, Kind] = {
    "orders": Kind("orders", orders.BASE, orders.key_of, orders.expected, False, _stored_orders),
    "customers": Kind(
        "customers",
        people.BASE,
        people.key_of,
        people.expected,
        True,
        _stored_in("contacts", "contact_id"),
    ),
    **{
        kind.entity: Kind(
            kind.entity,
            kind.base,
            kind.key_of,
            kind.expected,
            kind.is_page,
            _stored_in(kind.entity, kind.key_column),
        )
        for kind in goods.KINDS
    },
}
