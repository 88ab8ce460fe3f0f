"""How much a resolve makes anew: nothing, what has changed since the last one, or everything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import duckdb
import polars as pl

from enrich.store.scripts import read, run

WHOLE_EVERY = timedelta(days=7)
TOUCHED_SHARE = 0.1
"""With this share of the orders and contacts touched, everything is made anew."""

_COMPARED = (
    "identity/shared_documents",
    "purchases/reporting_currency",
    "resolved/digests",
    "resolved/changes",
)


class Scope(StrEnum):
    """What a resolve makes anew; but for NOTHING, the value names its files in sql/scope."""

    NOTHING = "nothing"
    TOUCHED = "touched"
    EVERYTHING = "all"


@dataclass(frozen=True, slots=True)
class Standing:
    """What the last resolve of a store leaves to do; see sql/resolved/standing.sql."""

    whole_at: datetime | None
    concerns_everybody: bool
    change_count: int


def find_scope(
    connection: duckdb.DuckDBPyConnection, values: Mapping[str, Any], touched_share: float
) -> Scope:
    """The least that makes the store as if everything were made anew.

    `values` are store, rules, currency and now. Left for the resolve are shared_documents,
    reporting_currency, digests, changes and, when it is TOUCHED, touched_orders, renamed_orders
    and touched_contacts. With `touched_share` of the orders and contacts touched, or more, it is
    EVERYTHING.
    """
    for script in _COMPARED:
        run(connection, script, **values)
    scope = scope_needed(_standing(connection, values), values["now"])
    if scope is not Scope.TOUCHED:
        return scope
    run(connection, "resolved/touched", **values)
    is_less = read(connection, "resolved/touched_share").item() < touched_share
    return Scope.TOUCHED if is_less else Scope.EVERYTHING


def _standing(connection: duckdb.DuckDBPyConnection, values: Mapping[str, Any]) -> Standing:
    rows = read(connection, "resolved/standing", **values)
    moments = pl.col("whole_at").dt.replace_time_zone("UTC")
    return Standing(**rows.with_columns(moments).row(0, named=True))


def scope_needed(standing: Standing, now: datetime) -> Scope:
    """What the changes ask for, before it is known whom they touch.

    Everything once a week too: what is made anew in places lies scattered in the file.
    """
    if standing.whole_at is None:
        return Scope.EVERYTHING
    if standing.change_count == 0 and not standing.concerns_everybody:
        return Scope.NOTHING
    is_due = now - standing.whole_at >= WHOLE_EVERY
    return Scope.EVERYTHING if standing.concerns_everybody or is_due else Scope.TOUCHED
