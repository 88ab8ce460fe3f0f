"""Members at a platform: who joined is put into the list, who left is taken out, nothing twice."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from enrich.audiences.audience import Audience
from enrich.destinations import REGISTRY, NamedAudience, open_entity
from enrich.destinations.ads import AdMembers
from enrich.destinations.lists import ListMembers, MemberRecords
from enrich.errors import BadSettings, HeldBack, Stop
from enrich.forget.journal import Case, Journal
from enrich.forget.platforms import ask_platforms, whom_to_ask
from enrich.model import Rules
from enrich.push.destination import Destination, push_destination
from enrich.push.summary import PushSummary
from enrich.settings import parse_settings
from enrich.simulator.platforms import PLATFORMS, Account
from enrich.warehouse import Named, Warehouse, open_warehouse
from enrich.wiring import Wiring
from tests.audiences.test_run import BIG, NOW, ask, keep, keep_profiles
from tests.destinations.conftest import World, known_as

NAME = "Slipping away"


KINDS = sorted(
    kind
    for kind, platform in REGISTRY.items()
    if kind in PLATFORMS
    and not issubclass(platform, AdMembers)
    and any(issubclass(one, MemberRecords) for one in platform.entities())
)
NAMED = [kind for kind in KINDS if issubclass(REGISTRY[kind].entity("audiences"), ListMembers)]
BEGINS = {"braze", "connectif", "customerio", "synerise"}  # a contact, where there is none yet
PEOPLE = ("k1", "k2", "k3", "k4", "k5", "moved", "stranger")


@dataclass
class Platform:
    """One platform with a list that holds a stranger too, and a warehouse with five members."""

    warehouse: Warehouse
    world: World
    kind: str
    names: tuple[NamedAudience, ...] = (NamedAudience("big", NAME, "email"),)
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def account(self) -> Account:
        return self.world.account(self.kind)

    @property
    def members(self) -> set[str]:
        keys = {known_as(self.kind, f"{one}@example.com"): one for one in PEOPLE}
        return {keys[one] for one in self.account.members(NAME)}

    def contact(self, name: str) -> str:
        return known_as(self.kind, f"{name}@example.com")

    @property
    def destination(self) -> Destination:
        options = {**REGISTRY[self.kind].example, "poll_seconds": 0.01, **self.options}
        tools = replace(self.world.tools(), audiences=self.names)
        there = open_entity("there", self.kind, options, tools, "audiences")
        profiles = open_entity("there", self.kind, options, tools)
        return Destination("there", ("main",), profiles, switched_on=(there,), members=there)

    def push(self, *, days: int = 0, confirmed: bool = True) -> PushSummary:
        now = NOW + timedelta(days=days)
        (done,) = push_destination(
            self.warehouse, self.destination, "main", now=now, confirmed=confirmed
        )
        return done

    def run(self, statement: str) -> None:
        self.warehouse._connection.execute(statement)


@contextmanager
def platform(folder: Path, kind: str) -> Iterator[Platform]:
    with open_warehouse(folder / "data") as warehouse:
        made = Platform(warehouse, World(folder / "data"), kind)
        made.run(
            "insert into customers by name select 'main' as store, n as customer_key,"
            " 'id' || n as customer_id, 'k' || n || '@example.com' as email, '+5511' as phone,"
            " true as newsletter_opt_in, true as sms_opt_in, true as ads_opt_in"
            " from range(1, 8) as made (n)"
        )
        made.account.tables["lists"] = {"7": NAME, "8": "Other"}
        for name in ("k1", "k2", "k3", "k4", "k5", "stranger"):
            made.account.contacts[made.contact(name)] = {}
        if kind in NAMED:
            made.account.table("audiences")["7:stranger@example.com"] = {}
        else:
            made.account.contacts[made.contact("stranger")] = {NAME: True, "tags": [NAME, "other"]}
        keep_profiles(warehouse, 0, k1=120, k2=120, k3=120, k4=120, k5=20)
        keep(warehouse, BIG)
        yield made


@pytest.mark.parametrize("kind", ["klaviyo", "mailchimp", "rdstation"])
def test_who_joins_is_put_in_and_who_leaves_is_taken_out(kind: str, tmp_path: Path) -> None:
    with platform(tmp_path, kind) as there:
        held = there.push(confirmed=False)
        assert isinstance(held.fault, HeldBack) and there.members == {"stranger"}
        assert there.push().fault is None
        assert there.members == {"stranger", "k1", "k2", "k3", "k4"}
        assert there.push().batches == 0

        keep_profiles(there.warehouse, 1, k1=20, k2=None, k3=120, k5=120)  # k4 is gone
        keep(there.warehouse, BIG, days=1)
        there.run("delete from customers where customer_key = 4")
        second = there.push(days=1)
        assert (second.adds + second.changes, second.failed, second.fault) == (4, 0, None)
        assert there.members == {"stranger", "k3", "k5"}
        assert there.push(days=1).batches == 0

        keep_profiles(there.warehouse, 2, k1=120, k3=120, k5=120)  # and back again
        keep(there.warehouse, BIG, days=2)
        there.push(days=2)
        assert there.members == {"stranger", "k1", "k3", "k5"}
        keep(there.warehouse, days=2)  # switched off
        there.push(days=2)
        assert there.members == {"stranger"}
        if kind in ("mailchimp", "rdstation"):
            assert "other" in there.account.contacts[there.contact("stranger")]["tags"]


@pytest.mark.parametrize("kind", KINDS)
def test_whose_address_moves_is_in_the_list_under_the_new_one_and_leaves_it_when_forgotten(
    kind: str, tmp_path: Path
) -> None:
    with platform(tmp_path, kind) as there:
        there.names = (*there.names, NamedAudience("big", "Other", "email"))
        there.push()
        if REGISTRY[kind].moves_address == "update":  # as the push of the profiles does
            there.account.rename(there.contact("k2"), there.contact("moved"))
        else:
            there.account.contacts[there.contact("moved")] = {}
        contacts = set(there.account.contacts)
        there.run("update customers set email = 'moved@example.com' where customer_key = 2")
        there.account.faults = [503] * 9  # what was not done the first time is done later
        there.push(days=1)
        there.push(days=2)
        assert there.members == {"stranger", "k1", "moved", "k3", "k4"}
        assert set(there.account.contacts) == contacts
        assert there.push(days=2).batches == 0

        keep_profiles(there.warehouse, 3, k1=20, k2=120, k3=120, k4=120)
        keep(there.warehouse, BIG, days=3)
        there.push(days=3)
        assert there.members == {"stranger", "moved", "k3", "k4"}
        forget(there, 2)
        assert there.members == {"stranger", "k3", "k4"}
        assert there.contact("moved") not in there.account.members("Other")
        kept = ask(there.warehouse, "select record_id, memo from push_records")
        assert {key.partition(":")[0] for key, _ in kept} == {"1", "3", "4"}
        assert "k2@" not in str(kept) and "moved@" not in str(kept)


def forget(there: Platform, customer_key: int) -> None:
    """As `enrich forget` does."""
    named = Named((customer_key,))
    assert "push_records" in there.warehouse.people.everything_held("main", named)
    found = there.warehouse.people.find("main", named)
    journal = Journal(there.world.data_dir)
    asked = Case("case", NOW, {}, whom_to_ask([found]), {})
    done = ask_platforms(journal, asked, lambda name: nullcontext(there.destination))
    assert (done.to_ask, done.faults) == ({}, {})
    assert set(done.answers["there"]) <= {"taken out of its lists", "takes its time to erase"}
    there.warehouse.people.forget("main", named, Rules(), certificate="c", run_id="f", now=NOW)


def test_a_list_that_does_not_answer_is_asked_again_and_one_that_is_gone_is_for_a_person(
    tmp_path: Path,
) -> None:
    with platform(tmp_path, "klaviyo") as there:
        there.push()
        asked = whom_to_ask([there.warehouse.people.find("main", Named((3,)))])
        case = Case("case", NOW, {}, asked, {})

        def again() -> Case:
            journal = Journal(there.world.data_dir)
            return ask_platforms(journal, case, lambda name: nullcontext(there.destination))

        for fault in (401, "lost"):
            there.account.faults = [fault] * 20
            done = again()
            assert (bool(done.faults), bool(done.to_ask), done.answers) == (True, True, {})
        there.account.faults = []
        there.account.tables["lists"] = {"7": "Renamed"}
        (answer,) = again().answers["there"]
        assert "there are 0 lists" in answer and answer.endswith("take the person out by hand")


@pytest.mark.parametrize("kind", ["brevo", "hubspot", "mailchimp", "rdstation"])
def test_somebody_without_a_contact_there_is_tried_again(kind: str, tmp_path: Path) -> None:
    with platform(tmp_path, kind) as there:
        del there.account.contacts[there.contact("k2")]
        first = there.push()
        assert (first.failed + first.invalid.total(), "k2" in there.members) == (1, False)
        there.account.contacts[there.contact("k2")] = {}
        there.push()
        assert "k2" in there.members


@pytest.mark.parametrize("kind", ["connectif", "synerise"])
def test_nobody_begins_there_by_leaving_for_another_address(kind: str, tmp_path: Path) -> None:
    with platform(tmp_path, kind) as there:
        there.push()
        del there.account.contacts[there.contact("k2")]
        forget(there, 2)
        assert there.contact("k2") not in there.account.contacts


@pytest.mark.parametrize("name", ["rfm_group", "email", "firstName", "_email", "unsubscribed"])
@pytest.mark.parametrize("kind", sorted(BEGINS))
def test_an_attribute_of_an_audience_is_no_field_of_the_profile(
    kind: str, name: str, tmp_path: Path
) -> None:
    own = {"braze": {"email"}, "synerise": {"email", "firstName"}, "connectif": {"_email"}}
    own["customerio"] = {"email", "unsubscribed"}
    field = "rfm-group" if kind == "connectif" and name == "rfm_group" else name
    if name != "rfm_group" and name not in own[kind]:
        pytest.skip("free there")
    tools = replace(World(tmp_path).tools(), audiences=(NamedAudience("big", field, "email"),))
    with pytest.raises(BadSettings, match="no audience can be called"):
        open_entity("there", kind, REGISTRY[kind].example, tools, "audiences")


TWICE = {"7": NAME, "9": NAME}


@pytest.mark.parametrize(
    ("kind", "lists", "count"),
    [("hubspot", {}, 0), ("klaviyo", {}, 0), ("klaviyo", TWICE, 2), ("brevo", TWICE, 2)],
)
def test_a_list_that_is_not_there_once_is_said(
    kind: str, lists: dict[str, str], count: int, tmp_path: Path
) -> None:
    with platform(tmp_path, kind) as there:
        there.account.tables["lists"] = lists
        done = there.push()
        assert isinstance(done.fault, Stop)
        assert f"there are {count} lists called '{NAME}'" in str(done.fault)
        assert done.accepted == 0


@pytest.mark.parametrize("lists", [{"7": "Renamed"}, {"7": NAME, "9": NAME}])
@pytest.mark.parametrize("kind", ["klaviyo", "brevo"])
def test_who_leaves_a_list_that_cannot_be_found_is_not_taken_for_gone(
    kind: str, lists: dict[str, str], tmp_path: Path
) -> None:
    with platform(tmp_path, kind) as there:
        there.push()
        keep(there.warehouse)  # switched off: everybody leaves
        there.account.tables["lists"] = lists
        done = there.push()
        assert isinstance(done.fault, Stop) and done.accepted == 0
        there.account.tables["lists"] = {"7": NAME}
        assert "k1" in there.members
        assert there.push().accepted == 4


def test_an_address_that_a_member_has_now_is_not_taken_out(tmp_path: Path) -> None:
    """Two customers are one: the key that was given up left, the person did not."""
    with platform(tmp_path, "brevo") as there:
        there.push()
        there.warehouse._connection.execute("delete from customers where customer_key in (1, 2)")
        there.warehouse._connection.execute(
            "insert into customers by name select 'main' as store, 1 as customer_key,"
            " 'k2@example.com' as email, true as newsletter_opt_in"
        )
        keep_profiles(there.warehouse, 1, k1=120, k3=120, k4=120)
        keep(there.warehouse, BIG, days=1)
        there.push(days=1)
        assert "k2" in there.members


def test_files_hold_who_joined_and_then_who_left(tmp_path: Path) -> None:
    with platform(tmp_path, "file") as there:
        there.names = (NamedAudience("big", NAME, "sms"),)
        world = there.world
        options = {"formats": ["ndjson"]}
        tools = replace(world.tools(), audiences=there.names)
        entity = open_entity("there", "file", options, tools, "audiences")
        destination = Destination("there", ("main",), entity, switched_on=(entity,))

        def written(days: int) -> list[tuple[int, bool, str | None]]:
            now = NOW + timedelta(days=days)
            before = set((tmp_path / "data" / "exports").glob("*.ndjson"))
            push_destination(there.warehouse, destination, "main", now=now, confirmed=True)
            (new,) = set((tmp_path / "data" / "exports").glob("*.ndjson")) - before
            rows = [json.loads(line) for line in new.read_text().splitlines()]
            return sorted((row["customer_key"], row["is_member"], row["phone"]) for row in rows)

        assert written(0) == [(key, True, f"+551190000000{key}") for key in (1, 2, 3, 4)]
        keep_profiles(there.warehouse, 1, k1=120, k2=120, k3=120, k4=20)
        keep(there.warehouse, BIG, days=1)
        assert written(1) == [(4, False, None)]


def test_an_audience_that_names_a_destination_switches_its_members_on() -> None:
    settings = parse_settings(
        {
            "destinations": {"drop": {"kind": "file"}, "hook": {"kind": "file"}},
            "audiences": {
                "birthdays": {"destinations": {"drop": "b"}, "enabled": False},
            },
        }
    )
    wiring = Wiring(settings, {}, lambda: NOW)
    assert wiring.pushed_entities("drop") == ("profiles", "audiences")
    assert wiring.pushed_entities("hook") == ("profiles",)
    with wiring.destinations("drop") as (there,):
        assert [one.name for one in there.entities] == ["profiles", "audiences"]
        assert there.entities[1].audiences == (NamedAudience("birthdays", "b", "email"),)
    assert Audience("x", "true") not in wiring.audiences("main")
