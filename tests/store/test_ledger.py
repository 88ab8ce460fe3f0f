"""A hash says what the platform has, so it is only kept when the platform took the record."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import polars as pl

from enrich.runs.record import new_run_id
from enrich.warehouse import PushStatus, PushTarget, Warehouse, open_warehouse
from tests.store.conftest import NOW

TARGET = PushTarget("icomm", "main")


def send(warehouse: Warehouse, batch_no: int, outcome: str, digest: str | None) -> None:
    results = pl.DataFrame({"record_id": ["1"], "hash": [digest], "outcome": [outcome]})
    warehouse.pushes.record(
        TARGET,
        results,
        run_id="push 1",
        batch_id=f"batch {batch_no}",
        now=NOW + timedelta(minutes=batch_no),
    )


def state(warehouse: Warehouse) -> list[tuple[object, ...]]:
    rows = warehouse.pushes.state(TARGET)
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
        accepted_at = warehouse.pushes.state(TARGET)["accepted_at"].item()
    assert accepted_at == (NOW + timedelta(minutes=1)).replace(tzinfo=None)


def test_destinations_and_stores_are_apart(tmp_path: Path) -> None:
    with open_warehouse(tmp_path) as warehouse:
        send(warehouse, 0, "accepted", "h0")
        assert warehouse.pushes.state(PushTarget("other", "main")).is_empty()
        assert warehouse.pushes.state(PushTarget("icomm", "other")).is_empty()


def test_a_job_keeps_its_hashes_until_it_is_over(tmp_path: Path) -> None:
    queued = pl.DataFrame(
        {"record_id": ["1"], "hash": ["h1"], "outcome": ["queued"], "job_id": ["job"]}
    )
    done = {"run_id": "r", "batch_id": "b", "now": NOW}
    with open_warehouse(tmp_path) as warehouse:
        warehouse.pushes.record(TARGET, queued, **done)
        assert state(warehouse) == [("1", "h1", "queued")]  # on the way: not to be sent again
        assert warehouse.pushes.status(TARGET).accepted_count == 0
        assert warehouse.pushes.open_jobs(TARGET)["job_id"].to_list() == ["job"]
        refused = pl.DataFrame({"record_id": ["1"], "hash": [None], "outcome": ["rejected"]})
        warehouse.pushes.record(TARGET, refused, **done, closed_job="job")
        assert state(warehouse) == [("1", None, "rejected")]
        assert warehouse.pushes.open_jobs(TARGET).is_empty()


def test_an_intent_stands_until_its_outcome_is_known(tmp_path: Path) -> None:
    with open_warehouse(tmp_path) as warehouse:
        leaving = pl.Series(["1", "2"])
        warehouse.pushes.intend(TARGET, leaving, run_id="r", batch_id="b", now=NOW)
        assert warehouse.pushes.unanswered(TARGET) == ["1", "2"]
        send(warehouse, 0, "accepted", "h0")
        assert warehouse.pushes.unanswered(TARGET) == ["2"]
        send(warehouse, 1, "unknown", None)
        assert warehouse.pushes.unanswered(TARGET) == ["1", "2"]


def test_what_is_known_of_a_destination(tmp_path: Path) -> None:
    with open_warehouse(tmp_path) as warehouse:
        assert warehouse.pushes.status(TARGET) == PushStatus()
        warehouse.pushes.confirm(TARGET, run_id="r", now=NOW)
        warehouse.pushes.start(TARGET, run_id="r", now=NOW)
        warehouse.pushes.finish(TARGET, "completed", {"rows": 7}, run_id="r", now=NOW)
        send(warehouse, 0, "accepted", "h0")
        known = PushStatus(1, 7, True, NOW.replace(tzinfo=None))
        assert warehouse.pushes.status(TARGET) == known


def test_an_empty_hash_says_that_nothing_is_left_there(tmp_path: Path) -> None:
    with open_warehouse(tmp_path) as warehouse:
        send(warehouse, 0, "accepted", "h0")
        send(warehouse, 1, "accepted", "")
        assert state(warehouse) == [("1", None, "accepted")]


def test_runs_are_told_newest_first(tmp_path: Path) -> None:
    with open_warehouse(tmp_path) as warehouse:
        warehouse.runs.start("a", "sync", None, now=NOW)
        warehouse.runs.start("b", "profiles", "main", now=NOW + timedelta(hours=1))
        warehouse.runs.finish("a", "done", {"orders": 3}, now=NOW + timedelta(hours=2))
        runs = warehouse.runs.newest().select("run_id", "job", "store", "status", "summary").rows()
    assert runs == [
        ("b", "profiles", "main", "running", None),
        ("a", "sync", None, "done", '{"orders": 3}'),
    ]


def test_two_runs_of_one_second_are_apart_and_in_order(tmp_path: Path) -> None:
    with open_warehouse(tmp_path) as warehouse:
        ids = [new_run_id("push", NOW) for _ in range(2)]
        for run_id in ids:
            warehouse.runs.start(run_id, "push", "main", now=NOW)
        assert warehouse.runs.newest()["run_id"].to_list() == ids[::-1]
