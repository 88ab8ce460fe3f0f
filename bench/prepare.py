"""Folders that contenders start from: python -m bench.prepare KIND SOURCE FOLDER.

SOURCE is the folder of a made-up shop, or the address of the simulator.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl

from bench.contenders.job import TODAY, make
from bench.contenders.sync import sync
from bench.simulated import NOW
from enrich import pipeline
from enrich.model import Rules
from enrich.runs.publish import publish
from enrich.runs.reporting import SILENT
from enrich.settings import parse_settings
from enrich.warehouse import WAREHOUSE_NAME, open_warehouse
from enrich.wiring import Wiring

FILL = Path(__file__).with_name("typed_tables.sql")
FRONT = Path(__file__).with_name("shop_front.sql")
NEW_SHARE = 0.01
DROP = {
    "stores": {"shop": {}},
    "destinations": {"drop": {"kind": "file", "folder": "drop", "within_minutes": True}},
}


def nothing(_: str, folder: Path) -> None:
    """An empty folder."""
    folder.mkdir(parents=True, exist_ok=True)


def typed(source: str, folder: Path) -> None:
    """All orders stored, none resolved."""
    fill(Path(source), folder, 1, _purchase_count(source))


def warehouse(source: str, folder: Path) -> None:
    """All orders stored and resolved, no profiles kept."""
    typed(source, folder)
    resolve(folder)


def warehouse_kept(source: str, folder: Path) -> None:
    """99 % of the orders, with the profiles of the day before kept; then the newest 1 %, stored."""
    count = _purchase_count(source)
    known = count - round(count * NEW_SHARE)
    fill(Path(source), folder, 1, known)
    make(folder, NOW)
    fill(Path(source), folder, known + 1, count)


def pushed(source: str, folder: Path) -> None:
    """All orders with the profiles of the last day, kept and in a file drop."""
    fill(Path(source), folder, 1, _purchase_count(source))
    make(folder, TODAY)
    settings = parse_settings({"data_dir": str(folder), **DROP})
    wiring = Wiring(settings, {}, lambda: TODAY)
    with wiring.warehouse("prepare") as warehouse:
        pipeline.push(wiring, warehouse, ("shop",), SILENT)


def published(source: str, folder: Path) -> None:
    """The read copy of a shop with channels, carts and profiles of four days."""
    fill(Path(source), folder, 1, _purchase_count(source))
    execute(folder, FRONT)
    for days in (90, 30, 7, 0):
        make(folder, TODAY - timedelta(days=days))
    with open_warehouse(folder) as warehouse:
        publish(warehouse)
    (folder / WAREHOUSE_NAME).unlink()


def import_files(source: str, folder: Path) -> None:
    """Ten orders a customer with three lines each, as CSV and Parquet files to import."""
    order_count = 10 * int(_made(source)["customers"])
    number, first = pl.col("number"), datetime(2024, 1, 1)  # noqa: DTZ001  the store's clock
    orders = pl.DataFrame({"number": pl.int_range(order_count, eager=True)}).select(
        order_id=pl.format("A{}", "number"),
        customer_id=pl.format("c{}", number * 7919 % (order_count // 10)),
        ordered_at=pl.lit(first) + pl.duration(minutes=number % 1_000_000),
        amount=(number % 50_000 + 100).cast(pl.Decimal(18, 2)) / 100,
        email=pl.format("person{}@example.com", number * 7919 % (order_count // 10)),
        status=pl.lit("Pago"),
        promo_code=pl.when(number % 5 == 0).then(pl.lit("VERAO10")),
    )
    lines = pl.DataFrame({"number": pl.int_range(3 * order_count, eager=True)}).select(
        order_id=pl.format("A{}", number // 3),
        sku=pl.format("sku-{}", number % 5_000),
        quantity=number % 3 + 1,
        amount=(number % 20_000 + 100).cast(pl.Decimal(18, 2)) / 100,
        product=pl.format("Camiseta azul {}", number % 5_000),
        brand=pl.format("Marca {}", number % 40),
        category=pl.format("Roupas {}", number % 12),
    )
    for name, frame in (("orders", orders), ("items", lines)):
        frame.write_csv(folder / f"{name}.csv", datetime_format="%Y-%m-%dT%H:%M:%S")
        frame.write_parquet(folder / f"{name}.parquet")


def synced(source: str, folder: Path) -> None:
    """Everything synced from the simulator."""
    sync(source, folder)


def fill(shop: Path, folder: Path, first_no: int, last_no: int) -> None:
    """The typed tables of the warehouse gain the purchases of these numbers."""
    with open_warehouse(folder):
        pass  # the schema is there now
    execute(folder, FILL, shop=str(shop), first_no=first_no, last_no=last_no)


def execute(folder: Path, script: Path, **values: str | int) -> None:
    """The statements of the file have run on the warehouse, with these variables."""
    with duckdb.connect(str(folder / WAREHOUSE_NAME)) as connection:
        for name, value in values.items():
            connection.execute(f"set variable {name} = $value", {"value": value})
        connection.execute(script.read_text())


def resolve(folder: Path) -> None:
    """Customers and purchases are made from the typed tables."""
    with open_warehouse(folder) as warehouse:
        warehouse.resolve("shop", Rules(), run_id="prepare", now=NOW + timedelta(days=1))


def _purchase_count(source: str) -> int:
    return int(_made(source)["purchases"])


def _made(source: str) -> dict[str, int]:
    """How much of what the made-up shop has."""
    found: dict[str, int] = json.loads((Path(source) / "made.json").read_text())
    return found


KINDS: dict[str, Callable[[str, Path], None]] = {
    kind.__name__: kind
    for kind in (nothing, typed, warehouse, warehouse_kept, pushed, published, import_files, synced)
}

if __name__ == "__main__":
    KINDS[sys.argv[1]](sys.argv[2], Path(sys.argv[3]))
