"""The consent of one store: its statements, what is known and what was written.

All of it are records of their own: no source tells them a second time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb
import polars as pl

from enrich.model import VTEX
from enrich.warehouse.scripts import read, registered, run, transaction
from enrich.warehouse.tombstones import make_salt

MOMENT = pl.Datetime("us")
RECEIVED = pl.Schema(
    {
        "email": pl.String(),
        "origin": pl.String(),
        "event": pl.String(),
        "changed_at": MOMENT,
        "is_dated": pl.Boolean(),
        "by_person": pl.Boolean(),
        "received_at": MOMENT,
    }
)
"""Statements as they come in; event is subscribed, unsubscribed or bounced, moments are UTC."""

SHOWN = pl.Schema({"email": pl.String(), "opted_in": pl.Boolean()})
"""What a platform shows of people who are looked at one by one; null: nothing."""

VERIFIED = pl.Schema({"contact_id": pl.String(), "opted_in": pl.Boolean()})
"""What a document of VTEX held when it was read by its id."""

WRITTEN = pl.Schema(
    {
        "contact_id": pl.String(),
        "person": pl.String(),
        "was": pl.Boolean(),
        "opted_in": pl.Boolean(),
        "changed_at": MOMENT,
        "origin": pl.String(),
        "outcome": pl.String(),
        "code": pl.String(),
    }
)
"""Writes to documents of VTEX: on whose word, and what became of them."""


@dataclass(frozen=True, slots=True)
class Consents:
    """The consent of one store in an open warehouse, each write in a transaction of its own."""

    _connection: duckdb.DuckDBPyConnection = field(repr=False)
    store: str

    # -- what is known ------------------------------------------------------------------------

    def keep_statements(
        self, statements: pl.DataFrame, *, run_id: str, now: datetime, keeps_unknown: bool = False
    ) -> dict[str, int]:
        """What became of statements, as RECEIVED; repeats change nothing.

        statement_count (new ones), bounce_count, unusable_count. `keeps_unknown`: addresses of
        people VTEX does not know are kept, to create them there.
        """
        incoming = statements.select(RECEIVED.names()).cast(RECEIVED)
        with transaction(self._connection):
            make_salt(self._connection)
            with registered(self._connection, {"incoming": incoming}):
                self._run("keep_statements", run_id=run_id)
                if keeps_unknown:
                    self._run("keep_addresses", now=now)
                return self._read("kept_counts").row(0, named=True)

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
        """A change of VTEX's documents up to `looked_at` is a statement; see sql/consent/observe.

        `verified`, as VERIFIED, is what those of the documents `asked` by id say that were found.
        """
        frames = {
            "asked": pl.DataFrame({"contact_id": asked}, schema={"contact_id": pl.String}),
            "verified": verified.cast(VERIFIED),
        }
        observed = {"party": VTEX, "states_no": True, "looked_at": looked_at}
        with transaction(self._connection):
            make_salt(self._connection)
            with registered(self._connection, frames):
                self._run("look_at_contacts")
            self._run("observe", run_id=run_id, now=now, **observed)

    def observe_people(
        self, party: str, shown: pl.DataFrame, *, states_no: bool, run_id: str, now: datetime
    ) -> None:
        """What changed of these people at a platform is a statement; `shown` as SHOWN.

        `states_no`: a no it shows of somebody never seen before is one.
        """
        observed = {"party": party, "states_no": states_no, "looked_at": None}
        with transaction(self._connection):
            make_salt(self._connection)
            with registered(self._connection, {"shown": shown.cast(SHOWN)}):
                self._run("look_at_people", party=party, now=now)
            self._run("observe", run_id=run_id, now=now, **observed)

    def people_to_look_at(self, destination: str, limit: int) -> list[str]:
        """The addresses a platform has that were looked at the longest time ago, if ever."""
        make_salt(self._connection)
        found = self._read("people_to_look_at", destination=destination, row_limit=limit)
        return found["email"].to_list()

    def new_statements(self, run_id: str) -> dict[str, int]:
        """How much a run took in, by origin."""
        return dict(self._read("new_statements", run_id=run_id).iter_rows())

    # -- decisions ----------------------------------------------------------------------------

    def facts(self, parties: Sequence[str]) -> dict[str, pl.DataFrame]:
        """The frames of `enrich.consent.rules.Facts`; `parties` are the platforms we write to."""
        make_salt(self._connection)
        names = ("statements", "writes", "contacts", "there")
        return {name: self._read(f"facts_{name}", parties=list(parties)) for name in names}

    def keep_decided(
        self, state: pl.DataFrame, desired_consents: pl.DataFrame, *, now: datetime
    ) -> None:
        """Who wants the newsletter and whom each platform has to know of, replaced whole.

        Both as in `enrich.consent.rules.Decisions`; `state` also says `is_settled`.
        """
        frames = {"decided": state, "desired_consents": desired_consents}
        with transaction(self._connection), registered(self._connection, frames):
            self._run("keep_decided", now=now)

    def emails(self, people: pl.Series) -> dict[str, str]:
        """The addresses of those among the people who are somebody's in the warehouse."""
        asked = pl.DataFrame({"person": people}, schema={"person": pl.String})
        with registered(self._connection, {"asked": asked}):
            return dict(self._read("sample").iter_rows())

    # -- writes to VTEX -----------------------------------------------------------------------

    def written_since(self, since: datetime) -> int:
        """How many documents of VTEX were written, or may have been, after the UTC moment."""
        return int(self._read("written_since", since=since).item())

    def refused(self) -> pl.DataFrame:
        """contact_id, person, opted_in, changed_at of what VTEX did not take."""
        return self._read("refused")

    def intend(self, frame: pl.DataFrame, *, run_id: str, now: datetime) -> None:
        """These documents are about to be written; `frame` as WRITTEN."""
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
            self._run("drop_addresses", is_wanted=is_wanted)

    # -- exports of platforms -----------------------------------------------------------------

    def open_export(self, destination: str) -> str | None:
        """The export of a platform that a run before this one has not read to its end."""
        found = self._read("open_export", destination=destination)
        return None if found.is_empty() else str(found["export_id"].item())

    def keep_export(self, destination: str, export_id: str | None, *, now: datetime) -> None:
        """The export that is under way; None when it was read."""
        with transaction(self._connection):
            self._run("keep_export", destination=destination, export_id=export_id, now=now)

    # -- inside -------------------------------------------------------------------------------

    def _read(self, script: str, **values: Any) -> pl.DataFrame:
        return read(self._connection, f"consent/{script}", store=self.store, **values)

    def _run(self, script: str, **values: Any) -> None:
        run(self._connection, f"consent/{script}", store=self.store, **values)

    def _write_down(self, script: str, frame: pl.DataFrame, **values: Any) -> None:
        incoming = {"incoming": frame.cast(WRITTEN)}
        with transaction(self._connection), registered(self._connection, incoming):
            self._run(script, **values)
