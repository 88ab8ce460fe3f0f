"""A push follows the person: an address changes, a field empties, somebody is gone or forgotten.

At every destination that knows people, the state of the stand-in is what a person would expect.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Mapping
from typing import Any

import polars as pl
import pytest

from enrich.destinations import REGISTRY
from enrich.destinations.base import Addressee
from enrich.destinations.masterdata import document_id
from enrich.simulator.platforms import PLATFORMS
from tests.destinations.conftest import World, make_people, make_profiles

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
BY_ADDRESS = sorted(kind for kind, one in REGISTRY.items() if one.record_key == "email")
OLD, NEW = "person0002@example.com", "anew0002@example.com"


@pytest.fixture(params=BY_ADDRESS)
def kind(request):
    return request.param


class There:
    """One destination with what its stand-in holds, by address."""

    def __init__(self, world: World, kind: str, **options: Any) -> None:
        self.world, self.kind = world, kind
        extra = {**CLEARS.get(kind, {}), **options}
        self.destination = world.open(kind, **{**REGISTRY[kind].example, **extra})

    @property
    def contacts(self) -> Mapping[str, dict[str, Any]]:
        return (
            self.world.account(self.kind).contacts
            if self.kind in PLATFORMS
            else self.world.icomm.contacts
        )

    def ours(self, email: str) -> dict[str, Any] | None:
        """Our values at an address that are not empty; None when nobody is there."""
        key = {
            "mailchimp": hashlib.md5(email.encode(), usedforsecurity=False).hexdigest(),
            "masterdata": document_id(email),
        }.get(self.kind, email)
        found = self.contacts.get(key)
        names = {field.target for field in self.destination.fields}
        nothing = (None, "", 0, "0", "0.00", [])
        return found and {n: v for n, v in found.items() if n in names and v not in nothing}

    def value(self, source: str, email: str) -> Any:
        target = next(f.target for f in self.destination.fields if f.source == source)
        return (self.ours(email) or {}).get(target)

    def push(self, people: pl.DataFrame, **options: Any) -> Any:
        return self.world.push(self.destination, people, **options)

    def former(self) -> list[tuple[Any, ...]]:
        table = self.world.ledger._table("push_addresses")
        return table.select("record_id", "address", "state").rows()


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


def check_moved(there: There, group: str = "GROUP-2") -> None:
    """Person 2 is at the new address alone; nothing of ours is left at the old one."""
    assert there.value("rfm_group", NEW) == group
    assert not there.ours(OLD)
    assert len(there.contacts) == (4 if there.destination.moves_address == "clear" else 3)
    assert {row["outcome"] for row in there.world.ledger.records.values()} <= {"accepted", "queued"}
    assert there.world.ledger.records["2"]["remote_key"] == NEW


@pytest.mark.parametrize("changes", ["the address alone", "a value too"])
def test_an_address_that_moves(world, kind, changes):
    there = There(world, kind)
    there.push(people())
    moved = people(p2=NEW)
    group = "GROUP-2"
    if changes == "a value too":
        group = "GROUP-X"
        is_them = pl.col("customer_key") == 2
        moved = moved.with_columns(
            rfm_group=pl.when(is_them).then(pl.lit(group)).otherwise("rfm_group")
        )
    done = there.push(moved)
    assert (done.adds, done.changes, done.moved, done.fault) == (0, 1, 1, None)
    check_moved(there, group)
    calls = dict(world.accounts[kind].calls) if kind in world.accounts else {}
    assert there.push(moved).batches == 0
    assert calls == (dict(world.accounts[kind].calls) if kind in world.accounts else {})
    kept = {"clear": [("2", OLD, "cleared")], "merge": [("2", OLD, "cleared")]}
    assert there.former() == kept.get(there.destination.moves_address, [])


@pytest.mark.parametrize("kills_after", [False, True])
@pytest.mark.parametrize("calls", [1, 2, 3])
def test_a_move_killed_at_any_call_is_finished_by_the_next(world, kind, calls, kills_after):
    there = There(world, kind)
    there.push(people())
    world.calls_until_killed, world.kills_after = calls, kills_after
    with contextlib.suppress(KeyboardInterrupt):
        there.push(people(p2=NEW))
    world.calls_until_killed = 1_000_000_000
    there.push(people(p2=NEW))
    there.push(people(p2=NEW))
    check_moved(there)


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


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"p1": OLD, "p2": NEW}),  # the first takes over what the second leaves
        ({}, {"p1": NEW, "p2": "person0001@example.com"}),
        ({}, {"p1": OLD, "p2": "person0001@example.com"}),  # they swap
        ({"p2": NEW}, {}),  # back again
    ],
)
def test_an_address_that_is_somebody_elses_now_is_theirs(world, kind, before, after):
    there = There(world, kind)
    there.push(people())
    for emails in (before, after):
        there.push(people(**emails))
    there.push(people(**after))
    for row in people(**after).iter_rows(named=True):
        assert there.value("rfm_group", row["email"]) == row["rfm_group"]
    assert len([1 for email in all_addresses() if there.ours(email)]) == 3
    assert there.push(people(**after)).batches == 0


def all_addresses() -> list[str]:
    return [f"person{number:04}@example.com" for number in range(1, 5)] + [NEW]


@pytest.mark.parametrize("source", ["rfm_group", "last_purchase_date", "last_purchase_brands"])
def test_a_field_that_becomes_empty_is_empty_there(world, kind, source):
    there = There(world, kind)
    full = people().with_columns(last_purchase_brands=pl.lit(["Lamp"]))
    there.push(full)
    if source not in {field.source for field in there.destination.fields}:
        pytest.skip("not in the mapping")
    assert there.value(source, OLD)
    dtype = full.schema[source]
    empty = pl.lit([] if dtype == pl.List else None, dtype=dtype)
    there.push(full.with_columns(empty.alias(source)))
    assert not there.value(source, OLD)
    assert there.value("rfm_360d", OLD)


def test_a_person_removed_after_an_address_changed_is_gone_from_both(world, kind):
    platform = REGISTRY[kind]
    wanted = next((one for one in ("delete", "clear") if one in platform.removals), None)
    if wanted is None:
        pytest.skip("nobody can be removed there")
    extra = {"delete_path": "/contacts/email/{email}"} if kind == "connectif" else {}
    there = There(world, kind, removals=wanted, **extra)
    there.push(people())
    there.push(people(p2=NEW))
    there.push(people().filter(pl.col("customer_key") != 2))
    assert not there.ours(OLD) and not there.ours(NEW)
    if wanted == "delete":
        assert len(there.contacts) == 2
        assert there.former() == []


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


def test_whoever_is_forgotten_is_erased_at_every_address(world, kind):
    """The ledger names every address that was accepted and whose contact may be there."""
    there = There(world, kind)
    if there.destination.delete is None:
        pytest.skip("erased by hand")
    if kind == "connectif":
        there = There(world, kind, delete_path="/contacts/email/{email}")
    there.push(people())
    there.push(people(p2=NEW))
    known = {world.ledger.records["2"]["remote_key"], *(one for _, one, _ in there.former())}
    there.destination.erase([Addressee("2", address) for address in known])
    assert there.ours(OLD) is None and there.ours(NEW) is None
    assert len(there.contacts) == 2


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
