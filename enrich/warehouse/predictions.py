"""How customers of a store buy, and how well that held: models, back-tests, calibration."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import duckdb
import polars as pl

from enrich.predict import NEXT_BEST
from enrich.warehouse.scripts import read, registered, run, transaction


@dataclass(frozen=True, slots=True)
class Predictions:
    """What is kept of predictions beside the profiles' own fields."""

    _connection: duckdb.DuckDBPyConnection = field(repr=False)

    def models(self, store: str, as_of: date) -> pl.DataFrame:
        """The rows of the newest models up to the day, with `as_of`; empty before the first."""
        return read(self._connection, "predictions/newest_models", store=store, as_of=as_of)

    def backtest(self, store: str, as_of: date) -> pl.DataFrame:
        """The rows of the newest back-test up to the day; empty before the first."""
        return read(self._connection, "predictions/newest_backtest", store=store, as_of=as_of)

    def hit_rates(self, store: str, as_of: date) -> pl.DataFrame:
        """The same of next best products: as of the day they were last computed."""
        values = {"store": store, "as_of": as_of, "model": NEXT_BEST}
        return read(self._connection, "products/newest_hit_rates", **values)

    def keep_products(
        self, store: str, as_of: date, replenishment: pl.DataFrame, hit_rates: pl.DataFrame | None
    ) -> None:
        """Keep what is bought again at regular intervals, and how well a new list of next best
        products did; None: the list is an older one."""
        values = {"store": store, "as_of": as_of, "model": NEXT_BEST}
        with transaction(self._connection):
            with registered(self._connection, {"incoming": replenishment}):
                run(self._connection, "products/replace_replenishment", **values)
            if hit_rates is not None:
                with registered(self._connection, {"incoming": hit_rates}):
                    run(self._connection, "products/replace_hit_rates", **values)

    def keep(self, store: str, as_of: date, models: pl.DataFrame) -> None:
        """Keep the models of the day."""
        with transaction(self._connection), registered(self._connection, {"incoming": models}):
            run(self._connection, "predictions/replace_models", store=store, as_of=as_of)

    def keep_backtest(
        self, store: str, as_of: date, backtest: pl.DataFrame, tenths: pl.DataFrame
    ) -> None:
        """Keep the back-test of the day, and its calibration by tenth."""
        frames = {"incoming": backtest, "tenths": tenths}
        with transaction(self._connection), registered(self._connection, frames):
            run(self._connection, "predictions/replace_backtest", store=store, as_of=as_of)
