"""A hash says what the platform has, so it is only kept when the platform took the record."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import polars as pl

from enrich.store import Warehouse, open_warehouse
from tests.store.conftest import NOW

TARGET = ("icomm", "main", "profile")


def send(warehouse: Warehouse, batch_no: int, outcome: str, digest: str | None) -> None:
    results = pl.DataFrame({"record_id": ["1"], "hash": [digest], "outcome": [outcome]})
    warehouse.record_batch(
        *TARGET,
        results,
        run_id="push 1",
        batch_id=f"batch {batch_no}",
        now=NOW + timedelta(minutes=batch_no),
    )


def state(warehouse: Warehouse) -> list[tuple[object, ...]]:
    rows = warehouse.pushed_state(*TARGET)
    return rows.select("record_id", "hash", "outcome").rows()


def test_an_accepted_record_has_its_hash(tmp_path: Path) -> None:
    with open_warehouse(tmp_path) as warehouse:
        send(warehouse, 0, "accepted", "h0")
        assert state(warehouse) == [("1", "h0", "accepted")]
        send(warehouse, 1, "queued", "h1")
        assert state(warehouse) == [("1", "h1", "queued")]


def test_a_refused_record_keeps_what_the_platform_has(tmp_path: Path) -> None:
    with open_warehouse(tmp_path) as warehouse:
        send(warehouse, 0, "rejected", "h0")
        assert state(warehouse) == [("1", None, "rejected")]
        send(warehouse, 1, "accepted", "h1")
        for batch_no, outcome in enumerate(("rejected", "retryable", "unknown", "invalid"), 2):
            send(warehouse, batch_no, outcome, "never taken")
            assert state(warehouse) == [("1", "h1", outcome)]
        accepted_at = warehouse.pushed_state(*TARGET)["accepted_at"].item()
    assert accepted_at == (NOW + timedelta(minutes=1)).replace(tzinfo=None)


def test_destinations_and_stores_are_apart(tmp_path: Path) -> None:
    with open_warehouse(tmp_path) as warehouse:
        send(warehouse, 0, "accepted", "h0")
        assert warehouse.pushed_state("other", "main", "profile").is_empty()
        assert warehouse.pushed_state("icomm", "other", "profile").is_empty()


def test_runs_are_told_newest_first(tmp_path: Path) -> None:
    with open_warehouse(tmp_path) as warehouse:
        warehouse.start_run("a", "sync", None, now=NOW)
        warehouse.start_run("b", "profiles", "main", now=NOW + timedelta(hours=1))
        warehouse.finish_run("a", "done", {"orders": 3}, now=NOW + timedelta(hours=2))
        runs = warehouse.runs().select("run_id", "job", "store", "status", "summary").rows()
    assert runs == [
        ("b", "profiles", "main", "running", None),
        ("a", "sync", None, "done", '{"orders": 3}'),
    ]
