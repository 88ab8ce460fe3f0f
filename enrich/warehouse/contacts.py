"""Which contacts a source has deleted: no source tells it a second time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import duckdb
import polars as pl

from enrich.warehouse.scripts import read, registered, run, transaction


@dataclass(frozen=True, slots=True)
class Contacts:
    """The contacts of VTEX and their deletions."""

    _connection: duckdb.DuckDBPyConnection = field(repr=False)

    def doubtful_deletions(self, store: str, listed: pl.Series, *, run_id: str) -> pl.DataFrame:
        """The contacts of VTEX whose deletion is in doubt, where `listed` are all it lists.

        `contact_id`, and `is_unlisted`: known and not listed; else taken as deleted and listed.
        """
        frame = pl.DataFrame({"contact_id": listed}, schema={"contact_id": pl.String})
        with registered(self._connection, {"listed": frame}):
            return read(self._connection, "deletions/doubtful", store=store, run_id=run_id)

    def settle_deletions(
        self, store: str, gone: Mapping[str, datetime], there: Sequence[str], *, run_id: str
    ) -> None:
        """Mark the contacts VTEX has no more, each with the UTC moment it went, and lift the mark
        of those it has just shown; a customer without any other contact has no profile then."""
        frames = {
            "gone": pl.DataFrame(
                {
                    "contact_id": list(gone),
                    "deleted_at": [at.replace(tzinfo=None) for at in gone.values()],
                },
                schema={"contact_id": pl.String, "deleted_at": pl.Datetime("us")},
            ),
            "alive": pl.DataFrame({"contact_id": list(there)}, schema={"contact_id": pl.String}),
        }
        with transaction(self._connection), registered(self._connection, frames):
            run(self._connection, "deletions/settle", store=store, run_id=run_id)
