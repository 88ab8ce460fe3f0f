"""The proof of a sync: losses, inventions, wrong cents are numbers; too many hold the push."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from pydantic import SecretStr

from enrich.client import Http
from enrich.compute.profiles import make_profiles
from enrich.destinations import Tools, open_entity
from enrich.errors import HeldBack
from enrich.model import RawRecord, Reject, Span
from enrich.push.destination import Destination, push_entity
from enrich.status import known_of_warehouse, read_status
from enrich.sync.reconciliation import proof_of, read_proof, unproven, whole_days
from enrich.sync.store import sync_store
from enrich.warehouse import Warehouse, open_warehouse
from tests.jobs.town import NOW, town, warehouse_in

AT = datetime(2026, 3, 9, 12, tzinfo=UTC).replace(tzinfo=None)
STORED = {
    "status": "invoiced",
    "isCompleted": True,
    "creationDate": "2026-03-09T12:00:00Z",
    "lastChange": "2026-03-09T12:00:00Z",
}


def listed(*rows: tuple[str, int]) -> pl.DataFrame:
    return pl.DataFrame(
        [(order_id, AT, cents, AT) for order_id, cents in rows],
        schema={
            "order_id": pl.String,
            "created_at": pl.Datetime("us"),
            "total_value": pl.Int64,
            "last_change_at": pl.Datetime("us"),
        },
        orient="row",
    )


def remember(warehouse: Warehouse, order_id: str, cents: int, stored_cents: int) -> None:
    """The detail said `cents`; `stored_cents` are stored."""
    document = pl.Series([{"orderId": order_id, "value": stored_cents, **STORED}])
    payload = document.struct.json_encode().item()
    record = RawRecord(order_id, payload, AT.replace(tzinfo=UTC))
    warehouse.records.load("main", "orders", [record], run_id="r", now=NOW)
    known = listed((order_id, cents)).select(
        "order_id",
        "last_change_at",
        status=pl.lit("invoiced"),
        total_value="total_value",
        is_complete=pl.lit(True),
        authorized_at=pl.lit(AT),
        detail_at=pl.lit(AT),
        detail_status=pl.lit("invoiced"),
        detail_cents=pl.lit(cents),
        detail_changed_at=pl.lit(AT),
    )
    warehouse.orders.keep_listing("main", known)


def compare(
    warehouse: Warehouse, rows: pl.DataFrame, days: list[date], share: float = 0.001
) -> pl.DataFrame:
    return warehouse.orders.reconcile(
        "main", rows, days, time_zone="UTC", limit_share=share, run_id="r", now=NOW
    )


DAY = date(2026, 3, 9)


@pytest.mark.parametrize(
    ("rows", "days", "found"),
    [
        ([("1", 1000), ("2", 2000)], [DAY], (2, 2, 0, 0, 0, 0)),
        ([("1", 1000), ("2", 2000), ("3", 30)], [DAY], (3, 2, 1, 0, 0, 30)),  # lost
        ([("1", 1000)], [DAY], (1, 1, 0, 1, 0, 2000)),  # invented, or gone from the list
        ([("1", 1000)], [], (1, 1, 0, 0, 0, 0)),  # the day was not listed whole
        ([("1", 1000), ("2", 2000), ("4", 500)], [DAY], (3, 3, 0, 0, 1, 1)),  # a cent off
        ([("1", 999), ("2", 2000)], [DAY], (2, 2, 0, 0, 0, 0)),  # the list's float
    ],
)
def test_losses_inventions_and_wrong_cents_are_numbers(
    rows: list[tuple[str, int]], days: list[date], found: tuple[int, ...], tmp_path: Path
) -> None:
    with open_warehouse(tmp_path) as warehouse:
        remember(warehouse, "1", 1000, 1000)
        remember(warehouse, "2", 2000, 2000)
        if ("4", 500) in rows:
            remember(warehouse, "4", 500, 501)
        counts = proof_of("main", compare(warehouse, listed(*rows), days)).counts
    names = ("listed", "stored", "missing", "unlisted", "differing")
    assert (*(counts[f"{name}_count"] for name in names), counts["unexplained_cents"]) == found


def test_a_difference_over_the_limit_holds_until_the_days_are_read_again(tmp_path: Path) -> None:
    lost = [("1", 1000), ("2", 2000), ("3", 30)]
    with open_warehouse(tmp_path) as warehouse:
        assert read_proof(warehouse, "main") is None
        remember(warehouse, "1", 1000, 1000)
        compare(warehouse, listed(*lost[:2]), [DAY])
        assert unproven(warehouse, "main") is None  # one order may differ
        compare(warehouse, listed(*lost), [DAY])
        held = unproven(warehouse, "main")
        assert isinstance(held, HeldBack)
        assert "2 orders (2 not stored" in str(held)
        assert "enrich sync --from 2026-03-09 --to 2026-03-09" in str(held)
        compare(warehouse, listed(lost[0]), [])  # a part of the day proves nothing for the rest
        assert unproven(warehouse, "main")
        compare(warehouse, listed(*lost), [DAY], share=1)
        assert unproven(warehouse, "main") is None  # the limit is the shop's
        compare(warehouse, listed(*lost), [DAY])
        remember(warehouse, "2", 2000, 2000)
        remember(warehouse, "3", 30, 30)
        compare(warehouse, listed(*lost), [DAY])
        assert unproven(warehouse, "main") is None


def test_an_order_rejected_is_explained(tmp_path: Path) -> None:
    with open_warehouse(tmp_path) as warehouse:
        rejects = [Reject(key, "no moment", "{}") for key in ("1", "2", "3")]
        warehouse.records.load("main", "orders", [], rejects, run_id="r", now=NOW)
        counts = proof_of("main", compare(warehouse, listed(("1", 1), ("2", 2)), [DAY])).counts
    assert (counts["set_aside_count"], counts["unexplained_count"]) == (2, 0)


def test_whole_days_are_those_of_the_stores_calendar() -> None:
    zone = ZoneInfo("America/Sao_Paulo")  # UTC-3
    start_at = datetime(2026, 3, 1, 3, tzinfo=UTC)
    span = Span(start_at, datetime(2026, 3, 4, 2, 59, tzinfo=UTC))
    assert whole_days([span], zone) == [date(2026, 3, 1), date(2026, 3, 2)]
    late = Span(start_at + timedelta(seconds=1), span.end_at)
    assert whole_days([late], zone) == [date(2026, 3, 2)]


def test_a_sync_proves_every_day_and_says_so(tmp_path: Path) -> None:
    with town() as there, warehouse_in(tmp_path) as warehouse:
        sync_store(warehouse, there.shop, now=NOW)
        there.switch("POST", "advance", {"hours": 4})
        sync_store(warehouse, there.shop, now=NOW + timedelta(hours=4))
        proof = read_proof(warehouse, "main")
        stored = warehouse.table_counts().filter(table_name="raw.vtex_orders")["row_count"].item()
    assert proof is not None
    assert proof.counts["stored_count"] == proof.counts["listed_count"] == stored > 80
    assert (proof.unexplained_count, proof.counts["unexplained_cents"]) == (0, 0)


def test_a_held_push_says_why_and_sends_nothing(tmp_path: Path) -> None:
    with town() as there, warehouse_in(tmp_path) as warehouse:
        sync_store(warehouse, there.shop, now=NOW)
        make_profiles(warehouse, there.shop, now=NOW)
        lost = listed(("lost-1", 100), ("lost-2", 200), ("lost-3", 300))
        compare(warehouse, lost, [])
        tools = Tools(Http(), lambda source: SecretStr(""), tmp_path)
        files = Destination("files", ("main",), open_entity("files", "file", {}, tools))

        held = push_entity(warehouse, files, "main", now=NOW)
        shown = push_entity(warehouse, files, "main", now=NOW, dry_run=True)

        assert isinstance(held.fault, HeldBack)
        assert held.accepted == 0
        states = {
            (p.destination, p.state)
            for p in read_status(known_of_warehouse(warehouse, ["main"]), NOW).pushes
        }
        assert states == {("files", "held")}
        assert not (tmp_path / "exports").exists()
        assert (shown.fault, shown.adds > 0) == (None, True)
        sync_store(warehouse, there.shop, now=NOW, span=Span(NOW - timedelta(days=3), NOW))
        assert unproven(warehouse, "main")  # the lost ones are not found by reading again
        assert (
            read_status(known_of_warehouse(warehouse, ["main"]), NOW)
            .advice[0]
            .startswith("push held: main differs")
        )
