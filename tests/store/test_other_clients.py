"""The read copy in the hands of an analyst's own, older DuckDB, in a process of its own.

Set ENRICH_OTHER_PYTHONS to interpreters (separated by `:`) whose `duckdb` is another one than ours:

    python3 -m venv other && other/bin/pip install 'duckdb<2'
    ENRICH_OTHER_PYTHONS=other/bin/python python -m pytest tests/store/test_other_clients.py
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from enrich.warehouse import open_warehouse
from tests.store.conftest import NOW
from tests.store.test_readers import publish_one_more

PYTHONS = [path for path in os.environ.get("ENRICH_OTHER_PYTHONS", "").split(":") if path]

# Opens the copy, answers every line it is sent, and keeps its connection until the input ends.
CLIENT = """
import sys, json, duckdb

path = sys.argv[1]
held = duckdb.connect(path, read_only=True)
for _ in sys.stdin:
    tables = [name for (name,) in held.sql("select table_name from duckdb_tables()").fetchall()]
    rows = {name: len(held.sql(f"from {name}").fetchall()) for name in tables}
    print(json.dumps([duckdb.__version__, len(tables), rows["orders"]]), flush=True)
"""


@contextmanager
def client(python: str, path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [python, "-c", CLIENT, str(path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def ask(process: subprocess.Popen[str]) -> tuple[str, int, int]:
    """The client's version, how many tables it read whole, how many orders are in them."""
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write("\n")
    process.stdin.flush()
    version, tables, orders = json.loads(process.stdout.readline())
    return version, tables, orders


@pytest.mark.skipif(not PYTHONS, reason="ENRICH_OTHER_PYTHONS names no other interpreter")
@pytest.mark.parametrize("python", PYTHONS)
def test_an_older_duckdb_reads_the_copy_and_holds_up_nobody(python: str, tmp_path: Path) -> None:
    path = tmp_path / "analysis.duckdb"
    with open_warehouse(tmp_path, job="a test", started_at=NOW) as warehouse:
        publish_one_more(warehouse, 0)
        with client(python, path) as idle:
            version, tables, first = ask(idle)
            for number in range(1, 6):
                publish_one_more(warehouse, number)
            with client(python, path) as later:
                counts = (first, ask(idle)[2], ask(later)[2])
    assert not version.startswith("2.")
    assert tables > 30
    assert counts == (1, 1, 6)  # an idle connection keeps what it opened, a new one sees the new
