"""Chosen fields written back into the shop's customers: guarded, nothing new for the next pull."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pydantic import SecretStr

from enrich.client import Http
from enrich.compute.profiles import make_profiles
from enrich.destinations import DestinationEntity, Tools, open_entity
from enrich.errors import BadSettings, HeldBack, Stop
from enrich.push.destination import Destination, push_entity
from enrich.push.summary import PushSummary
from enrich.settings import parse_settings
from enrich.simulator.build import FULL_KEY
from enrich.simulator.documents import find_document
from enrich.sync.store import sync_store
from enrich.warehouse import Warehouse
from enrich.wiring import Wiring
from tests.jobs.town import NOW, Town, town, warehouse_in

NAMES = {
    "rfm_group": "rfmGroup",
    "rfm_segment": "rfmSegment",
    "last_purchase_date": "rfmLastPurchaseOn",
    "amount_lifetime": "rfmAmount",
}
FIELDS = {
    "rfmGroup": "Text",
    "rfmSegment": "Varchar 50",
    "rfmLastPurchaseOn": "Date",
    "rfmAmount": "Decimal",
}
KEYS = {"api_key": {"env": "KEY"}, "app_token": {"env": "TOKEN"}}
SECRETS = {"KEY": FULL_KEY.app_key, "TOKEN": FULL_KEY.app_token}


@dataclass
class Shop:
    """A shop that was pulled once and has profiles."""

    there: Town
    warehouse: Warehouse
    http: Http
    folder: Path

    def crm(self, **options: Any) -> DestinationEntity:
        tools = Tools(self.http, lambda source: SecretStr(SECRETS[source["env"]]), self.folder)
        entries = {"account": "demostore", "entity": "CL", "names": NAMES, **KEYS, **options}
        address = {"base_url": f"{self.there.address}/vtex"}
        return open_entity("crm", "masterdata", {**address, **entries}, tools)

    def push(
        self,
        now: Any = NOW,
        *,
        name: str = "crm",
        dry_run: bool = False,
        confirmed: bool = True,
        **options: Any,
    ) -> PushSummary:
        there = Destination(name, ("main",), self.crm(**options))
        return push_entity(
            self.warehouse, there, "main", now=now, dry_run=dry_run, confirmed=confirmed
        )

    @property
    def writes(self) -> int:
        return self.there.simulator.counts["document_write"]

    @property
    def edits(self) -> dict[str, dict[str, Any]]:
        return self.there.simulator.main.edits


@pytest.fixture(scope="module")
def pulled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Town, Path]]:
    folder = tmp_path_factory.mktemp("pulled")
    with town(orders=90, customers=40) as there:
        with warehouse_in(folder) as warehouse:
            sync_store(warehouse, there.shop, now=NOW)
            make_profiles(warehouse, there.shop, now=NOW)
        yield there, folder


@pytest.fixture
def shop(pulled: tuple[Town, Path], tmp_path: Path) -> Iterator[Shop]:
    there, folder = pulled
    shutil.copyfile(folder / "warehouse.duckdb", tmp_path / "warehouse.duckdb")
    there.simulator.main.edits.clear()
    there.simulator.counts.clear()
    there.simulator.main.sky.seen.clear()  # the weather is drawn by them: the same for each test
    there.switch("PUT", "clock", {"now": NOW.isoformat()})
    weather = {"customer_fields": FIELDS, "refuse_unknown_fields": True}
    there.switch("PUT", "weather", weather)
    with warehouse_in(tmp_path) as warehouse, Http(sleep=lambda seconds: None) as http:
        yield Shop(there, warehouse, http, tmp_path)


def test_what_is_written_is_the_profile_and_nothing_else_of_the_document_changes(
    shop: Shop,
) -> None:
    before = {key: find_document(shop.there.simulator.main, "CL", key) for key in ids(shop)}
    done = shop.push()
    assert done.fault is None
    assert done.accepted == len({one["email"] for one in shop.edits.values()}) > 20
    profiles = {row["email"]: row for row in shop.warehouse.profiles.of("main").to_dicts()}
    for key, document in shop.edits.items():
        profile = profiles[document["email"].lower()]
        assert document["rfmGroup"] == profile["rfm_group"]
        assert document["rfmAmount"] == float(profile["amount_lifetime"])
        changed = {"updatedIn", "lastInteractionIn", *FIELDS}
        old = before[key]
        assert old is not None
        assert {name for name in document if document[name] != old.get(name)} <= changed
    assert shop.there.simulator.counts["document_new"] == 0


def test_our_own_writes_are_no_change_when_they_are_pulled(shop: Shop) -> None:
    shop.push()
    writes = shop.writes
    profiles = shop.warehouse.profiles.of("main")
    contacts = stamps(shop)
    shop.there.switch("POST", "advance", {"hours": 4})
    later = NOW + timedelta(hours=4)
    pulled = sync_store(shop.warehouse, shop.there.shop, now=later).entity("customers")
    # They are asked for again, since VTEX says they were touched, and change nothing.
    assert pulled.loaded.unchanged_count >= len(shop.edits) > 20
    assert pulled.loaded.changed_count == 0
    assert stamps(shop).equals(contacts)
    make_profiles(shop.warehouse, shop.there.shop, now=later)
    again = shop.push(later)
    # Who has no document is looked for again; nobody is written.
    assert (again.accepted, again.changes) == (0, 0)
    assert shop.writes == writes
    assert shop.warehouse.profiles.of("main").equals(profiles)


def test_a_real_change_is_still_seen_after_our_write(shop: Shop) -> None:
    shop.push()
    key, document = next(iter(shop.edits.items()))
    shop.edits[key] = {**document, "firstName": "Renamed"}
    shop.there.switch("POST", "advance", {"hours": 4})
    later = NOW + timedelta(hours=4)
    pulled = sync_store(shop.warehouse, shop.there.shop, now=later).entity("customers")
    assert pulled.loaded.changed_count == 1


def test_what_is_there_already_is_not_written_again(shop: Shop) -> None:
    first = shop.push()
    writes = shop.writes
    for document in shop.edits.values():
        if "rfmLastPurchaseOn" in document:
            document["rfmLastPurchaseOn"] += "T00:00:00"
        document["rfmAmount"] = str(document["rfmAmount"])
    second = shop.push(name="another")
    assert second.accepted == first.accepted > 20
    assert shop.writes == writes


def test_nothing_is_written_before_the_fields_are_there(shop: Shop) -> None:
    few = {"rfmGroup": "Text", "rfmSegment": "Integer", "rfmLastPurchaseOn": "Boolean"}
    shop.there.switch("PATCH", "weather", {"customer_fields": few})
    assert sorted(shop.crm().check()) == [
        "CL has no field rfmAmount: add it in the Master Data admin",
        "CL.rfmLastPurchaseOn is of type Boolean, and last_purchase_date is a date: make it Date",
        "CL.rfmSegment is of type Integer, and rfm_segment is a text: make it Text",
    ]
    done = shop.push()
    assert isinstance(done.fault, Stop) and "rfmAmount" in str(done.fault)
    assert not shop.edits


def test_a_day_has_a_limit_over_all_its_runs(shop: Shop) -> None:
    planned = shop.push(dry_run=True, records_per_day=12)
    assert (planned.left, planned.requests) == (planned.adds - 12, 36)
    assert not shop.edits
    first = shop.push(records_per_day=12)
    assert 0 < first.accepted <= 12
    assert first.left == planned.adds - 12
    second = shop.push(NOW + timedelta(hours=20), records_per_day=12)
    assert second.accepted == 0 and second.left > 0
    third = shop.push(NOW + timedelta(hours=25), records_per_day=12)
    assert third.accepted > 0


def test_a_new_destination_waits_for_a_person(shop: Shop) -> None:
    assert isinstance(shop.push(confirmed=False).fault, HeldBack)
    assert not shop.edits


def test_throttling_is_waited_for(shop: Shop) -> None:
    # With twice as much one of these calls met five faults in a row in two of a hundred runs.
    shop.there.switch("PATCH", "weather", {"throttled": 0.05, "broken": 0.03, "lost": 0.02})
    done = shop.push()
    assert done.fault is None
    assert done.retryable == 0 and done.unknown == 0


def test_a_customer_without_a_document_is_counted_and_never_made(shop: Shop) -> None:
    profiles = shop.warehouse.profiles.of("main")
    known = {one["email"] for one in documents(shop)}
    strangers = profiles.filter(~pl.col("email").is_in(list(known)) & pl.col("email").is_not_null())
    done = shop.push()
    assert done.invalid.get("no customer document with this address", 0) == strangers.height
    assert {one["email"].lower() for one in shop.edits.values()} <= known


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"names": {}}, "needs names"),
        ({"names": {"rfm_group": "email"}}, "VTEX's own fields"),
        ({"names": {"rfm_group": "isNewsletterOptIn"}}, "VTEX's own fields"),
        ({"removals": "delete"}, "never deleted"),
        ({"removals": "clear"}, "clear_with"),
        ({"schema_name": "v1"}, "no schema"),
        ({"entity": "AD"}, "two letters"),
        ({"next_best_products_entity": "AD"}, "over two letters"),
        ({"entity": "ours", "next_best_products_entity": "ours"}, "not the one of `entity`"),
    ],
)
def test_what_would_do_harm_is_refused_when_the_settings_are_read(
    options: dict[str, Any], said: str, tmp_path: Path
) -> None:
    tools = Tools(Http(), lambda source: SecretStr("x"), tmp_path)
    entries = {"account": "demostore", "entity": "CL", "names": NAMES, **KEYS, **options}
    with pytest.raises(BadSettings, match=said):
        open_entity("crm", "masterdata", entries, tools)


@pytest.mark.parametrize(
    "pulled",
    [{"extra_customer_fields": ["pet", "rfmGroup"]}, {"opt_in_fields": {"sms": "rfmGroup"}}],
)
def test_a_field_that_is_written_cannot_be_pulled_as_the_customers(pulled: dict[str, Any]) -> None:
    settings = parse_settings(
        {
            "stores": {"main": pulled},
            "destinations": {"crm": {"kind": "masterdata", "entity": "CL", "names": NAMES}},
        }
    )
    with pytest.raises(BadSettings, match="writes rfmGroup"):
        Wiring(settings, {}, lambda: NOW).plain_shop("main")


def ids(shop: Shop) -> list[str]:
    return [str(one["id"]).lower() for one in documents(shop)]


def documents(shop: Shop) -> list[dict[str, Any]]:
    main = shop.there.simulator.main
    found = [find_document(main, "CL", key) for key in main.world.contacts["id"].to_list()]
    return [one for one in found if one is not None and one["email"]]


def stamps(shop: Shop) -> pl.DataFrame:
    rows = shop.warehouse._connection.sql("from contacts order by all").to_arrow_table()
    return pl.DataFrame(rows)
