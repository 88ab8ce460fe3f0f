"""A customer that VTEX deleted without a word is found by the weekly look at the list of all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from enrich.compute.profiles import make_profiles
from enrich.simulator.changes import change_customer
from enrich.sync.pulling import EntityReport
from enrich.sync.store import sync_store
from enrich.warehouse import Warehouse
from tests.jobs.town import NOW, Town, town, warehouse_in

ENTITIES = ("customers", "deletions")
# Contacts that are the only one of their customer.
ALONE = """
select contacts.contact_id
from customers
inner join contacts using (store, email)
where contacts.source = 'vtex'
    and {} exists (from purchases where purchases.customer_key = customers.customer_key)
qualify count(*) over (partition by customers.customer_key) = 1
    and count(*) over (partition by contacts.contact_id) = 1
order by contacts.contact_id
"""
PROFILED = """
select contact_id
from contacts
inner join customers using (store, email)
inner join profiles using (store, customer_key)
where contacts.source = 'vtex'
"""


@dataclass
class Place:
    """A shop that was synced once; time passes with each sync."""

    there: Town
    warehouse: Warehouse
    now: datetime = NOW

    @property
    def main(self) -> Any:
        return self.there.simulator.main

    def wait(self, **later: float) -> None:
        self.now += timedelta(**later)
        self.main.clock.stop_at(int(self.now.timestamp() * 1_000_000))

    def sync(self, **later: float) -> EntityReport:
        """What the look at the list brought; empty where none was due."""
        self.wait(**later)
        done = sync_store(self.warehouse, self.there.shop, now=self.now, entities=ENTITIES)
        assert done.fault is None
        return done.entity("deletions")

    def change(self, contact_id: str, action: str, **values: str) -> None:
        change_customer(self.main, contact_id, action, values)

    def keys(self, query: str) -> list[str]:
        return [key for (key,) in self.warehouse._connection.sql(query).fetchall()]

    def gone(self) -> set[str]:
        return set(self.keys("select contact_id from contact_deletions"))

    def prospects(self) -> list[str]:
        return self.keys(ALONE.format("not"))

    def buyers(self) -> list[str]:
        return self.keys(ALONE.format(""))

    def profiled(self) -> set[str]:
        """The contacts of ALONE whose customer has a profile."""
        tomorrow = self.now + timedelta(days=1)
        make_profiles(self.warehouse, self.there.shop, now=tomorrow)
        return set(self.keys(PROFILED))


@contextmanager
def synced(folder: Path, customers: int) -> Iterator[Place]:
    with town(orders=60, customers=customers) as there, warehouse_in(folder) as warehouse:
        sync_store(warehouse, there.shop, now=NOW, entities=("orders", *ENTITIES))
        yield Place(there, warehouse)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("synced")
    with synced(folder, customers=40):
        return folder / "warehouse.duckdb"


@pytest.fixture
def place(made: Path, tmp_path: Path) -> Iterator[Place]:
    shutil.copyfile(made, tmp_path / made.name)
    with town(orders=60, customers=40) as there, warehouse_in(tmp_path) as warehouse:
        yield Place(there, warehouse)


def test_whoever_is_gone_is_found_within_a_week_and_has_no_profile(place: Place) -> None:
    prospect, buyer = place.prospects()[0], place.buyers()[0]
    assert {prospect, buyer} <= place.profiled()
    place.change(prospect, "delete")
    place.change(buyer, "delete")

    assert place.sync(days=6).listed_count == 0  # not due
    assert place.gone() == set()
    found = place.sync(days=1)

    assert (found.fetched_count, found.note) == (2, None)
    assert place.gone() == {prospect, buyer}
    assert not {prospect, buyer} & place.profiled()
    assert place.sync(days=7).fetched_count == 0  # each is asked for once


def test_the_list_is_read_once_a_week_and_not_by_the_syncs_between(place: Place) -> None:
    looks = [place.sync(hours=12).listed_count > 0 for _ in range(2 * 15)]
    assert [look for look, found in enumerate(looks, start=1) if found] == [14, 28]


def test_one_that_the_list_lacks_and_a_read_by_id_shows_stays(place: Place) -> None:
    place.change("late-0001", "create", email="late@example.com", firstName="Ana")
    place.sync(hours=4)
    place.main.weather.search_lag_seconds = timedelta(days=30).total_seconds()

    found = place.sync(days=7)

    assert found.fetched_count == 1
    assert place.gone() == set()
    assert "late-0001" in place.keys("select contact_id from contacts")


@pytest.mark.parametrize("is_touched", [True, False], ids=["written again", "merely listed again"])
def test_whoever_is_there_again_is_a_customer_again(place: Place, is_touched: bool) -> None:
    back = place.prospects()[0]
    place.change(back, "delete")
    place.sync(days=7)
    assert place.gone() == {back}
    assert back not in place.profiled()

    place.wait(hours=1)
    place.main.deleted.clear()
    if is_touched:
        place.change(back, "change", firstName="Ana")
    place.sync(**({"hours": 4} if is_touched else {"days": 7}))

    assert place.gone() == set()
    assert back in place.profiled()


def test_a_list_that_lacks_a_fifth_of_all_deletes_nobody(tmp_path: Path) -> None:
    with synced(tmp_path, customers=600) as place:
        prospects = place.prospects()
        few, many = prospects[:90], prospects[:180]
        known_count = len(place.keys("select contact_id from contacts where source = 'vtex'"))
        assert len(many) > 0.2 * known_count > len(few)

        for contact_id in many:
            place.change(contact_id, "delete")
        found = place.sync(days=7)
        assert (found.fetched_count, place.gone()) == (0, set())
        assert f"lacks {len(many):,} known customers" in str(found.note)

        for contact_id in many[len(few) :]:
            del place.main.deleted[contact_id.lower()]
        found = place.sync(days=7)
        assert (found.note, place.gone()) == (None, set(few))
