"""A difference that the list alone made goes by itself; a true one stays."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from enrich.model import RawRecord, Span
from enrich.sync.reconciliation import Proof, read_proof, unproven
from enrich.sync.store import sync_store
from enrich.warehouse import Warehouse
from tests.jobs.town import NOW, Town, town, warehouse_in

LONG_AGO = timedelta(days=60)  # no four-hourly run lists it by itself


@dataclass
class Place:
    """A shop that was synced once."""

    there: Town
    warehouse: Warehouse
    now: datetime = NOW

    def sync(self, span: Span | None = None, **later: float) -> Proof:
        self.now += timedelta(**later)
        self.there.simulator.main.clock.stop_at(int(self.now.timestamp() * 1_000_000))
        done = sync_store(
            self.warehouse, self.there.shop, now=self.now, entities=("orders",), span=span
        )
        assert done.fault is None
        proof = read_proof(self.warehouse, "main")
        assert proof is not None
        return proof

    def orders(self, created_at: datetime, count: int) -> dict[str, date]:
        """Stored orders and their day in the shop, from the moment on."""
        sql = f"""
            select order_id, timezone('America/Sao_Paulo', timezone('UTC', created_at))::date
            from orders
            where created_at >= '{created_at:%Y-%m-%d}'
            order by created_at
            limit {count}
        """
        return dict(self.warehouse._connection.sql(sql).fetchall())

    def note_as_unlisted(self, orders: dict[str, date]) -> None:
        """What a run noted that was shown nothing of these days."""
        columns = ("order_id", "created_at", "total_value", "last_change_at")
        types = (pl.String, pl.Datetime("us"), pl.Int64, pl.Datetime("us"))
        self.warehouse.orders.reconcile(
            "main",
            pl.DataFrame(schema=dict(zip(columns, types, strict=True))),
            sorted(set(orders.values())),
            time_zone="America/Sao_Paulo",
            limit_share=0.001,
            run_id="r",
            now=NOW,
        )

    def doubtful_days(self) -> set[date]:
        return set(self.warehouse.orders.unexplained("main")["day_on"])

    @property
    def vtex(self) -> Any:
        return self.there.simulator.main


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("synced")
    with town(orders=1_500, customers=100) as there, warehouse_in(folder) as warehouse:
        assert Place(there, warehouse).sync().unexplained_count == 0
    return folder / "warehouse.duckdb"


@pytest.fixture
def place(synced: Path, tmp_path: Path) -> Iterator[Place]:
    shutil.copyfile(synced, tmp_path / synced.name)
    with town(orders=1_500, customers=100) as there, warehouse_in(tmp_path) as warehouse:
        yield Place(there, warehouse)


def counts(proof: Proof) -> tuple[int, int]:
    return proof.unexplained_count, proof.counts["found_by_id_count"]


def test_rows_that_pages_leave_out_are_listed_again_in_the_same_run(place: Place) -> None:
    place.vtex.weather.moving_rows = 1.0
    assert counts(place.sync(days=8)) == (0, 0)  # with the weekly long list


def test_old_days_in_doubt_are_listed_again_by_the_next_run(place: Place) -> None:
    place.note_as_unlisted(place.orders(NOW - LONG_AGO, 8))
    assert unproven(place.warehouse, "main")
    assert counts(place.sync(hours=4)) == (0, 0)


def test_an_order_that_the_list_lacks_and_vtex_shows_is_no_difference(place: Place) -> None:
    lacking = place.orders(NOW - timedelta(days=9), 4)
    place.vtex.unindexed |= lacking.keys()
    assert counts(place.sync(hours=4)) == (0, len(lacking))
    place.vtex.unindexed.clear()
    assert counts(place.sync(hours=4)) == (0, 0)


def test_an_index_that_is_hours_late_holds_nothing(place: Place) -> None:
    place.vtex.weather.index_lag_minutes = 60 * 24
    unexplained_count, found_by_id_count = counts(place.sync(hours=4))
    assert (unexplained_count, found_by_id_count > 0) == (0, True)


def test_what_vtex_no_longer_has_stays_a_difference_and_is_no_reject(place: Place) -> None:
    document = {
        "orderId": "gone-{}", "status": "invoiced", "isCompleted": True, "value": 100,
        "creationDate": "2026-03-05T15:00:00Z", "lastChange": "2026-03-05T15:00:00Z",
    }  # fmt: skip
    payload = pl.Series([document]).struct.json_encode().item()
    gone = [RawRecord(f"gone-{no}", payload.replace("{}", str(no))) for no in range(3)]
    place.warehouse.records.load("main", "orders", gone, run_id="r", now=NOW)
    for _ in range(2):
        proof = place.sync(hours=4)
        assert (counts(proof), proof.counts["unlisted_count"]) == ((3, 0), 3)
        assert proof.is_held
    assert place.warehouse.records.rejects("main").is_empty()


def test_a_changed_order_that_the_list_lacks_is_taken_as_it_is(place: Place) -> None:
    order_id = next(iter(place.orders(NOW - timedelta(days=9), 1)))
    place.there.switch("POST", f"orders/{order_id}/refund", {})
    place.vtex.unindexed.add(order_id)
    assert counts(place.sync(hours=4)) == (0, 1)
    sql = f"select count(*) from order_refunds where order_id = '{order_id}'"
    assert place.warehouse._connection.sql(sql).fetchall() == [(1,)]


def test_wrong_cents_stay_a_difference(place: Place) -> None:
    listed, lacking = place.orders(NOW - timedelta(days=9), 2)
    place.vtex.unindexed.add(lacking)
    place.warehouse._connection.execute(
        "update orders set value_cents = value_cents + 1 where order_id in ($one, $other)",
        {"one": listed, "other": lacking},
    )
    assert counts(place.sync(hours=4)) == (2, 0)


def test_a_stretch_that_was_asked_for_settles_its_own_days_alone(place: Place) -> None:
    place.note_as_unlisted(place.orders(NOW - LONG_AGO, 3))
    old = place.doubtful_days()
    place.note_as_unlisted(place.orders(NOW - timedelta(days=9), 2))
    assert place.doubtful_days() > old
    place.sync(Span(NOW - timedelta(days=20), NOW))
    assert place.doubtful_days() == old


def test_no_run_lists_more_than_a_month_of_old_days_again(place: Place) -> None:
    place.note_as_unlisted(place.orders(NOW - timedelta(days=100), 400))
    place.sync(Span(NOW - timedelta(days=50), NOW))
    days = sorted(place.doubtful_days())
    assert len(days) > 31
    place.sync(hours=4)
    assert sorted(place.doubtful_days()) == days[:-31]
    place.sync(hours=4)
    assert place.doubtful_days() == set()
