"""The whole way over a real socket: from VTEX to pushed files, twice, and interrupted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from pydantic import SecretStr

from enrich.client import Http
from enrich.compute.profiles import make_profiles
from enrich.destinations import Tools, open_entity
from enrich.errors import BadSettings, Refused
from enrich.model import Span
from enrich.push.destination import Destination, push_entity
from enrich.runs.publish import publish
from enrich.runs.record import is_covered, kept_day, last_success_at
from enrich.runs.reporting import Reporter
from enrich.shop import Shop
from enrich.simulator.access import REFERENCE_ROLE
from enrich.simulator.build import FULL_KEY
from enrich.sources.vtex import Vtex, VtexClient
from enrich.sync.store import sync_store
from enrich.warehouse import Warehouse, read_warehouse
from tests.cli.shell import copied
from tests.jobs.town import NOW, RULES, town, warehouse_in

TABLES = ("orders", "order_items", "customers", "purchases", "purchase_lines")


def contents(warehouse: Warehouse, folder: Path) -> dict[str, pl.DataFrame]:
    """What analysts see, by table, in an order of its own."""
    publish(warehouse)
    with read_warehouse(folder) as copy:
        return {name: copy.query(f"select * from {name} order by all") for name in TABLES}


def file_destination(folder: Path) -> Destination:
    tools = Tools(Http(), lambda source: SecretStr(""), folder)
    return Destination("files", ("main",), open_entity("files", "file", {}, tools))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop after its first sync."""
    folder = tmp_path_factory.mktemp("synced")
    with town() as there, warehouse_in(folder) as warehouse:
        first = sync_store(warehouse, there.shop, now=NOW)
    assert first.fault is None
    assert first.entity("orders").loaded.new_count > 80
    assert first.entity("stock").loaded.new_count > 5
    return folder


@pytest.fixture
def synced(made: Path, tmp_path: Path) -> Path:
    return copied(made, tmp_path / "shop")


def test_a_second_run_on_unchanged_data_changes_nothing(synced: Path, tmp_path: Path) -> None:
    with town() as there, warehouse_in(synced) as warehouse:
        computed = make_profiles(warehouse, there.shop, now=NOW)
        pushed = push_entity(warehouse, file_destination(tmp_path), "main", now=NOW)
        before = contents(warehouse, synced)

        later = NOW + timedelta(hours=4)
        second = sync_store(warehouse, there.shop, now=later)
        make_profiles(warehouse, there.shop, now=later)
        again = push_entity(warehouse, file_destination(tmp_path), "main", now=later)

        assert computed.customer_count == pushed.accepted > 40
        assert second.entity("orders").listed_count > 0
        assert second.entity("stock").listed_count == 0  # once a day is enough
        assert there.detail_fetches == 0
        assert (again.adds, again.changes, again.accepted) == (0, 0, 0)
        after = contents(warehouse, synced)
        assert all(after[name].equals(before[name]) for name in TABLES)


def test_a_later_day_brings_what_moved_meanwhile(synced: Path) -> None:
    with town() as there, warehouse_in(synced) as warehouse:
        there.switch("POST", "advance", {"days": 3})
        later = NOW + timedelta(days=3)

        synced_then = sync_store(warehouse, there.shop, now=later)
        done = synced_then.entity("orders")

        assert synced_then.entity("stock").listed_count > 5
        assert done.fault is None
        assert done.loaded.new_count + done.loaded.changed_count > 0
        assert done.fetched_count < done.listed_count


def interrupt_after(count: int) -> Reporter:
    def step(label: str, done_count: int, total_count: int | None) -> None:
        if label == "main orders" and done_count >= count:
            raise KeyboardInterrupt

    return Reporter(step=step)


def test_an_interrupted_sync_is_completed_by_the_next_run(synced: Path, tmp_path: Path) -> None:
    with warehouse_in(synced) as warehouse:
        expected = contents(warehouse, synced)
    with town() as there, warehouse_in(tmp_path) as warehouse:
        with pytest.raises(KeyboardInterrupt):
            sync_store(warehouse, there.shop, now=NOW, report=interrupt_after(40))
        assert warehouse.records.watermark("main", "orders") is None
        assert warehouse.runs.newest()["status"].to_list() == ["interrupted"]
        sync_store(warehouse, there.shop, now=NOW)
        found = contents(warehouse, tmp_path)

    for name in TABLES:
        keyless = [c for c in found[name].columns if c not in ("customer_key", "run_id")]
        left = found[name].select(keyless).sort(pl.all())
        assert left.equals(expected[name].select(keyless).sort(pl.all())), name
    # The forty that were stored are not fetched again; a few were under way when it was cut.
    assert there.detail_fetches < expected["orders"].height + 60


def test_refused_keys_stop_the_store_and_lose_nothing(tmp_path: Path) -> None:
    with town() as there, warehouse_in(tmp_path) as warehouse, Http(sleep=lambda s: None) as http:
        wrong = VtexClient(f"{there.address}/vtex", SecretStr("a"), SecretStr("b"), http)
        with pytest.raises(Refused):
            sync_store(warehouse, replace(there.shop, source=Vtex(wrong)), now=NOW)
        assert warehouse.runs.newest()["status"].to_list() == ["failed"]
        assert warehouse.records.watermark("main", "orders") is None


def test_a_store_without_an_account_cannot_be_synced(tmp_path: Path) -> None:
    with warehouse_in(tmp_path) as warehouse, pytest.raises(BadSettings, match="no VTEX account"):
        sync_store(warehouse, Shop("main", RULES), now=NOW)


def test_a_past_day_goes_to_the_file_and_nowhere_else(synced: Path, tmp_path: Path) -> None:
    with town() as there, warehouse_in(synced) as warehouse:
        make_profiles(warehouse, there.shop, now=NOW)
        kept, day = warehouse.profiles.of("main"), kept_day(warehouse, "main")
        past = NOW.date() - timedelta(days=60)
        output = tmp_path / "past.csv"

        done = make_profiles(warehouse, there.shop, now=NOW, as_of=past, output=output)

        assert (done.as_of, done.is_kept) == (past, False)
        assert output.stat().st_mode & 0o777 == 0o600
        assert pl.read_csv(output, infer_schema=False).height == done.customer_count
        assert warehouse.profiles.of("main").equals(kept)
        assert kept_day(warehouse, "main") == day


def test_runs_that_waited_behind_a_late_one_are_superfluous(synced: Path) -> None:
    with warehouse_in(synced) as warehouse:
        began = last_success_at(warehouse, "sync", "main")

    assert began == NOW
    assert is_covered(began, due_at=NOW - timedelta(hours=4))
    assert not is_covered(began, due_at=NOW + timedelta(hours=4))
    assert not is_covered(None, due_at=NOW)


def test_a_part_of_a_job_covers_no_run_that_is_due(tmp_path: Path) -> None:
    days = Span(NOW - timedelta(days=2), NOW)
    past = NOW.date() - timedelta(days=60)
    with town() as there, warehouse_in(tmp_path) as warehouse:
        sync_store(warehouse, there.shop, now=NOW, entities=["brands"])
        sync_store(warehouse, there.shop, now=NOW, span=days)
        make_profiles(warehouse, there.shop, now=NOW, as_of=past, output=tmp_path / "past.csv")

        assert set(warehouse.runs.newest()["status"]) == {"completed"}
        assert last_success_at(warehouse, "sync", "main") is None
        assert last_success_at(warehouse, "profiles", "main") is None


def test_a_key_without_the_optional_rights_degrades(tmp_path: Path) -> None:
    role = (replace(FULL_KEY, resources=REFERENCE_ROLE),)
    with town(keys=role) as there, warehouse_in(tmp_path) as warehouse:
        done = sync_store(warehouse, there.shop, now=NOW)

    assert done.fault is None
    assert done.entity("orders").loaded.new_count > 0
    notes = {entity.entity: entity.note for entity in done.entities if entity.note}
    assert "coupons" in notes
    assert "Manage benefits and rates" in str(notes["coupons"])
