"""Profiles between two daily runs: of whom something came in, made again for the day it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime

import duckdb
import polars as pl

from enrich.warehouse.parts import EVERYBODY, StoreParts, store_parts
from enrich.warehouse.scripts import (
    read,
    registered,
    run,
    scripts_in,
    table_exists,
    transaction,
)

TABLE = "profiles_today"


@dataclass(frozen=True, slots=True)
class Today:
    """The table profiles_today, and what its rows are computed from."""

    _connection: duckdb.DuckDBPyConnection = field(repr=False)

    def touched(self, store: str) -> pl.Series:
        """The keys of the customers whom the kept profiles do not know whole, in order."""
        return read(self._connection, "today/touched", store=store)["customer_key"]

    @contextmanager
    def part_of(self, store: str, keys: pl.Series) -> Iterator[StoreParts]:
        """These customers as the profile core's `Parts`, a single one, while the block runs.

        Their rows are copied into a database in memory, so that the same statements read them.
        """
        with closing(duckdb.connect()) as small:
            small.execute("set timezone = 'UTC'")
            small.execute("attach ':memory:' as warehouse")
            small.execute("use warehouse")
            small.execute("create schema state")
            with registered(self._connection, {"wanted": keys.alias("customer_key").to_frame()}):
                for script in scripts_in("excerpt"):
                    rows = read(self._connection, script, store=store)
                    with registered(small, {"incoming": rows}):
                        small.execute(
                            f"create table {script.removeprefix('excerpt/')} as from incoming"
                        )
            yield store_parts(small, store, EVERYBODY)

    def cut_points(self, store: str) -> pl.DataFrame:
        """The cut points of the kept profiles."""
        return read(self._connection, "history/rfm_cut_points", store=store)

    def why_not_predicted(self, store: str) -> tuple[str | None, str | None]:
        """Why the kept profiles hold no predictions, and why no amounts; None: they do."""
        status, value_status = read(self._connection, "today/why_not_predicted", store=store).row(0)
        return status, value_status

    def worth(self, store: str) -> pl.Series:
        """The kept clv_365d of everybody who has one."""
        return read(self._connection, "today/worth", store=store)["clv_365d"]

    def kept_values(self, store: str, keys: pl.Series, columns: Sequence[str]) -> pl.DataFrame:
        """customer_key and those of the columns that the kept profiles of these customers have."""
        with registered(self._connection, {"wanted": keys.alias("customer_key").to_frame()}):
            return read(self._connection, "today/kept_values", store=store, columns=list(columns))

    def keep(self, store: str, as_of: date, profiles: pl.DataFrame, *, now: datetime) -> None:
        """The rows of the store replaced by these profiles of the day: all or nothing."""
        plain = profiles.with_columns(
            pl.selectors.enum().cast(pl.String),
            pl.selectors.list(pl.selectors.enum()).cast(pl.List(pl.String)),
        )
        incoming = plain.select(
            pl.lit(store).alias("store"),
            pl.lit(as_of).alias("as_of"),
            pl.lit(now.replace(tzinfo=None)).alias("computed_at"),
            pl.all(),
        )
        with transaction(self._connection), registered(self._connection, {"incoming": incoming}):
            run(self._connection, "today/make")
            run(self._connection, "today/replace", store=store, columns=incoming.columns)

    def of(self, store: str) -> pl.DataFrame:
        """The profiles of the store that were made again, with `store` and `as_of`."""
        if not table_exists(self._connection, TABLE):
            return pl.DataFrame()
        return read(self._connection, "today/rows", store=store)

    def others(self, store: str) -> pl.DataFrame:
        """customer_key, email, last_purchase_date of everybody else who has a profile."""
        return read(self._connection, "today/others", store=store)


def settle(connection: duckdb.DuckDBPyConnection, store: str, as_of: date) -> None:
    """The kept profiles of the day stand for what was made before; the caller's transaction."""
    run(connection, "today/make")
    run(connection, "today/settle", store=store, as_of=as_of)
