"""Customers a platform has and the profiles no longer have: cleared or deleted, if asked for."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from enrich.destinations.base import Addressee
from enrich.destinations.plan import Plan
from enrich.jobs.push_ledger import NOTHING_LEFT
from enrich.model import Rules
from enrich.profile import fields

ERASED_AT_ONCE = 50


def addressees(removed: pl.DataFrame) -> list[Addressee]:
    """The removed whose key on the platform is known; from `record_id` and `remote_key`."""
    return [Addressee(*row) for row in removed.drop_nulls().iter_rows()]


def in_turns(people: list[Addressee]) -> Iterator[list[Addressee]]:
    """Few at a time, so that an interrupted run has little to repeat."""
    for start in range(0, len(people), ERASED_AT_ONCE):
        yield people[start : start + ERASED_AT_ONCE]


def clearing_plan(removed: pl.DataFrame, record_key: str, windows: tuple[int, ...]) -> Plan:
    """The removed as profiles without a single value: what was computed is sent empty."""
    columns = {
        field.name: pl.Series([field.empty], dtype=field.dtype)
        if not isinstance(field.dtype, pl.List)
        else pl.Series([[]], dtype=field.dtype)
        for field in fields(Rules(windows=windows))
    }
    keys = removed.drop_nulls().select("record_id", "remote_key")
    empty = pl.DataFrame(columns)
    rows = keys.join(empty, how="cross").with_columns(
        customer_key=pl.col("record_id").cast(pl.Int64),
        email=pl.col("remote_key") if record_key == "email" else pl.lit(None, dtype=pl.String),
        hash=pl.lit(NOTHING_LEFT),
        is_known=pl.lit(True),
    )
    return Plan(adds=0, changes=0, unchanged=0, to_send=rows.drop("remote_key"))
