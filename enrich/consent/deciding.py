"""Who wants the newsletter, and who has to be told. Pure.

The newest word of a person counts, and of two at the same moment the no. A word without a date
never overrules anybody: a no of that kind only stands where it is, a yes only fills a blank.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from enrich.consent.echoes import without_echoes
from enrich.consent.facts import VTEX, ConsentRules, Facts


@dataclass(frozen=True, slots=True)
class Decisions:
    """What follows from the facts. A winner is opted_in, changed_at, origin and is_dated.

    `state`: person and winner. `contacts`: documents of VTEX that say something else (contact_id,
    person, was, winner). `unknown`: people with a dated yes whom VTEX does not know. `wishes`:
    person, party, winner of everybody a platform has to know of, told before or not. `unsettled`:
    people about whom two sides differ and nobody can say who is right. `echo_count`: statements
    that were our own.
    """

    state: pl.DataFrame
    contacts: pl.DataFrame
    unknown: pl.DataFrame
    wishes: pl.DataFrame
    unsettled: pl.DataFrame
    echo_count: int


def decide(facts: Facts, rules: ConsentRules) -> Decisions:
    """The decisions; the order of the rows of `facts` does not matter."""
    news = _stated(without_echoes(facts.statements, facts.writes), rules)
    state = winners(news)
    differing = _differing_contacts(state, facts.contacts)
    says = _says(facts)
    wishes = _wishes(state, says, facts)
    return Decisions(
        state=state,
        contacts=differing.filter("is_dated"),
        unknown=_unknown(state, facts.contacts),
        wishes=wishes,
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
    """person, party, says: what each platform last said or was surely told."""
    said = facts.statements.select("person", "opted_in", party="origin", at="changed_at", rank=0)
    told = facts.writes.filter("is_certain").select(
        "person", "opted_in", "party", at="written_at", rank=1
    )
    both = pl.concat([said, told], how="diagonal").filter(pl.col("party").is_in(facts.parties))
    # At the same moment what we wrote is what holds; of two words the no.
    ordered = both.sort("person", "party", "at", "rank", ~pl.col("opted_in"))
    last = ordered.group_by("person", "party", maintain_order=True).last()
    return last.select("person", "party", says="opted_in")


def _wishes(state: pl.DataFrame, says: pl.DataFrame, facts: Facts) -> pl.DataFrame:
    """Everybody a platform has to know of: who differs there, and who was told just that by us."""
    certain = facts.writes.filter("is_certain").sort("person", "party", "written_at")
    last_told = certain.group_by("person", "party", maintain_order=True).last()
    told = last_told.select("person", "party", "written_at", told="opted_in")
    there = facts.there.select("person", "party", is_there=True).unique()
    parties = pl.DataFrame({"party": facts.parties}, schema={"party": pl.String})
    every = (
        state.join(parties, how="cross")
        .join(says, on=["person", "party"], how="left")
        .join(there, on=["person", "party"], how="left")
        .join(told, on=["person", "party"], how="left")
    )
    is_blank = pl.col("says").is_null()
    # A no is told to nobody who does not have the person: it would only carry an address there.
    is_known = ~is_blank | pl.col("is_there").fill_null(False)
    yes = pl.col("opted_in") & (pl.col("is_dated") | is_blank)
    no = ~pl.col("opted_in") & pl.col("is_dated") & is_known
    differs = pl.col("says").ne_missing(pl.col("opted_in"))
    is_told = (pl.col("told") == pl.col("opted_in")) & (
        pl.col("written_at") >= pl.col("changed_at")
    )
    wanted = every.filter(((yes | no) & differs) | (is_told.fill_null(False) & ~differs))
    return wanted.select("party", *_WINNER).sort("party", "person")


def _unsettled(
    state: pl.DataFrame, differing: pl.DataFrame, says: pl.DataFrame, parties: tuple[str, ...]
) -> pl.DataFrame:
    """person: undated winners that somebody contradicts; a blank contradicts nobody."""
    in_vtex = differing.filter(~pl.col("is_dated"), pl.col("was").is_not_null()).select("person")
    undated = state.filter(~pl.col("is_dated"))
    elsewhere = undated.join(says, on="person").filter(pl.col("says") != pl.col("opted_in"))
    return pl.concat([in_vtex, elsewhere.select("person")]).unique().sort("person")
