"""Writing what was decided into VTEX: a few documents at a time, intended before they are sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from enrich.consent.rules import Decisions
from enrich.consent.summary import ConsentSummary, Sample
from enrich.destinations.kinds import CONSENTS
from enrich.destinations.mask import mask_email
from enrich.errors import HeldBack
from enrich.model import VTEX
from enrich.runs.reporting import Reporter
from enrich.shop import Shop
from enrich.sources.source import WantedOptIn, WroteOptIn
from enrich.sources.vtex.newsletter import new_contact_id
from enrich.warehouse import PushTarget, Warehouse
from enrich.warehouse.consents import WRITTEN, Consents

TOGETHER = 50  # documents whose fate one killed run leaves unknown
DAY = timedelta(days=1)
SHOWN = 5


@dataclass(frozen=True)
class Writing:
    """One store whose documents are written; counts go to `summary`."""

    warehouse: Warehouse
    shop: Shop
    run_id: str
    now: datetime
    summary: ConsentSummary
    report: Reporter
    max_writes_a_day: int

    def write(self, decisions: Decisions, *, creates_unknown: bool, confirmed: bool) -> None:
        """Carry the decisions into VTEX, as far as a person agreed and the day allows."""
        changes, new = self.planned(decisions, creates_unknown=creates_unknown)
        if changes.is_empty() and new.is_empty():
            return
        if not self._is_agreed(confirmed, changes.height + new.height):
            return
        newsletter = self.shop.newsletter
        assert newsletter is not None  # a store without an account has no documents to change
        room = self.room()
        self._carry_out(changes.head(room), newsletter.write)
        self._carry_out(new.head(max(0, room - changes.height)), newsletter.create, is_new=True)

    def planned(
        self, decisions: Decisions, *, creates_unknown: bool
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The documents to change and those to make, as WRITTEN with `email`, in their order.

        The no goes first, then the oldest word. What VTEX refused is left until there is a newer
        word. Counts what is wanted, unknown, and what does not fit the day.
        """
        changes = self._changes(decisions)
        new = self._new(decisions) if creates_unknown else changes.clear()
        self.summary.unknown_count = decisions.unknown.height
        self.summary.wanted_count = changes.height
        self.summary.left_count = max(0, changes.height + new.height - self.room())
        self.summary.sample = [_sample(row) for row in changes.head(SHOWN).iter_rows(named=True)]
        return changes, new

    def room(self) -> int:
        """How many more documents may be written today, the last 24 hours counted."""
        written = self._consents.written_since(self.now - DAY)
        return max(0, self.max_writes_a_day - written)

    def _changes(self, decisions: Decisions) -> pl.DataFrame:
        refused = self._consents.refused()
        open_ones = decisions.contacts.join(
            refused, on=["contact_id", "opted_in", "changed_at"], how="anti"
        )
        emails = self._consents.emails(open_ones["person"])
        return _ordered(_with_emails(open_ones, emails))

    def _new(self, decisions: Decisions) -> pl.DataFrame:
        unknown = _with_emails(decisions.unknown, self._consents.addresses())
        ids = [new_contact_id(self.shop.name, email) for email in unknown["email"]]
        made = unknown.with_columns(
            contact_id=pl.Series(ids, dtype=pl.String), was=pl.lit(None, dtype=pl.Boolean)
        )
        key = ["contact_id", "opted_in", "changed_at"]
        return _ordered(made.join(self._consents.refused(), on=key, how="anti"))

    def _is_agreed(self, confirmed: bool, count: int) -> bool:
        """Whether a person looked once; else the summary says what is held and why."""
        target = PushTarget(VTEX, self.shop.name, CONSENTS)
        if self.warehouse.pushes.status(target).is_confirmed:
            return True
        if confirmed:
            self.warehouse.pushes.confirm(target, run_id=self.run_id, now=self.now)
            return True
        self.summary.faults.append(
            HeldBack(
                f"consent is new: {count:,} customers of {self.shop.name} would be changed in VTEX;"
                " look at `enrich consent --dry-run`, then agree once with"
                " `enrich consent --confirm`"
            )
        )
        return False

    def _carry_out(
        self,
        rows: pl.DataFrame,
        write: Callable[[Sequence[WantedOptIn]], Iterator[WroteOptIn]],
        *,
        is_new: bool = False,
    ) -> None:
        done_count = 0
        for part in rows.iter_slices(TOGETHER):
            self._consents.intend(_written(part), run_id=self.run_id, now=self.now)
            wrote = list(write(_wanted(part)))
            self._consents.settle(_settled(part, wrote), run_id=self.run_id, now=self.now)
            accepted = sum(one.outcome == "accepted" for one in wrote)
            self.summary.created_count += accepted if is_new else 0
            self.summary.outcomes.update(str(one.outcome) for one in wrote)
            done_count += part.height
            self.report.step(f"{self.shop.name} consents to VTEX", done_count, rows.height)

    @property
    def _consents(self) -> Consents:
        return self.warehouse.consents(self.shop.name)


def _with_emails(rows: pl.DataFrame, emails: dict[str, str]) -> pl.DataFrame:
    """The rows of people whose address is known, with it."""
    known = pl.DataFrame(
        list(emails.items()), schema={"person": pl.String, "email": pl.String}, orient="row"
    )
    return rows.join(known, on="person", how="inner")


def _ordered(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.sort("opted_in", "changed_at", "contact_id")


def _written(rows: pl.DataFrame) -> pl.DataFrame:
    none = pl.lit(None, dtype=pl.String)
    return rows.with_columns(outcome=none, code=none).select(WRITTEN.names())


def _wanted(rows: pl.DataFrame) -> list[WantedOptIn]:
    columns = rows.select("contact_id", "email", "was", "opted_in")
    return [WantedOptIn(*row) for row in columns.iter_rows()]


def _settled(rows: pl.DataFrame, wrote: Sequence[WroteOptIn]) -> pl.DataFrame:
    """The rows with what became of them; `was` as it was found, where somebody looked."""
    found = pl.DataFrame(
        [(one.contact_id, str(one.outcome), one.code, one.found) for one in wrote],
        schema={
            "contact_id": pl.String,
            "outcome": pl.String,
            "code": pl.String,
            "found": pl.Boolean,
        },
        orient="row",
    )
    joined = rows.join(found, on="contact_id", how="inner")
    return joined.with_columns(was=pl.coalesce("found", "was")).select(WRITTEN.names())


def _sample(row: dict[str, object]) -> Sample:
    moment = row["changed_at"]
    assert isinstance(moment, datetime)
    return Sample(
        mask_email(str(row["email"])),
        None if row["was"] is None else bool(row["was"]),
        bool(row["opted_in"]),
        str(row["origin"]),
        f"{moment:%Y-%m-%d %H:%M} UTC",
    )
