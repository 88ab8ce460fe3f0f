"""Consent, the pure rules: the statements, which are echoes of our own writes, and whose counts.

A person is a digest of the e-mail. Echoes are judged over everything that is known, never on
arrival: so the order in which messages come does not matter.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

import polars as pl

from enrich.model import VTEX

MOMENT = pl.Datetime("us")

STATEMENTS = pl.Schema(
    {
        "person": pl.String(),
        "origin": pl.String(),
        "opted_in": pl.Boolean(),
        "changed_at": MOMENT,
        "is_dated": pl.Boolean(),
        "by_person": pl.Boolean(),
    }
)
"""The statements, one row each. `is_dated` False: the origin shows it and cannot say since when;
then changed_at is the earliest moment of a yes and the latest of a no."""

WRITES = pl.Schema(
    {
        "person": pl.String(),
        "party": pl.String(),
        "opted_in": pl.Boolean(),
        "written_at": MOMENT,
        "settled_at": MOMENT,
        "is_certain": pl.Boolean(),
    }
)
"""What we sent a platform, one row each: when it left, when its fate was known (null: not yet), and
whether it surely arrived."""

CONTACTS = pl.Schema({"person": pl.String(), "contact_id": pl.String(), "opted_in": pl.Boolean()})
"""The customer documents of VTEX and what each says; null: nothing."""

THERE = pl.Schema({"person": pl.String(), "party": pl.String()})
"""Whom a platform is known to have, whatever it says of them."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a decision takes into account; `parties` are the platforms we write to."""

    statements: pl.DataFrame
    writes: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=WRITES))
    contacts: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=CONTACTS))
    there: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=THERE))
    parties: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConsentRules:
    """What a shop may decide. `undated_no`: whether a no that VTEX showed from the beginning stands
    against an older yes, or counts as no statement."""

    undated_no: Literal["stands", "yields"] = "stands"


CLOCKS_APART = timedelta(minutes=5)
"""How far a platform's clock may be behind ours."""

ECHO_WITHIN = timedelta(hours=2)
"""How long after a write its echo may come; what comes later is news, though it says the same."""


def without_echoes(statements: pl.DataFrame, writes: pl.DataFrame) -> pl.DataFrame:
    """The statements that are news, as STATEMENTS; `writes` as WRITES.

    An echo says what we last wrote there shortly before it, with no other statement there in
    between, and does not prove that the person did it. A write that may not have arrived counts
    too: then the platform says the same as we wanted to, and that changes nothing.
    """
    marked = statements.with_row_index("row")
    echoes = (
        _with_last_write(marked, writes)
        .join(_with_last_contradiction(marked), on="row", how="left")
        .filter(
            ~pl.col("by_person"),
            pl.col("written") == pl.col("opted_in"),
            (pl.col("changed_at") <= pl.col("settled_at") + ECHO_WITHIN).fill_null(True),
            (pl.col("contradicted_at") <= pl.col("written_at")).fill_null(True),
        )
    )
    return marked.join(echoes, on="row", how="anti", maintain_order="left").drop("row")


def _with_last_write(marked: pl.DataFrame, writes: pl.DataFrame) -> pl.DataFrame:
    """The statements beside what we last wrote there: `written`, `written_at`, `settled_at`."""
    ours = writes.select(
        "person",
        "written_at",
        "settled_at",
        origin="party",
        written="opted_in",
        at="written_at",
    )
    return marked.with_columns(at=pl.col("changed_at") + CLOCKS_APART).sort("at").join_asof(
        ours.sort("at"), on="at", by=["person", "origin"], strategy="backward",
        check_sortedness=False,
    )  # fmt: skip


def _with_last_contradiction(marked: pl.DataFrame) -> pl.DataFrame:
    """Of each statement (`row`), when its origin last stated the opposite: `contradicted_at`."""
    key = ["person", "origin", "opted_in"]
    opposite = marked.select(
        "person", "origin", ~pl.col("opted_in"), "changed_at", contradicted_at="changed_at"
    )
    found = marked.sort("changed_at").join_asof(
        opposite.sort("changed_at"), on="changed_at", by=key, strategy="backward",
        check_sortedness=False,
    )  # fmt: skip
    return found.select("row", "contradicted_at")


@dataclass(frozen=True, slots=True)
class Decisions:
    """What follows from the facts. A winner is opted_in, changed_at, origin and is_dated.

    `state`: person and winner. `contacts`: documents of VTEX that say something else (contact_id,
    person, was, winner). `unknown`: people with a dated yes whom VTEX does not know.
    `desired_consents`: person, party, winner of every consent that a platform must have, sent or
    not. `unsettled`: people about whom two sides differ and nobody can say who is right.
    `echo_count`: statements that were our own.
    """

    state: pl.DataFrame
    contacts: pl.DataFrame
    unknown: pl.DataFrame
    desired_consents: pl.DataFrame
    unsettled: pl.DataFrame
    echo_count: int

    @property
    def known_state(self) -> pl.DataFrame:
        """`state` with `is_settled`: nobody contradicts it, or it is clear who is right."""
        return self.state.with_columns(
            is_settled=~pl.col("person").is_in(self.unsettled["person"].implode())
        )


def decide(facts: Facts, rules: ConsentRules) -> Decisions:
    """The decisions; the order of the rows of `facts` does not matter."""
    news = _stated(without_echoes(facts.statements, facts.writes), rules)
    state = winners(news)
    differing = _differing_contacts(state, facts.contacts)
    says = _says(facts)
    desired_consents = _desired_consents(state, says, facts)
    return Decisions(
        state=state,
        contacts=differing.filter("is_dated"),
        unknown=_unknown(state, facts.contacts),
        desired_consents=desired_consents,
        unsettled=_unsettled(state, differing, says, facts.parties),
        echo_count=facts.statements.height - news.height - _yielding(facts.statements, rules),
    )


def winners(statements: pl.DataFrame) -> pl.DataFrame:
    """person, opted_in, changed_at, origin, is_dated: one row a person, sorted by person.

    The value is that of the newest statement; the statement shown is the newest dated one of those
    that say so without a contradiction since, else the newest.
    """
    ranked = statements.sort(
        "person", "changed_at", ~pl.col("opted_in"), "is_dated", "origin"
    ).with_columns(
        place=pl.int_range(pl.len()).over("person"), last=pl.col("opted_in").last().over("person")
    )
    contradicted = pl.when(pl.col("opted_in") != pl.col("last")).then("place")
    agreeing = ranked.filter(pl.col("place") > contradicted.max().over("person").fill_null(-1))
    best = agreeing.sort("person", "is_dated", "place")
    return best.group_by("person", maintain_order=True).last().select(*_WINNER)


_WINNER = ("person", "opted_in", "changed_at", "origin", "is_dated")


def _stated(news: pl.DataFrame, rules: ConsentRules) -> pl.DataFrame:
    return news.filter(~_yields()) if rules.undated_no == "yields" else news


def _yielding(statements: pl.DataFrame, rules: ConsentRules) -> int:
    return statements.filter(_yields()).height if rules.undated_no == "yields" else 0


def _yields() -> pl.Expr:
    return (pl.col("origin") == VTEX) & ~pl.col("is_dated") & ~pl.col("opted_in")


def _differing_contacts(state: pl.DataFrame, contacts: pl.DataFrame) -> pl.DataFrame:
    """contact_id, was and the winner, of the documents that say something else, sorted."""
    return (
        contacts.rename({"opted_in": "was"})
        .join(state, on="person", how="inner")
        .filter(pl.col("was").ne_missing(pl.col("opted_in")))
        .select("contact_id", "was", *_WINNER)
        .sort("contact_id")
    )


def _unknown(state: pl.DataFrame, contacts: pl.DataFrame) -> pl.DataFrame:
    wanted = state.filter(pl.col("opted_in"), pl.col("is_dated"))
    return wanted.join(contacts, on="person", how="anti").sort("person")


def _says(facts: Facts) -> pl.DataFrame:
    """person, party, says: what each platform last stated or was surely sent."""
    stated = facts.statements.select("person", "opted_in", party="origin", at="changed_at", rank=0)
    sent = facts.writes.filter("is_certain").select(
        "person", "opted_in", "party", at="written_at", rank=1
    )
    both = pl.concat([stated, sent], how="diagonal").filter(pl.col("party").is_in(facts.parties))
    # At the same moment what we wrote is what holds; of two words the no.
    ordered = both.sort("person", "party", "at", "rank", ~pl.col("opted_in"))
    last = ordered.group_by("person", "party", maintain_order=True).last()
    return last.select("person", "party", says="opted_in")


def _desired_consents(state: pl.DataFrame, says: pl.DataFrame, facts: Facts) -> pl.DataFrame:
    """Everybody a platform has to know of: who differs there, and whom we sent just that."""
    certain = facts.writes.filter("is_certain").sort("person", "party", "written_at")
    last_sent = certain.group_by("person", "party", maintain_order=True).last()
    sent = last_sent.select("person", "party", "written_at", sent="opted_in")
    there = facts.there.select("person", "party", is_there=True).unique()
    parties = pl.DataFrame({"party": facts.parties}, schema={"party": pl.String})
    every = (
        state.join(parties, how="cross")
        .join(says, on=["person", "party"], how="left")
        .join(there, on=["person", "party"], how="left")
        .join(sent, on=["person", "party"], how="left")
    )
    is_blank = pl.col("says").is_null()
    # A no is sent to nobody who does not have the person: it would only carry an address there.
    is_known = ~is_blank | pl.col("is_there").fill_null(False)
    yes = pl.col("opted_in") & (pl.col("is_dated") | is_blank)
    no = ~pl.col("opted_in") & pl.col("is_dated") & is_known
    differs = pl.col("says").ne_missing(pl.col("opted_in"))
    is_sent = (pl.col("sent") == pl.col("opted_in")) & (
        pl.col("written_at") >= pl.col("changed_at")
    )
    wanted = every.filter(((yes | no) & differs) | (is_sent.fill_null(False) & ~differs))
    return wanted.select("party", *_WINNER).sort("party", "person")


def _unsettled(
    state: pl.DataFrame, differing: pl.DataFrame, says: pl.DataFrame, parties: tuple[str, ...]
) -> pl.DataFrame:
    """person: undated winners that somebody contradicts; a blank contradicts nobody."""
    in_vtex = differing.filter(~pl.col("is_dated"), pl.col("was").is_not_null()).select("person")
    undated = state.filter(~pl.col("is_dated"))
    elsewhere = undated.join(says, on="person").filter(pl.col("says") != pl.col("opted_in"))
    return pl.concat([in_vtex, elsewhere.select("person")]).unique().sort("person")
