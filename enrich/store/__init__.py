"""The warehouse: a DuckDB file that one process writes, and a read copy that everybody reads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from enrich.store.connection import another, connect
from enrich.store.damage import explained
from enrich.store.lock import writer_lock
from enrich.store.parts import StoreParts
from enrich.store.pushes import NOTHING_LEFT, Pushes, PushStatus, PushTarget
from enrich.store.reading import ReadCopy, read_warehouse
from enrich.store.ready import ReadyQuery, ready_queries
from enrich.store.warehouse import Warehouse

__all__ = [
    "NOTHING_LEFT",
    "READ_COPY_NAME",
    "WAREHOUSE_NAME",
    "PushStatus",
    "PushTarget",
    "Pushes",
    "ReadCopy",
    "ReadyQuery",
    "StoreParts",
    "Warehouse",
    "open_warehouse",
    "read_warehouse",
    "ready_queries",
    "serving_lock",
]

WAREHOUSE_NAME = "warehouse.duckdb"
READ_COPY_NAME = "analysis.duckdb"


@contextmanager
def serving_lock(data_dir: Path, started_at: datetime) -> Iterator[None]:
    """Held while the schedules of a data folder are served; raises Locked when they are already."""
    data_dir.mkdir(parents=True, exist_ok=True)
    does = "serves the schedules of this data folder"
    with writer_lock(
        data_dir / ".serving", "serve", started_at.isoformat(timespec="seconds"), does=does
    ):
        yield


@contextmanager
def open_warehouse(
    data_dir: Path,
    *,
    job: str = "a job",
    started_at: datetime | None = None,
    memory_limit: str = "4GB",
    threads: int | None = None,
) -> Iterator[Warehouse]:
    """The warehouse of `data_dir`, made when there is none, owned by this process in the block.

    Raises Locked saying who holds it, BadSettings when the file is newer than the program, Stop
    when the file is damaged, the disk full or the memory too small.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    signature = started_at.isoformat(timespec="seconds") if started_at else "an unknown moment"
    path = data_dir / WAREHOUSE_NAME
    with writer_lock(data_dir / ".lock", job, signature), explained(path):
        connection = connect(path, memory_limit, threads)
        try:
            with another(connection) as reader:
                yield Warehouse(path, connection, reader)
        finally:
            connection.close()
