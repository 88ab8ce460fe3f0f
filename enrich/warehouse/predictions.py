"""How customers of a store buy, and how well that held: models, back-tests, calibration."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import duckdb
import polars as pl

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
