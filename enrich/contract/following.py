"""The contract's rules about people: an address moves, a field empties, somebody goes.

Afterwards the platform holds what a person would expect, whatever its adapter has to do for it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import polars as pl

from enrich.contract.people import email_of, make_people, make_profiles
from enrich.contract.rule import Rule, clears, knows_by_email, require, shows_people
from enrich.contract.trial import NOW, Case
from enrich.destinations.base import Addressee
from enrich.destinations.mapping import ATTRIBUTES
from enrich.model import Outcome
from enrich.push.summary import PushSummary

NOBODY, EMPTY, STAYS = "nobody", "empty", "our values"
AFTERWARDS = {"nothing": STAYS, "clear": EMPTY, "delete": NOBODY}
NOTHING: tuple[Any, ...] = (None, "", 0, "0", "0.00", [])
EMPTIED: Mapping[str, Any] = {
    "rfm_group": None,
    "last_purchase_date": None,
    "last_purchase_brands": [],
}
ONE, OLD, OLD_3, FOUR = (email_of(number) for number in range(1, 5))
NEW, NEW_3 = "anew0002@example.com", "anew0003@example.com"
# Who has which address, one state after the other.
STATES: tuple[Mapping[int, str], ...] = (
    {1: OLD, 2: NEW},  # the first takes over what the second leaves
    {},  # back again
    {1: OLD, 2: ONE},  # they swap
    {1: NEW, 2: ONE},
)


class People:
    """A destination as a shop sets it that wants it to follow, and who is on it."""

    def __init__(self, case: Case, **options: Any) -> None:
        self.case = case
        self.there = case.open(**{**case.follows_with, **options})
        fields = [one for one in self.there.fields if one.source not in ATTRIBUTES]
        self.targets = {one.source: one.target for one in fields}

    def push(self, people: pl.DataFrame, **options: Any) -> PushSummary:
        """Each an hour later: a platform may drop a message that it had at that moment."""
        now = NOW + timedelta(hours=self.case.world.run_no)
        return self.case.push(self.there, people, now=now, **options)

    def ours(self, email: str) -> dict[str, Any] | None:
        """Our values at an address; None when nobody is there."""
        found = self.case.at(email)
        return None if found is None else self._ours_in(found)

    def _ours_in(self, contact: Mapping[str, Any]) -> dict[str, Any]:
        found = {source: contact.get(target) for source, target in self.targets.items()}
        return {source: value for source, value in found.items() if value not in NOTHING}

    def left(self, *emails: str) -> str:
        """What there is of ours at any of these addresses."""
        found = [self.ours(email) for email in emails]
        return STAYS if any(found) else EMPTY if {} in found else NOBODY

    def require(self, people: pl.DataFrame) -> None:
        """Each of these has their own group at their address, and nobody else has anything."""
        rows = people.select("email", "rfm_group").iter_rows()
        groups = {email: group for email, group in rows if email is not None}
        found = {email: (self.ours(email) or {}).get("rfm_group") for email in groups}
        require(found, groups, "rfm_group at each address")
        count = sum(bool(self._ours_in(one)) for one in self.case.held.values())
        require(count, len(groups), "contacts with values of ours")

    def former(self) -> list[tuple[str, str]]:
        """Whose former address is remembered, by our id."""
        table = self.case.ledger.former_addresses
        return sorted(table.select("record_id", "address").iter_rows())


def people(count: int = 3, at: Mapping[int, str | None] | None = None) -> pl.DataFrame:
    """Invented customers, each with a group of their own; some at another address."""
    given = {number: email_of(number) for number in range(1, count + 1)} | {**(at or {})}
    return make_people(count).with_columns(
        email=pl.Series([given[number] for number in range(1, count + 1)], dtype=pl.String),
        rfm_group=pl.format("GROUP-{}", "customer_key"),
        rfm_360d=pl.lit("545"),
        last_purchase_brands=pl.lit(["Lamp"]),
    )


def but(rows: pl.DataFrame, number: int, **values: Any) -> pl.DataFrame:
    """The same where the customer of that number has other values."""
    is_them = pl.col("customer_key") == number
    return rows.with_columns(
        pl.when(is_them)
        .then(pl.lit(value, rows.schema[name]))
        .otherwise(name)
        .cast(rows.schema[name])
        .alias(name)
        for name, value in values.items()
    )


def without(rows: pl.DataFrame, number: int) -> pl.DataFrame:
    return rows.filter(pl.col("customer_key") != number)


# -- the rules ---------------------------------------------------------------------------------


def empties_a_field(case: Case) -> None:
    """A computed value that no longer holds is gone there, everything else stays."""
    here = People(case)
    here.push(people())
    here.push(but(people(), 2, **EMPTIED))
    for source in EMPTIED.keys() & here.targets.keys():
        has = [source in (here.ours(email) or {}) for email in (ONE, OLD)]
        require(has, [True, False], f"{source} of somebody else, and where it became empty")
    require(here.left(ONE, OLD), STAYS, "the other fields")


def follows_an_address(case: Case) -> None:
    """Who has another address is there alone, with another value too or without one."""
    here = People(case)
    here.push(people())
    moved = but(people(at={2: NEW, 3: NEW_3}), 3, rfm_group="GROUP-X")
    done = here.push(moved)
    require((done.adds, done.changes, done.fault), (0, 2, None), "new, changed, fault")
    here.require(moved)
    require(here.push(moved).batches, 0, "batches of a push without a change")
    here.require(moved)
    stays = here.there.moves_address in ("clear", "merge")
    require(here.former(), [("2", OLD), ("3", OLD_3)] if stays else [], "addresses remembered")


def finishes_a_move_after_a_kill(case: Case) -> None:
    """There and back: killed before a call, after the first, the second and the third of it."""
    here = People(case)
    here.push(people())
    places = {2: NEW}
    for calls, kills_after in ((1, False), (1, True), (2, True), (3, True)):
        moved = people(at=places)
        is_killed = case.world.kill(partial(here.push, moved), calls, after=kills_after)
        if here.push(moved).queued:
            here.push(moved)
        here.require(moved)
        places = {} if places else {2: NEW}
        if not is_killed:
            break


def takes_over_an_address(case: Case) -> None:
    """The new address may have a contact that nobody knew of: it gets the values."""
    here = People(case)
    stranger = without(people(4, {4: NEW}), 1).filter(customer_key=4)
    here.push(stranger)
    case.ledger.forget()
    here.push(people())
    here.push(people(at={2: NEW}))
    here.require(people(at={2: NEW}))
    here.push(people(at={2: NEW}))
    here.require(people(at={2: NEW}))


def lets_addresses_change_hands(case: Case) -> None:
    """An address that is somebody else's now is theirs; two may swap."""
    here = People(case)
    here.push(people())
    for places in STATES:
        here.push(people(at=places))
        here.push(people(at=places))
        here.require(people(at=places))
    require(here.push(people(at=places)).batches, 0, "batches of a push without a change")


def removes_whose_address_is_gone(case: Case) -> None:
    """Nobody can follow them there: the contact is removed as the settings say."""
    here = People(case, removals="clear")
    here.push(people())
    here.push(people(at={2: None}))
    require(bool(here.ours(OLD)), False, "something of ours at the address")
    here.push(people())
    here.require(people())


def removes_as_it_is_told(case: Case) -> None:
    """Who is gone stays, is emptied or is nobody there, as the settings say."""
    for wish in ("nothing", *case.platform.removals):
        here = People(case.anew(), removals=wish)
        here.push(people())
        here.push(without(but(people(), 1, rfm_group="GROUP-X"), 2))
        wanted = NOBODY if here.there.whole_table else AFTERWARDS[wish]
        require(here.left(OLD), wanted, f"what is left with removals = {wish}")
        require((here.left(ONE), here.left(OLD_3)), (STAYS, STAYS), "what is left of others")


def forgets(case: Case) -> None:
    """Who is erased is nobody at any address they ever had, or a person is told to do it."""
    here = People(case)
    here.push(people())
    here.push(people(at={3: NEW_3}))
    known = [case.ledger.records["3"]["remote_key"], *(one for who, one in here.former())]
    asked = [Addressee("3", one) for one in known]
    results = here.there.erase(asked)
    codes = {(one.outcome, one.code == "by_hand") for one in results}
    if codes == {(Outcome.INVALID, True)}:
        is_able = getattr(here.there, "delete", None) is not None
        says = all(one.message for one in results)
        require((is_able, says), (False, True), "could delete, says what to do by hand")
        return
    require({outcome for outcome, _ in codes}, {Outcome.ACCEPTED}, "outcomes")
    again = {one.outcome for one in here.there.erase(asked)}
    require(again, {Outcome.ACCEPTED}, "outcomes of who is gone already")
    require(here.left(OLD_3, NEW_3), NOBODY, "what is left of the person")
    require((here.left(ONE), here.left(OLD)), (STAYS, STAYS), "what is left of others")


def shows_who_would_be_sent(case: Case) -> None:
    """A dry run shows a buyer, a new customer and a removal, each another payload, and nobody."""
    wanted = next((one for one in ("clear", "delete") if one in case.platform.removals), "nothing")
    here = People(case, removals=wanted)
    here.push(people())
    stranger = make_profiles({"customer_key": 9, "email": email_of(9)})
    left = without(people(at={2: NEW}), 3)
    sample = here.push(pl.concat([left, stranger]), dry_run=True).sample
    removal = ["a removal"] if wanted != "nothing" else []
    shown = ["a customer who bought", "a new customer", *removal]
    require(list(sample), shown, "payloads shown")
    texts = [json.dumps(one) for one in sample.values()]
    require(len(set(texts)), len(shown), "payloads that differ")
    require("GROUP-2" in texts[0] and "GROUP-" not in "".join(texts[1:]), True, "its own values")
    require("person0" in "".join(texts) or "anew" in "".join(texts), False, "somebody is shown")


def _sends_the_group(case: Case) -> str | None:
    sources = {field.source for field in case.open().fields}
    return None if "rfm_group" in sources else "its mapping has no rfm_group to follow"


def _takes_empty(case: Case) -> str | None:
    is_ignored = case.platform.null_meaning == "ignored"
    return "an empty value is ignored there" if is_ignored else None


_PEOPLE = (shows_people, _sends_the_group)
_ADDRESSES = (knows_by_email, *_PEOPLE)
RULES: Mapping[str, Rule] = {
    "empties a field": Rule(empties_a_field, (*_PEOPLE, _takes_empty)),
    "follows an address that moves": Rule(follows_an_address, _ADDRESSES),
    "finishes a move after a kill": Rule(finishes_a_move_after_a_kill, _ADDRESSES),
    "takes over an address": Rule(takes_over_an_address, _ADDRESSES),
    "lets addresses change hands": Rule(lets_addresses_change_hands, _ADDRESSES),
    "removes whose address is gone": Rule(removes_whose_address_is_gone, (clears, *_ADDRESSES)),
    "removes as it is told": Rule(removes_as_it_is_told, _PEOPLE),
    "forgets": Rule(forgets, _PEOPLE),
    "shows who would be sent": Rule(shows_who_would_be_sent, _ADDRESSES),
}
