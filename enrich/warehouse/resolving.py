"""Build customers and purchases from contacts and orders, then run the checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any

import duckdb
import polars as pl

from enrich.errors import HeldBack
from enrich.model import MAX_TOTAL_CENTS, Rules
from enrich.warehouse.scripts import read, registered, run, scripts_in, sql_folder, statement

DEFAULT_LABEL = "name"
VTEX, IMPORT = False, True
"""Whether an order is imported: the sources a match rule is about."""


@dataclass(frozen=True, slots=True)
class MatchRule:
    """One way to know whose order it is: the orders of some sources by their identifier of `kind`.

    `makes_people` also makes a person of every such identifier that nobody owns yet.
    """

    name: str
    kind: str
    imported: tuple[bool, ...]
    makes_people: bool = False


MATCH_RULES = (
    MatchRule("profile", "customer_id", (VTEX,)),
    MatchRule("customer_id", "customer_id", (IMPORT,)),
    MatchRule("document", "document", (VTEX,)),
    MatchRule("email", "email", (VTEX, IMPORT)),
    MatchRule("customer_id_alone", "customer_id", (IMPORT,), makes_people=True),
    MatchRule("email_alone", "email", (IMPORT,), makes_people=True),
    MatchRule("imported_email", "email", (VTEX,)),
    MatchRule("document_alone", "document", (VTEX,), makes_people=True),
    MatchRule("email_alone", "email", (VTEX,), makes_people=True),
    MatchRule("profile_alone", "customer_id", (VTEX,), makes_people=True),
)
"""First match wins. People with a record (contacts, then imported customers) come before those
known by their orders alone; among these a document before an e-mail before a profile id."""

_OWNERS = (
    "shared_identifiers",
    "identified",
    "contact_groups",
    "contact_owners",
    "order_owners",
)
_CUSTOMERS = ("highest_key", "keys", "links", "conflicts", "customers")
_PURCHASES = (
    "reporting_currency",
    "order_classes",
    "refunds",
    "gross_purchases",
    "matched_refunds",
    "purchases",
    "unmatched_refunds",
    "catalogue",
    "purchase_lines",
    "purchase_promo_codes",
)
_FOLDERS = ("macros", "identity", "purchases", "checks", "checks/advisory", "report")


def resolve(
    connection: duckdb.DuckDBPyConnection,
    store: str,
    rules: Rules,
    *,
    run_id: str,
    now: datetime,
) -> pl.DataFrame:
    """The findings: finding, detail, row_count, amount_cents; the caller holds the transaction.

    Customers and purchases of the store are built again from the typed tables, unless nothing was
    loaded and no rule has changed since the last resolve. Raises HeldBack when a check finds rows.
    """
    chosen = _scalars(replace(rules, product_label=_product_label(connection, store, rules)))
    values = {**chosen, "store": store, "run_id": run_id, "now": now}
    values["rules"] = f"{chosen} {_rules_digest()}"
    if read(connection, "state/resolved", **values).is_empty():
        _check_totals(connection, values)
        _resolve_customers(connection, values)
        _run_all(connection, "purchases", _PURCHASES, values)
        _check(connection, values)
        counts = _count_rows(connection, "checks/advisory", values)
        with registered(connection, {"advisory": counts}):
            run(connection, "report/findings", **values)
        run(connection, "state/remember_resolved", **values)
    run(connection, "purchases/carts", store=store)  # each load leaves its carts to be decided
    return read(connection, "report/read", store=store)


def _product_label(connection: duckdb.DuckDBPyConnection, store: str, rules: Rules) -> str:
    """The label of the settings; where they choose none, what an upgrade kept for the store."""
    kept = read(connection, "state/kept_settings", store=store, setting="product_label")
    return rules.product_label or (DEFAULT_LABEL if kept.is_empty() else str(kept.item()))


def _scalars(rules: Rules) -> dict[str, Any]:
    return {name: value for name, value in asdict(rules).items() if name != "rfm_thresholds"}


@cache
def _rules_digest() -> str:
    """A digest of the statements: a new version of the program resolves again."""
    texts = (statement(script) for folder in _FOLDERS for script in scripts_in(folder))
    return sha256("\0".join([*texts, repr(MATCH_RULES)]).encode()).hexdigest()[:16]


def _resolve_customers(connection: duckdb.DuckDBPyConnection, values: Mapping[str, Any]) -> None:
    _run_all(connection, "identity", _OWNERS, values)
    for rule in MATCH_RULES:
        _match(connection, rule)
    _run_all(connection, "identity", _CUSTOMERS, values)


def _match(connection: duckdb.DuckDBPyConnection, rule: MatchRule) -> None:
    values = {"match_rule": rule.name, "kind": rule.kind, "imported": list(rule.imported)}
    if rule.makes_people:
        run(connection, "identity/new_people", **values)
    run(connection, "identity/match", **values)


def _run_all(
    connection: duckdb.DuckDBPyConnection,
    folder: str,
    scripts: tuple[str, ...],
    values: Mapping[str, Any],
) -> None:
    for script in scripts:
        run(connection, f"{folder}/{script}", **values)


def _check_totals(connection: duckdb.DuckDBPyConnection, values: Mapping[str, Any]) -> None:
    """Raise HeldBack when a sum of amounts could leave the numbers that the program counts with."""
    if read(connection, "purchases/totals", **values).item() > MAX_TOTAL_CENTS:
        order_id = read(connection, "purchases/largest_amount", **values).item()
        raise HeldBack(
            f"the amounts of {values['store']} add up to more than {MAX_TOTAL_CENTS // 100:,}: the"
            f" largest order is {order_id}; see whether another number stands where its"
            " amount should, and import the file again with the right column"
        )


def _check(connection: duckdb.DuckDBPyConnection, values: Mapping[str, Any]) -> None:
    counts = _count_rows(connection, "checks", values)
    found = [f"{name}: {count} rows" for name, count in counts.rows() if count]
    if found:
        raise HeldBack(
            f"the data of {values['store']} fails {'; '.join(found)}; "
            f"see the files of these names in {sql_folder() / 'checks'}"
        )


def _count_rows(
    connection: duckdb.DuckDBPyConnection, folder: str, values: Mapping[str, Any]
) -> pl.DataFrame:
    """finding, row_count: one row per statement of the folder, each a query for offending rows."""
    found = [
        (script.rpartition("/")[2], read(connection, script, **values).height)
        for script in scripts_in(folder)
    ]
    schema = {"finding": pl.String, "row_count": pl.Int64}
    return pl.DataFrame(found, schema=schema, orient="row")
