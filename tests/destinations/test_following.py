"""A push follows the person: an address changes, a field empties, somebody is gone or forgotten.

At every destination the state of the stand-in is what a person would expect: EXPECTED says it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from enrich.destinations import REGISTRY
from enrich.destinations.base import Addressee
from enrich.destinations.mapping import ATTRIBUTES
from enrich.destinations.masterdata import document_id
from enrich.simulator.platforms import PLATFORMS
from tests.destinations.cases import TAKE_PROFILES
from tests.destinations.conftest import NOW, World, make_people, make_profiles

# What a shop sets so that an empty value empties a field, where the documents are silent.
CLEARS = {
    "rdstation": {"clear_with": "empty"},
    "customerio": {"clear_with": "empty"},
    "segment": {"clear_with": "null"},
    "connectif": {"clear_with": "null"},
    "icomm": {"clear_with": "empty"},
    "egoi": {"clear_with": "empty"},
    "marketingcloud": {"clear_with": "null", "deletes_contacts": True},
}
# What a shop sets so that the gone and the forgotten are deleted, and to have one file to look at.
DELETES = {
    "connectif": {"delete_path": "/contacts/email/{email}"},
    "file": {"mode": "snapshot"},
}
NOBODY, EMPTY, STAYS, BY_HAND = "nobody", "empty", "our values", "by hand"
# What is left: at the address before, of somebody removed, of somebody forgotten.
EXPECTED = {
    "braze": (EMPTY, EMPTY, BY_HAND),
    "brevo": (NOBODY, STAYS, BY_HAND),
    "connectif": (NOBODY, NOBODY, NOBODY),
    "customerio": (NOBODY, NOBODY, NOBODY),
    "egoi": (NOBODY, NOBODY, NOBODY),
    "file": (NOBODY, NOBODY, BY_HAND),
    "hubspot": (NOBODY, EMPTY, BY_HAND),
    "icomm": (NOBODY, NOBODY, NOBODY),
    "klaviyo": (NOBODY, NOBODY, NOBODY),
    "mailchimp": (NOBODY, EMPTY, BY_HAND),
    "marketingcloud": (EMPTY, EMPTY, NOBODY),
    "masterdata": (NOBODY, NOBODY, NOBODY),
    "rdstation": (NOBODY, STAYS, BY_HAND),
    "segment": (EMPTY, STAYS, BY_HAND),
    "synerise": (NOBODY, NOBODY, NOBODY),
    "webhook": (NOBODY, EMPTY, BY_HAND),
}
BY_ADDRESS = sorted(kind for kind, one in REGISTRY.items() if one.record_key == "email")
ONE, OLD, OLD_3, FOUR = (f"person{number:04}@example.com" for number in range(1, 5))
NEW, NEW_3 = "anew0002@example.com", "anew0003@example.com"


@pytest.fixture(params=BY_ADDRESS)
def kind(request):
    return request.param


class There:
    """One destination with what its stand-in holds, by address."""

    def __init__(self, world: World, kind: str, **options: Any) -> None:
        self.world, self.kind = world, kind
        extra = {**CLEARS.get(kind, {}), **DELETES.get(kind, {}), **options}
        self.destination = world.open(kind, **{**REGISTRY[kind].example, **extra})

    @property
    def contacts(self) -> Mapping[str, dict[str, Any]]:
        if self.kind in PLATFORMS:
            return self.world.account(self.kind).contacts
        elsewhere = {
            "icomm": lambda: self.world.icomm.contacts,
            "webhook": lambda: {one["email"]: one for one in self.world.receiver.profiles.values()},
            "file": lambda: newest_lines(self.world.data_dir),
        }
        return elsewhere[self.kind]()

    def ours(self, email: str) -> dict[str, Any] | None:
        """Our values at an address that are not empty; None when nobody is there."""
        key = {
            "mailchimp": hashlib.md5(email.encode(), usedforsecurity=False).hexdigest(),
            "masterdata": document_id(email),
        }.get(self.kind, email)
        found = self.contacts.get(key)
        fields = self.destination.fields
        names = {field.target for field in fields if field.source not in ATTRIBUTES}
        nothing = (None, "", 0, "0", "0.00", [])
        return found and {n: v for n, v in found.items() if n in names and v not in nothing}

    def left(self, *emails: str) -> str:
        """What there is of ours at any of these addresses."""
        found = [self.ours(email) for email in emails]
        return STAYS if any(found) else EMPTY if {} in found else NOBODY

    def value(self, source: str, email: str) -> Any:
        target = next(f.target for f in self.destination.fields if f.source == source)
        return (self.ours(email) or {}).get(target)

    def push(self, people: pl.DataFrame, **options: Any) -> Any:
        """Each push is an hour later: Segment drops a message that it had at that moment."""
        now = NOW + timedelta(hours=self.world.run_no)
        return self.world.push(self.destination, people, **{"now": now, **options})

    def former(self) -> list[tuple[Any, ...]]:
        table = self.world.ledger._table("push_addresses")
        return table.select("record_id", "address", "state").rows()


def newest_lines(data_dir: Path) -> dict[str, dict[str, Any]]:
    """The lines of the last file, by address."""
    files = sorted((data_dir / "exports").glob("*.ndjson"), key=lambda one: one.stat().st_mtime_ns)
    lines = [json.loads(line) for line in files[-1].read_text().splitlines()]
    return {one["email"]: one for one in lines}


def people(count: int = 3, **emails: str) -> pl.DataFrame:
    """Invented customers, each with a group of their own; `emails` by `p` and the number."""
    rows = make_people(count).with_columns(
        rfm_group=pl.format("GROUP-{}", "customer_key"), rfm_360d=pl.lit("545")
    )
    email = pl.col("email")
    for name, address in emails.items():
        is_them = pl.col("customer_key") == int(name.removeprefix("p"))
        email = pl.when(is_them).then(pl.lit(address)).otherwise(email)
    return rows.with_columns(email=email)


def check_moved(there: There, *, new: str = NEW, old: str = OLD, left: int = 1) -> None:
    """Person 2 is at the new address alone; nothing of ours is left at the old one."""
    assert there.value("rfm_group", new) == "GROUP-2"
    assert not there.ours(old)
    assert len(there.contacts) == 3 + (left if there.destination.moves_address == "clear" else 0)
    assert {row["outcome"] for row in there.world.ledger.records.values()} <= {"accepted", "queued"}
    assert there.world.ledger.records["2"]["remote_key"] == new


@pytest.mark.parametrize("kind", TAKE_PROFILES)
def test_what_becomes_of_an_address_a_field_somebody_removed_and_somebody_forgotten(world, kind):
    removals = [one for one in ("delete", "clear") if one in REGISTRY[kind].removals]
    there = There(world, kind, removals=(removals or ["nothing"])[0])
    before = people(4).with_columns(last_purchase_brands=pl.lit(["Lamp"]))
    there.push(before)
    is_last = pl.col("customer_key") == 4
    emptied = ("rfm_group", "last_purchase_date", "last_purchase_brands")
    after = people(4, p2=NEW, p3=NEW_3).with_columns(
        pl.when(is_last).then(pl.lit(None)).otherwise("rfm_group").alias("rfm_group"),
        pl.when(is_last).then(None).otherwise("last_purchase_date").alias("last_purchase_date"),
        last_purchase_brands=pl.when(is_last)
        .then(pl.lit([], pl.List(pl.String)))
        .otherwise(pl.lit(["Lamp"])),
    )
    assert there.push(after).changes == 3
    assert [there.value("rfm_group", one) for one in (NEW, NEW_3)] == ["GROUP-2", "GROUP-3"]
    mapped = {field.source for field in there.destination.fields}
    for source in mapped & set(emptied):
        assert there.value(source, ONE) and not there.value(source, FOUR)
    assert there.value("rfm_360d", FOUR)
    address = there.left(OLD)

    a_day_later = after.with_columns(days_since_last_purchase=pl.lit(52))
    there.push(a_day_later.filter(pl.col("customer_key") != 2))
    removed = there.left(OLD, NEW)

    known = [there.world.ledger.records["3"]["remote_key"]]
    known += [one for who, one, _ in there.former() if who == "3"]
    results = there.destination.erase([Addressee("3", one) for one in known])
    forgotten = there.left(OLD_3, NEW_3)
    is_by_hand = {one.code for one in results} == {"by_hand"}
    assert (address, removed, BY_HAND if is_by_hand else forgotten) == EXPECTED[kind]
    assert (there.left(ONE), there.left(FOUR)) == (STAYS, STAYS)


def test_an_address_that_moves(world, kind):
    """With another value or without one; what was left is kept while the platform has it."""
    there = There(world, kind)
    there.push(people())
    is_them = pl.col("customer_key") == 3
    group = pl.when(is_them).then(pl.lit("GROUP-X")).otherwise("rfm_group")
    moved = people(p2=NEW, p3=NEW_3).with_columns(rfm_group=group)
    done = there.push(moved)
    assert (done.adds, done.changes, done.moved, done.fault) == (0, 2, 2, None)
    check_moved(there, left=2)
    assert there.value("rfm_group", NEW_3) == "GROUP-X" and not there.ours(OLD_3)
    calls = dict(world.accounts[kind].calls) if kind in world.accounts else {}
    assert there.push(moved).batches == 0
    assert calls == (dict(world.accounts[kind].calls) if kind in world.accounts else {})
    stays = there.destination.moves_address in ("clear", "merge")
    kept = [("2", OLD, "cleared"), ("3", OLD_3, "cleared")] if stays else []
    assert sorted(there.former()) == kept


def test_a_move_killed_at_any_call_is_finished_by_the_next(world, kind):
    """There and back: killed before a call, after the first, the second and the third of it."""
    there = There(world, kind)
    there.push(people())
    old, new = OLD, NEW
    for calls, kills_after in ((1, False), (1, True), (2, True), (3, True)):
        world.calls_until_killed, world.kills_after = calls, kills_after
        with contextlib.suppress(KeyboardInterrupt):
            there.push(people(p2=new))
        is_killed, world.calls_until_killed = world.calls_until_killed <= 0, 1_000_000_000
        if there.push(people(p2=new)).queued:
            there.push(people(p2=new))
        check_moved(there, new=new, old=old)
        old, new = new, old
        if not is_killed:
            break


def test_a_new_address_that_a_contact_has_already_leaves_no_segment_behind(world, kind):
    """A newsletter contact nobody knew of: it gets the values, the old one is emptied or goes."""
    there = There(world, kind)
    there.push(people())
    other = There(world, kind)
    world.ledger.forget()
    other.push(people(4).filter(pl.col("customer_key") == 4).with_columns(email=pl.lit(NEW)))
    world.ledger.forget()
    there.push(people())
    there.push(people(p2=NEW))
    assert there.value("rfm_group", NEW) == "GROUP-2"
    assert not there.ours(OLD)
    there.push(people(p2=NEW))
    assert not there.ours(OLD)


# Who has which address, one state after the other.
STATES = (
    {"p1": OLD, "p2": NEW},  # the first takes over what the second leaves
    {},  # back again
    {"p1": OLD, "p2": ONE},  # they swap
    {"p1": NEW, "p2": ONE},
)


def test_an_address_that_is_somebody_elses_now_is_theirs(world, kind):
    there = There(world, kind)
    there.push(people())
    for emails in STATES:
        there.push(people(**emails))
        there.push(people(**emails))
        for row in people(**emails).iter_rows(named=True):
            assert there.value("rfm_group", row["email"]) == row["rfm_group"]
        assert len([1 for email in all_addresses() if there.ours(email)]) == 3
    assert there.push(people(**emails)).batches == 0


def all_addresses() -> list[str]:
    return [f"person{number:04}@example.com" for number in range(1, 5)] + [NEW]


def test_whose_address_is_no_longer_known_counts_as_gone(world, kind):
    """Nobody can follow them there: the contact is removed as the settings say."""
    if "clear" not in REGISTRY[kind].removals:
        pytest.skip("nobody is cleared there")
    there = There(world, kind, removals="clear")
    there.push(people())
    without = people().with_columns(
        email=pl.when(pl.col("customer_key") == 2).then(None).otherwise("email")
    )
    there.push(without)
    assert not there.ours(OLD)
    there.push(people())
    assert there.value("rfm_group", OLD) == "GROUP-2"


def test_where_people_have_another_key_an_address_is_a_field_like_others(world):
    there = world.open("webhook", **REGISTRY["webhook"].example, key="email")
    world.push(there, people())
    assert world.push(there, people(p2=NEW)).changes == 1
    assert world.receiver.profiles["2"]["email"] == NEW
    assert world.push(there, people(p2=NEW)).batches == 0
    segment = There(world, "segment", identify_by="customer_id")
    world.ledger.forget()
    segment.push(people())
    segment.push(people(p2=NEW))
    assert len(segment.contacts) == 3
    assert segment.former() == []


def test_an_address_nobody_accepted_is_nobodys_former_one(world, kind):
    there = There(world, kind)
    there.push(make_profiles({"customer_key": 1, "email": None}))
    there.push(people(1))
    assert there.former() == []


def test_a_dry_run_shows_a_buyer_a_new_one_and_a_removal(world, kind):
    wanted = next((one for one in ("clear", "delete") if one in REGISTRY[kind].removals), "nothing")
    there = There(world, kind, removals=wanted)
    there.push(people())
    stranger = {"customer_key": 9, "email": "person0009@example.com"}
    left = people(p2=NEW).filter(pl.col("customer_key") != 3)
    sample = there.push(pl.concat([left, make_profiles(stranger)]), dry_run=True).sample
    shown = ["a buyer", "a new one", *(["a removal"] if wanted != "nothing" else [])]
    assert list(sample) == shown
    texts = [json.dumps(one) for one in sample.values()]
    assert len(set(texts)) == len(shown)
    assert "GROUP-2" in texts[0] and "GROUP-" not in "".join(texts[1:])
    assert "person0" not in "".join(texts) and "anew" not in "".join(texts)
