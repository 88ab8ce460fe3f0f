"""The consent of one store in an open warehouse, each write in a transaction of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb
import polars as pl

from enrich.consent_rules import Decisions, Facts
from enrich.warehouse import consenting
from enrich.warehouse.connection import transaction
from enrich.warehouse.forgetting import make_salt
from enrich.warehouse.scripts import read, run


@dataclass(frozen=True, slots=True)
class Consents:
    """What is known, decided and written about consent in one store."""

    _connection: duckdb.DuckDBPyConnection = field(repr=False)
    store: str

    # -- what is known ------------------------------------------------------------------------

    def to_verify(self) -> list[str]:
        """The documents of VTEX to read by id before what the search showed of them is believed."""
        return self._read("to_verify")["contact_id"].to_list()

    def observe_contacts(
        self,
        asked: Sequence[str],
        verified: pl.DataFrame,
        *,
        looked_at: datetime,
        run_id: str,
        now: datetime,
    ) -> None:
        """What changed in VTEX's documents up to `looked_at` is said; see sql/consent/observe."""
        with transaction(self._connection):
            consenting.observe_contacts(
                self._connection,
                self.store,
                asked,
                verified,
                looked_at=looked_at,
                run_id=run_id,
                now=now,
            )

    def observe_people(
        self, party: str, shown: pl.DataFrame, *, states_no: bool, run_id: str, now: datetime
    ) -> None:
        """What changed of these people at a platform is said; `shown` as `consenting.SHOWN`."""
        with transaction(self._connection):
            consenting.observe_people(
                self._connection,
                self.store,
                party,
                shown,
                states_no=states_no,
                run_id=run_id,
                now=now,
            )

    def people_to_look_at(self, destination: str, limit: int) -> list[str]:
        """The addresses a platform has that were looked at the longest time ago, if ever."""
        self._salted()
        found = self._read("people_to_look_at", destination=destination, row_limit=limit)
        return found["email"].to_list()

    def new_statements(self, run_id: str) -> dict[str, int]:
        """How much a run took in, by origin."""
        return dict(self._read("new_statements", run_id=run_id).iter_rows())

    # -- decisions ----------------------------------------------------------------------------

    def facts(self, parties: Sequence[str]) -> Facts:
        """Everything a decision takes into account; `parties` are the platforms we write to."""
        return consenting.facts(self._connection, self.store, parties)

    def keep_decided(self, decisions: Decisions, *, now: datetime) -> None:
        """Who wants the newsletter and whom each platform has to know of, replaced whole."""
        with transaction(self._connection):
            consenting.keep_decided(self._connection, self.store, decisions, now)

    def emails(self, people: pl.Series) -> dict[str, str]:
        """The addresses of those among the people who are somebody's in the warehouse."""
        return consenting.sample(self._connection, self.store, people)

    # -- writes to VTEX -----------------------------------------------------------------------

    def written_since(self, since: datetime) -> int:
        """How many documents of VTEX were written, or may have been, after the UTC moment."""
        return int(self._read("written_since", since=since).item())

    def refused(self) -> pl.DataFrame:
        """contact_id, person, opted_in, changed_at of what VTEX did not take."""
        return self._read("refused")

    def intend(self, frame: pl.DataFrame, *, run_id: str, now: datetime) -> None:
        """These documents are about to be written; `frame` as `consenting.WRITTEN`."""
        self._write_down("intend_contacts", frame, run_id=run_id, now=now)

    def settle(self, frame: pl.DataFrame, *, run_id: str, now: datetime) -> None:
        """What became of them, in the same columns."""
        self._write_down("settle_contacts", frame, run_id=run_id, now=now)

    def addresses(self) -> dict[str, str]:
        """The kept addresses of people who are to be created in VTEX, by person."""
        return dict(self._read("addresses").iter_rows())

    def drop_addresses(self, *, is_wanted: bool) -> None:
        """Keep no address of whom VTEX knows by now; none at all unless it `is_wanted`."""
        with transaction(self._connection):
            run(self._connection, "consent/drop_addresses", store=self.store, is_wanted=is_wanted)

    # -- exports of platforms ----------------------------------------------------------------

    def open_export(self, destination: str) -> str | None:
        """The export of a platform that a run before this one has not read to its end."""
        found = self._read("open_export", destination=destination)
        return None if found.is_empty() else str(found["export_id"].item())

    def keep_export(self, destination: str, export_id: str | None, *, now: datetime) -> None:
        """The export that is under way; None when it was read."""
        with transaction(self._connection):
            self._run("keep_export", destination=destination, export_id=export_id, now=now)

    # -- inside -------------------------------------------------------------------------------

    def _salted(self) -> None:
        make_salt(self._connection)

    def _read(self, script: str, **values: Any) -> pl.DataFrame:
        return read(self._connection, f"consent/{script}", store=self.store, **values)

    def _run(self, script: str, **values: Any) -> None:
        run(self._connection, f"consent/{script}", store=self.store, **values)

    def _write_down(self, script: str, frame: pl.DataFrame, **values: Any) -> None:
        with transaction(self._connection):
            consenting.write_down(self._connection, script, frame, store=self.store, **values)
