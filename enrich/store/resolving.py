"""Who bought what: customers from contacts and orders, purchases from orders, then checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any

import duckdb
import polars as pl

from enrich.errors import HeldBack
from enrich.model import MAX_TOTAL_CENTS, Rules
from enrich.store.scope import TOUCHED_SHARE, Scope, find_scope
from enrich.store.scripts import read, registered, run, scripts_in, statement

VTEX, IMPORT = "vtex", "import"


@dataclass(frozen=True, slots=True)
class Rung:
    """One way to know whose order it is: the orders of `sources` by their identifier of `kind`.

    `is_new` also makes a person of every such identifier that nobody owns yet.
    """

    name: str
    kind: str
    sources: tuple[str, ...]
    is_new: bool = False


RUNGS = (
    Rung("profile", "customer_id", (VTEX,)),
    Rung("customer_id", "customer_id", (IMPORT,)),
    Rung("document", "document", (VTEX,)),
    Rung("email", "email", (VTEX, IMPORT)),
    Rung("customer_id_alone", "customer_id", (IMPORT,), is_new=True),
    Rung("email_alone", "email", (IMPORT,), is_new=True),
    Rung("imported_email", "email", (VTEX,)),
    Rung("document_alone", "document", (VTEX,), is_new=True),
    Rung("email_alone", "email", (VTEX,), is_new=True),
    Rung("profile_alone", "customer_id", (VTEX,), is_new=True),
)
"""First match wins. People somebody told us about (contacts, then imported customers) come before
people known by their orders alone; among those a document before an e-mail before a profile id."""

_IDENTITY = ("contact_groups", "order_identifiers", "owners")
_CUSTOMERS = ("keys", "links", "conflicts", "customers")
_PURCHASES = (
    "judged_orders",
    "gross_purchases",
    "loose_refunds",
    "matched_refunds",
    "kept_purchases",
    "made_purchases",
    "purchases",
    "unmatched_refunds",
    "purchase_lines",
    "purchase_promo_codes",
)
_FOLDERS = (
    "macros",
    "resolved",
    "scope",
    "identity",
    "purchases",
    "checks",
    "checks/advisory",
    "report",
)


class FaultInPlaces(HeldBack):
    """What was made anew in places does not hold; everything made anew may."""

    def __init__(self, message: str, row_count: int) -> None:
        super().__init__(message)
        self.row_count = row_count


def resolve(
    connection: duckdb.DuckDBPyConnection,
    store: str,
    rules: Rules,
    *,
    run_id: str,
    now: datetime,
    touched_share: float = TOUCHED_SHARE,
    mended_count: int = 0,
) -> pl.DataFrame:
    """The findings; the caller holds the transaction.

    Raises HeldBack when a check finds rows, FaultInPlaces when not everything was made anew.

    What the changes since the last resolve touch is made anew, everything when that is
    `touched_share` of the store or more (see scope.py). The tables are the same either way, but
    for gaps in `purchase_no`. `mended_count` is what a FaultInPlaces before this one counted.
    """
    known = {"store": store, "rules": _said(rules), "run_id": run_id, "now": now}
    values = {**_scalars(rules), **known, "mended_count": mended_count}
    scope = find_scope(connection, values, touched_share)
    if scope is not Scope.NOTHING:
        _make(connection, scope, values)
        run(connection, "resolved/remember", **values, is_whole=scope is Scope.EVERYTHING)
    run(connection, "purchases/carts", store=store)  # each load leaves its carts to be judged
    return read(connection, "report/read", store=store)


def _make(connection: duckdb.DuckDBPyConnection, scope: Scope, values: Mapping[str, Any]) -> None:
    _check_totals(connection, values)
    _make_customers(connection, scope, values)
    _make_purchases(connection, scope, values)
    _check(connection, scope, values)
    with registered(connection, {"advisory": _count_rows(connection, "checks/advisory", values)}):
        run(connection, "report/findings", **values)


def _said(rules: Rules) -> str:
    """The settings, and a digest of the rules: a new version of the program resolves anew."""
    return f"{_scalars(rules)} {_rules_digest()}"


@cache
def _rules_digest() -> str:
    texts = (statement(script) for folder in _FOLDERS for script in scripts_in(folder))
    return sha256("\0".join([*texts, repr(RUNGS)]).encode()).hexdigest()[:16]


def _scalars(rules: Rules) -> dict[str, Any]:
    return {name: value for name, value in asdict(rules).items() if name != "rfm_thresholds"}


def _make_customers(
    connection: duckdb.DuckDBPyConnection, scope: Scope, values: Mapping[str, Any]
) -> None:
    run(connection, f"scope/{scope}_people", **values)
    for script in _IDENTITY:
        run(connection, f"identity/{script}", **values)
    for rung in RUNGS:
        _climb(connection, rung)
    for script in _CUSTOMERS:
        run(connection, f"identity/{script}", **values)


def _make_purchases(
    connection: duckdb.DuckDBPyConnection, scope: Scope, values: Mapping[str, Any]
) -> None:
    run(connection, "purchases/verdicts", **values)
    run(connection, f"scope/{scope}_purchases", **values)
    for script in _PURCHASES:
        run(connection, f"purchases/{script}", **values)


def _climb(connection: duckdb.DuckDBPyConnection, rung: Rung) -> None:
    values = {"rung": rung.name, "kind": rung.kind, "sources": list(rung.sources)}
    if rung.is_new:
        run(connection, "identity/found", **values)
    run(connection, "identity/match", **values)


def _check_totals(connection: duckdb.DuckDBPyConnection, values: Mapping[str, Any]) -> None:
    """Raise HeldBack when a sum of amounts could leave the numbers that the program counts with."""
    row = read(connection, "resolved/totals", **values, max_total_cents=MAX_TOTAL_CENTS).row(
        0, named=True
    )
    if row["is_too_large"]:
        raise HeldBack(
            f"the amounts of {values['store']} add up to more than {MAX_TOTAL_CENTS // 100:,}: the"
            f" largest order is {row['order_id']}; see whether another number stands where its"
            " amount should, and import the file again with the right column"
        )


def _check(connection: duckdb.DuckDBPyConnection, scope: Scope, values: Mapping[str, Any]) -> None:
    counts = _count_rows(connection, "checks", values)
    found = [f"{name}: {count} rows" for name, count in counts.rows() if count]
    if not found:
        return
    message = (
        f"the data of {values['store']} fails {'; '.join(found)}; "
        "see the files of these names in sql/checks"
    )
    if scope is Scope.TOUCHED:
        raise FaultInPlaces(message, sum(count for _, count in counts.rows()))
    raise HeldBack(message)


def _count_rows(
    connection: duckdb.DuckDBPyConnection, folder: str, values: Mapping[str, Any]
) -> pl.DataFrame:
    """finding, row_count: one row per SQL file of the folder, each a query for offending rows."""
    found = [
        (script.rpartition("/")[2], read(connection, script, **values).height)
        for script in scripts_in(folder)
    ]
    schema = {"finding": pl.String, "row_count": pl.Int64}
    return pl.DataFrame(found, schema=schema, orient="row")
