"""Members at a platform: who joined is put into the list, who left is taken out, nothing twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from enrich.audiences.audience import Audience
from enrich.destinations import REGISTRY, NamedAudience, open_entity
from enrich.errors import HeldBack, Stop
from enrich.model import Rules
from enrich.push.destination import Destination, push_destination
from enrich.push.summary import PushSummary
from enrich.settings import parse_settings
from enrich.simulator.platforms import Account
from enrich.warehouse import Named, Warehouse, open_warehouse
from enrich.wiring import Wiring
from tests.audiences.test_run import BIG, NOW, ask, keep, keep_profiles
from tests.destinations.conftest import World

NAME = "Slipping away"


@dataclass
class Platform:
    """One platform with a list that holds a stranger too, and a warehouse with five members."""

    warehouse: Warehouse
    world: World
    kind: str
    names: tuple[NamedAudience, ...] = (NamedAudience("big", NAME, "email"),)

    @property
    def account(self) -> Account:
        return self.world.account(self.kind)

    @property
    def members(self) -> set[str]:
        return {key.partition(":")[2].partition("@")[0] for key in self.account.table("audiences")}

    def push(self, *, days: int = 0, confirmed: bool = True) -> PushSummary:
        options = REGISTRY[self.kind].example
        tools = replace(self.world.tools(), audiences=self.names)
        there = open_entity("there", self.kind, options, tools, "audiences")
        destination = Destination("there", ("main",), there, switched_on=(there,))
        now = NOW + timedelta(days=days)
        (done,) = push_destination(
            self.warehouse, destination, "main", now=now, confirmed=confirmed
        )
        return done


@contextmanager
def platform(folder: Path, kind: str) -> Iterator[Platform]:
    with open_warehouse(folder / "data") as warehouse:
        warehouse._connection.execute(
            "insert into customers by name select 'main' as store, n as customer_key,"
            " 'id' || n as customer_id, 'k' || n || '@example.com' as email, '+5511' as phone"
            " from range(1, 8) as made (n)"
        )
        made = Platform(warehouse, World(folder / "data"), kind)
        made.account.tables["lists"] = {"7": NAME, "8": "Other"}
        for name in ("k1", "k2", "k3", "k4", "k5", "stranger"):
            made.account.contacts[f"{name}@example.com"] = {}
        made.account.table("audiences")["7:stranger@example.com"] = {}
        keep_profiles(warehouse, 0, k1=120, k2=120, k3=120, k4=120, k5=20)
        keep(warehouse, BIG)
        yield made


@pytest.mark.parametrize("kind", ["klaviyo", "brevo"])
def test_who_joins_is_put_in_and_who_leaves_is_taken_out(kind: str, tmp_path: Path) -> None:
    with platform(tmp_path, kind) as there:
        held = there.push(confirmed=False)
        assert isinstance(held.fault, HeldBack) and there.members == {"stranger"}
        assert there.push().accepted == 4
        assert there.members == {"stranger", "k1", "k2", "k3", "k4"}
        assert there.push().batches == 0

        keep_profiles(there.warehouse, 1, k1=20, k2=None, k3=120, k5=120)  # k4 is gone
        keep(there.warehouse, BIG, days=1)
        there.warehouse._connection.execute("delete from customers where customer_key = 4")
        second = there.push(days=1)
        assert (second.accepted, second.fault) == (4, None)
        assert there.members == {"stranger", "k3", "k5"}
        assert there.push(days=1).batches == 0

        keep_profiles(there.warehouse, 2, k1=120, k3=120, k5=120)  # and back again
        keep(there.warehouse, BIG, days=2)
        assert there.push(days=2).accepted == 1
        keep(there.warehouse, days=2)  # switched off
        there.push(days=2)
        assert there.members == {"stranger"}


@pytest.mark.parametrize("kind", ["klaviyo", "brevo"])
def test_somebody_without_a_contact_there_is_tried_again(kind: str, tmp_path: Path) -> None:
    with platform(tmp_path, kind) as there:
        del there.account.contacts["k2@example.com"]
        there.account.table("audiences")["7:k1@example.com"] = {}  # somebody put them in by hand
        first = there.push()
        assert (first.accepted, first.retryable, "k2" in there.members) == (3, 1, False)
        there.account.contacts["k2@example.com"] = {}
        assert (there.push().accepted, "k2" in there.members) == (1, True)


@pytest.mark.parametrize("kind", ["klaviyo", "brevo"])
@pytest.mark.parametrize(("lists", "count"), [({}, 0), ({"7": NAME, "9": NAME}, 2)])
def test_a_list_that_is_not_there_once_is_said(
    kind: str, lists: dict[str, str], count: int, tmp_path: Path
) -> None:
    with platform(tmp_path, kind) as there:
        there.account.tables["lists"] = lists
        done = there.push()
        assert isinstance(done.fault, Stop)
        assert f"there are {count} lists called '{NAME}'" in str(done.fault)
        assert (done.accepted, there.members) == (0, {"stranger"})


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
        assert "k1" in there.members
        there.account.tables["lists"] = {"7": NAME}
        assert there.push().accepted == 4


def test_an_address_that_a_member_has_now_is_not_taken_out(tmp_path: Path) -> None:
    """Two customers are one: the key that was given up left, the person did not."""
    with platform(tmp_path, "brevo") as there:
        there.push()
        there.warehouse._connection.execute("delete from customers where customer_key in (1, 2)")
        there.warehouse._connection.execute(
            "insert into customers by name select 'main' as store, 1 as customer_key,"
            " 'k2@example.com' as email"
        )
        keep_profiles(there.warehouse, 1, k1=120, k3=120, k4=120)
        keep(there.warehouse, BIG, days=1)
        there.push(days=1)
        assert "k2" in there.members


def test_who_is_forgotten_is_in_no_ledger_of_members(tmp_path: Path) -> None:
    with platform(tmp_path, "klaviyo") as there:
        there.push()
        named = Named((3,))
        assert "push_records" in there.warehouse.people.everything_held("main", named)
        found = there.warehouse.people.find("main", named)
        assert found.pushed["destination"].to_list() == ["there"]
        there.warehouse.people.forget("main", named, Rules(), certificate="c", run_id="f", now=NOW)
        kept = ask(there.warehouse, "select record_id from push_records order by 1")
        assert kept == [(f"{key}:{NAME}",) for key in (1, 2, 4)]


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

        assert written(0) == [(key, True, "+5511") for key in (1, 2, 3, 4)]
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
