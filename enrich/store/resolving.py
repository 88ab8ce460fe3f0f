"""Who bought what: customers from contacts and orders, purchases from orders, then checks."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any

import duckdb
import polars as pl

from enrich.errors import HeldBack
from enrich.model import Rules
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

_PURCHASES = (
    "judged_orders",
    "gross_purchases",
    "loose_refunds",
    "matched_refunds",
    "purchases",
    "unmatched_refunds",
    "purchase_lines",
    "purchase_promo_codes",
    "carts",
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
    """The findings; the caller holds the transaction. Raises HeldBack when a check finds rows.

    Nothing is made anew when the last resolve read the same by the same rules.
    """
    fingerprint = read(connection, "resolved/fingerprint", store=store).item()
    kept = {"store": store, "fingerprint": fingerprint, "rules": _said(rules)}
    if read(connection, "resolved/known", **kept).is_empty():
        _resolve(connection, {**_scalars(rules), "store": store, "run_id": run_id, "now": now})
        run(connection, "resolved/remember", **kept, run_id=run_id, now=now)
    return read(connection, "report/read", store=store)


def _resolve(connection: duckdb.DuckDBPyConnection, values: dict[str, Any]) -> None:
    _identify(connection, values)
    for script in _PURCHASES:
        run(connection, f"purchases/{script}", **values)
    _check(connection, values)
    with registered(connection, {"advisory": _count_rows(connection, "checks/advisory", values)}):
        run(connection, "report/findings", **values)


def _said(rules: Rules) -> str:
    """The settings, and a digest of the SQL files: a new version of the program resolves anew."""
    return f"{_scalars(rules)} {_files_digest()}"


@cache
def _files_digest() -> str:
    texts = (statement(script) for folder in _FOLDERS for script in scripts_in(folder))
    return sha256("\0".join(texts).encode()).hexdigest()[:16]


def _scalars(rules: Rules) -> dict[str, Any]:
    return {name: value for name, value in asdict(rules).items() if name != "rfm_thresholds"}


def _identify(connection: duckdb.DuckDBPyConnection, values: dict[str, Any]) -> None:
    for script in ("contact_groups", "shared_documents", "order_identifiers", "owners"):
        run(connection, f"identity/{script}", **values)
    for rung in RUNGS:
        _climb(connection, rung)
    for script in ("keys", "links", "conflicts", "customers"):
        run(connection, f"identity/{script}", **values)


def _climb(connection: duckdb.DuckDBPyConnection, rung: Rung) -> None:
    values = {"rung": rung.name, "kind": rung.kind, "sources": list(rung.sources)}
    if rung.is_new:
        run(connection, "identity/found", **values)
    run(connection, "identity/match", **values)


def _check(connection: duckdb.DuckDBPyConnection, values: dict[str, Any]) -> None:
    counts = _count_rows(connection, "checks", values)
    found = [f"{name}: {count} rows" for name, count in counts.rows() if count]
    if found:
        raise HeldBack(
            f"the data of {values['store']} fails {'; '.join(found)}; "
            "see the files of these names in sql/checks"
        )


def _count_rows(
    connection: duckdb.DuckDBPyConnection, folder: str, values: dict[str, Any]
) -> pl.DataFrame:
    """finding, row_count: one row per SQL file of the folder, each a query for offending rows."""
    found = [
        (script.rpartition("/")[2], read(connection, script, **values).height)
        for script in scripts_in(folder)
    ]
    schema = {"finding": pl.String, "row_count": pl.Int64}
    return pl.DataFrame(found, schema=schema, orient="row")
