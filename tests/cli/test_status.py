"""`enrich status`: what it makes of the warehouse, of its read copy, and of nothing at all."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from enrich.runs.record import recorded
from enrich.status import Status, known_of_warehouse, read_status
from enrich.warehouse import Warehouse, open_warehouse
from tests.cli.shell import NOW, enrich

NEW = "hook is new: look at it, then agree once with --confirm"


def end(warehouse: Warehouse, run_id: str, job: str, hours_ago: float, **summary: object) -> None:
    at = NOW - timedelta(hours=hours_ago)
    status = "failed" if "error" in summary else "completed"
    warehouse.runs.start(run_id, job, "main", now=at)
    warehouse.runs.finish(run_id, status, summary, now=at + timedelta(minutes=1))


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """Synced 40 hours ago, pushed to two platforms, killed in its last run; left closed."""
    with open_warehouse(tmp_path) as found:
        for hours in (45, 40):
            end(found, f"sync-{hours}", "sync", hours)
        found.records.set_watermark(
            "main", "orders", NOW - timedelta(hours=40), run_id="sync-40", now=NOW
        )
        end(found, "p1", "push", 39, destination="hook", accepted=7)
        end(found, "p2", "push", 38, destination="files", accepted=12)
        end(found, "p3", "push", 37, destination="hook", held=True, error=NEW)
        end(found, "p4", "push", 36, destination="hook", dry_run=True)
        found.runs.start("s3", "sync", "main", now=NOW - timedelta(hours=1))
        found.publish()
    return found


def of(warehouse: Warehouse) -> Status:
    with open_warehouse(warehouse.path.parent) as found:
        return read_status(known_of_warehouse(found, ["main"]), NOW)


def test_looking_makes_nothing(tmp_path: Path) -> None:
    for command, told in (("status", "nothing has run yet"), ("rejects", "no rejects")):
        said = enrich(command, "--data", tmp_path / "data")
        assert (said.code, said.out) == (0, "")
        assert told in said.err
    assert list(tmp_path.iterdir()) == []


def test_the_last_push_to_each_platform_and_what_holds_it(warehouse: Warehouse) -> None:
    found = of(warehouse)
    assert [(p.destination, p.state, p.accepted_count) for p in found.pushes] == [
        ("hook", "held", 0),
        ("files", "completed", 12),
    ]
    assert f"push to hook (main) held: {NEW}" in found.advice


def test_a_run_without_an_end_was_killed(warehouse: Warehouse) -> None:
    found = of(warehouse)
    assert found.runs["status"][0] == "killed"
    assert found.advice[0].startswith("the last run (sync) did not complete; run it again")


LAST_RUNS = (
    ([], 0),
    ([("sync", {"error": "e", "exit_code": 3}), ("push", {"error": "e", "exit_code": 1})], 3),
    ([("sync", {"error": "e", "exit_code": 3}), ("sync", {})], 0),
    ([("sync", {"error": "e"}), ("profiles", {})], 1),
    ([("push", {"error": "e", "exit_code": 4, "destination": "hook"}), ("sync", {})], 4),
    ([("push", {"error": "e", "exit_code": 4, "destination": "gone"})], 0),
    (
        [
            ("push", {"error": "e", "exit_code": 3, "destination": "hook"}),
            ("push", {"destination": "hook", "dry_run": True}),
        ],
        3,
    ),
    ([("push", {"error": "killed early"}), ("push", {"destination": "hook"})], 0),
)
HOOK = '[destinations.hook]\nkind = "file"\n'


@pytest.mark.parametrize(("runs", "code"), LAST_RUNS)
def test_the_exit_code_is_that_of_the_last_run_of_each_job(
    runs: list[tuple[str, dict[str, object]]], code: int, tmp_path: Path
) -> None:
    (tmp_path / "enrich.toml").write_text(HOOK)
    with open_warehouse(tmp_path / "data") as found:
        for number, (job, summary) in enumerate(runs):
            end(found, f"r{number}", job, 9 - number, **summary)
    said = enrich("status", "--json", "--config", tmp_path / "enrich.toml")
    document = json.loads(said.out)
    assert (said.code, document["exit_code"]) == (code, code)
    assert {run["job"] for run in document["runs"]} == {job for job, _ in runs}


def test_tables_are_counted_when_asked(warehouse: Warehouse) -> None:
    folder = warehouse.path.parent
    assert "push_runs" not in enrich("status", "--data", folder).out
    assert "schema_version" in enrich("status", "--tables", "--data", folder).out


def test_a_long_pause_is_told_with_what_to_do(warehouse: Warehouse) -> None:
    found = of(warehouse)
    assert found.watermarks[0][3] == 40.0
    assert any(line.startswith("main: orders are 40 hours behind") for line in found.advice)


def test_while_a_run_is_at_work_the_read_copy_is_asked(warehouse: Warehouse) -> None:
    folder = warehouse.path.parent
    with open_warehouse(folder, job="sync", started_at=NOW):
        said = enrich("status", "--data", folder)
    assert said.code == 0  # no settings, so no destination that counts
    assert "a run is at work: sync (process " in said.err
    assert "as of the last publish" in said.err
    for told in ("running", "40 hours behind", f"push to hook (main) held: {NEW}"):
        assert told in said.out
    assert "killed" not in said.out


def test_of_two_pushes_of_one_moment_the_later_one_is_the_last(tmp_path: Path) -> None:
    """A pinned now, or two commands at once: the order in which they began decides."""
    with open_warehouse(tmp_path) as found:
        for number in range(6):
            with recorded(found, "push", "main", NOW) as run:
                run.note({"destination": "hook", "accepted": number})
        found.publish()
        (push,) = read_status(known_of_warehouse(found, ["main"]), NOW).pushes
        said = enrich("status", "--json", "--data", tmp_path)
    (published,) = json.loads(said.out)["last_pushes"]
    assert (push.accepted_count, published["accepted_count"]) == (5, 5)


def test_metrics_are_what_prometheus_reads(warehouse: Warehouse, tmp_path: Path) -> None:
    folder, file = tmp_path, tmp_path / "enrich.prom"
    enrich("metrics", "--data", folder, "--to", file)
    found = {
        (one.name, *one.labels.values()): one.value
        for family in text_string_to_metric_families(file.read_text())
        for one in family.samples
    }
    assert found["enrich_run_ok", "sync", "main"] == 0  # killed
    assert found["enrich_push_ok", "files", "profiles", "main"] == 1
    assert found["enrich_push_ok", "hook", "profiles", "main"] == 0
    behind = NOW.timestamp() - found["enrich_watermark_timestamp_seconds", "orders", "main"]
    assert behind == 40 * 3600
    assert found["enrich_exit_code",] == 1
    assert file.stat().st_mode & 0o777 == 0o644
    assert enrich("metrics", "--data", tmp_path / "none").out.count("enrich_up 1.0") == 1
