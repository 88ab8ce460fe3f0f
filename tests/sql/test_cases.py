"""Every folder below with an expectation is a test: tables in, tables out, no Python per case.

A case holds, each file optional:

- `orders.csv`, `contacts.csv`, ... rows of typed tables; columns left out take `DEFAULTS`, an empty
  cell is null. `raw_<entity>.jsonl`: VTEX documents, loaded as a pull would.
- `imported_<orders|items|customers>.csv`: loaded as an import would.
- `rules.toml`: the settings of the store that differ from the defaults.
- `then/`: more of the same for a second run; a row with a known key replaces the first one's.
- `expect_<table>.csv`: what the table holds afterwards, in the columns named, in any order of rows.
- `expect_failure.txt`: a part of the message with which the run is held back.
- `query.sql` with `expect.csv`: the answer of a query of its own.
"""

from __future__ import annotations

import csv
import json
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest

from enrich.errors import HeldBack
from enrich.model import RawRecord, Rules
from enrich.warehouse.connection import connect
from enrich.warehouse.scripts import registered, table_exists
from enrich.warehouse.warehouse import Warehouse

HERE = Path(__file__).parent
NOW = datetime(2026, 1, 1, tzinfo=UTC)
CASES = sorted({path.parent for path in HERE.rglob("expect*") if path.is_file()})
KEYS = {"contacts": "contact_id", "orders": "order_id"}
DOCUMENT_KEYS = ("orderId", "couponCode", "idCalculatorConfiguration", "Id", "id")
DEFAULTS = {
    "orders": {
        "source": "vtex",
        "is_completed": "true",
        "authorized_at": "created_at",
        "status": "invoiced",
        "value_cents": "1000",
        "is_corporate": "false",
    },
    "contacts": {"source": "vtex", "is_corporate": "false"},
    "order_items": {"line_no": "1", "quantity": "1", "amount_cents": "1000", "is_gift": "false"},
    "order_refunds": {"source": "vtex"},
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.relative_to(HERE)))
def test_case(case: Path, tmp_path: Path) -> None:
    with opened(tmp_path) as (warehouse, connection):
        failure = case / "expect_failure.txt"
        if failure.exists():
            with pytest.raises(HeldBack, match=failure.read_text().strip()):
                play(warehouse, connection, case)
            return
        play(warehouse, connection, case)
        for expected in sorted(case.glob("expect_*.csv")):
            table = expected.stem.removeprefix("expect_")
            agree(connection, f"from {table}", expected)
        if (case / "query.sql").exists():
            agree(connection, (case / "query.sql").read_text(), case / "expect.csv")


class opened:  # noqa: N801 - reads as a with statement
    """A fresh warehouse and its connection, closed afterwards."""

    def __init__(self, folder: Path) -> None:
        path = folder / "warehouse.duckdb"
        self.connection = connect(path, "1GB", 1)
        self.reader = self.connection.cursor()
        self.warehouse = Warehouse(path, self.connection, self.reader)

    def __enter__(self) -> tuple[Warehouse, duckdb.DuckDBPyConnection]:
        return self.warehouse, self.connection

    def __exit__(self, *error: object) -> None:
        self.reader.close()
        self.connection.close()


def play(warehouse: Warehouse, connection: duckdb.DuckDBPyConnection, case: Path) -> None:
    toml = case / "rules.toml"
    rules = Rules(**(tomllib.loads(toml.read_text()) if toml.exists() else {}))
    for run_no, folder in enumerate(f for f in (case, case / "then") if f.is_dir()):
        now = NOW + timedelta(days=run_no)
        load(warehouse, connection, folder, now)
        connection.execute("delete from state.resolved")  # rows of typed tables tell nobody
        warehouse.resolve("main", rules, run_id=f"run {run_no}", now=now)


def load(
    warehouse: Warehouse, connection: duckdb.DuckDBPyConnection, folder: Path, now: datetime
) -> None:
    for path in sorted(folder.glob("*.jsonl")):
        entity = path.stem.removeprefix("raw_")
        warehouse.records.load("main", entity, list(documents(path)), [], run_id="r", now=now)
    imported = {path.stem: read(path) for path in folder.glob("imported_*.csv")}
    if imported:
        frames = [imported.get(f"imported_{name}") for name in ("orders", "items", "customers")]
        warehouse.imports.load("main", *map(typed, frames), [], run_id="r", now=now)
    for path in sorted(folder.glob("*.csv")):
        if not path.stem.startswith(("expect", "imported_")):
            fill(connection, path.stem, read(path))


def documents(path: Path) -> Iterator[RawRecord]:
    for line in path.read_text().splitlines():
        document = json.loads(line)
        key = next(str(document[name]) for name in DOCUMENT_KEYS if name in document)
        yield RawRecord(key, line)


def typed(frame: pl.DataFrame | None) -> pl.DataFrame | None:
    if frame is None or "ordered_at" not in frame.columns:
        return frame
    return frame.with_columns(pl.col("ordered_at").str.to_datetime(time_zone="UTC"))


def fill(connection: duckdb.DuckDBPyConnection, table: str, rows: pl.DataFrame) -> None:
    for name, value in {"store": "main", **DEFAULTS.get(table, {})}.items():
        if name not in rows.columns:
            given = pl.col(value) if value in rows.columns else pl.lit(value)
            rows = rows.with_columns(given.alias(name))
    with registered(connection, {"rows": rows}):
        if not table_exists(connection, table):
            connection.execute(f"create table {table} as from rows")
            return
        if table in KEYS:
            key = KEYS[table]
            connection.execute(f"delete from {table} where {key} in (select {key} from rows)")
        connection.execute(f"insert into {table} by name from rows")


def agree(connection: duckdb.DuckDBPyConnection, query: str, expected: Path) -> None:
    wanted = read(expected)
    found = connection.sql(
        f"select columns(*)::varchar from (select {', '.join(wanted.columns)} from ({query}))"
    )
    assert sorted(map(str, found.fetchall())) == sorted(map(str, wanted.rows()))


def read(path: Path) -> pl.DataFrame:
    """A small table as text; cells may be padded, an empty one is null, # starts a remark."""
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    header, *rows = csv.reader(lines, skipinitialspace=True)
    cells = [[cell.strip() or None for cell in row] for row in rows]
    return pl.DataFrame(cells, schema=dict.fromkeys(header, pl.String), orient="row")
