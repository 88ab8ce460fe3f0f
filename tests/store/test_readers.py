"""Analysts in processes of their own read while the writer publishes; nobody waits, nobody fails.

python -m tests.store.test_readers 100 10     100 publishes under 10 readers
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from enrich.model import RawRecord
from enrich.warehouse import Warehouse, open_warehouse
from tests.store.conftest import NOW, RUN

READER = """
import sys, json, time, duckdb
from pathlib import Path

path, done = sys.argv[1], Path(sys.argv[2])
reads, versions, mixed, is_last = 0, set(), 0, False
while not is_last:
    is_last = done.exists()  # so that it reads once more after the last version was published
    time.sleep(0.01)
    with duckdb.connect(path, read_only=True) as connection:
        orders, lines = connection.sql("select count(*) from orders").fetchall()[0][0], \
            connection.sql("select count(*) from order_items").fetchall()[0][0]
    reads += 1
    versions.add(orders)
    mixed += orders != lines
    if reads == 1:
        print("reading", flush=True)
print(json.dumps([reads, len(versions), mixed]))
"""


@dataclass(frozen=True)
class Seen:
    """What one reader saw: reads, different versions, versions of which only half was there."""

    reads: int
    versions: int
    mixed: int


def publish_one_more(warehouse: Warehouse, number: int) -> None:
    line = {"id": "301", "name": "Cup", "quantity": 1, "sellingPrice": 100}
    document = {"orderId": f"o{number}", "value": 100, "items": [line]}
    record = RawRecord(f"o{number}", json.dumps(document))
    warehouse.records.load("main", "orders", [record], **RUN)
    warehouse.publish()


def play(folder: Path, publishes: int, readers: int) -> list[Seen]:
    """What each reader saw while the warehouse was published so many times."""
    path, done = folder / "analysis.duckdb", folder / "done"
    with open_warehouse(folder, job="a test", started_at=NOW) as warehouse:
        publish_one_more(warehouse, 0)
        idle = duckdb.connect(str(path), read_only=True)
        started = [
            subprocess.Popen(
                [sys.executable, "-c", READER, str(path), str(done)],
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(readers)
        ]
        for reader in started:
            assert reader.stdout is not None and reader.stdout.readline() == "reading\n"
        for number in range(1, publishes):
            publish_one_more(warehouse, number)
    done.touch()
    said = [reader.communicate(timeout=600)[0] for reader in started]
    assert [reader.returncode for reader in started] == [0] * readers
    assert idle.sql("select count(*) from orders").fetchall() == [(1,)]
    idle.close()
    return [Seen(*json.loads(line)) for line in said]


@pytest.mark.slow
def test_readers_never_fail_and_see_whole_versions(tmp_path: Path) -> None:
    seen = play(tmp_path, publishes=10, readers=2)
    assert all(one.reads > 1 and one.versions > 1 for one in seen)
    assert sum(one.mixed for one in seen) == 0
    assert sorted(path.name for path in tmp_path.glob("*.duckdb")) == [
        "analysis.duckdb",
        "warehouse.duckdb",
    ]


def test_a_session_that_stays_open_attaches_again(tmp_path: Path) -> None:
    """The rule of docs/bi.md for pools and sessions."""
    session = duckdb.connect()
    attach = f"attach '{tmp_path / 'analysis.duckdb'}' as enrich (read_only)"
    with open_warehouse(tmp_path, job="a test", started_at=NOW) as warehouse:
        publish_one_more(warehouse, 0)
        session.execute(attach)
        publish_one_more(warehouse, 1)
    count = "select count(*) from enrich.orders"
    assert session.sql(count).fetchall() == [(1,)]
    session.execute(f"detach enrich; {attach}")
    assert session.sql(count).fetchall() == [(2,)]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        for found in play(Path(place), int(sys.argv[1]), int(sys.argv[2])):
            sys.stdout.write(f"{found}\n")
