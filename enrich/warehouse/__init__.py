"""The warehouse: a DuckDB file that one process writes, and a read copy that everybody reads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from enrich.settings import WAREHOUSE_NAME
from enrich.warehouse.audiences import Audiences
from enrich.warehouse.connection import another, connect
from enrich.warehouse.damage import explained, memory_explained
from enrich.warehouse.forgetting import Found, Named
from enrich.warehouse.lock import writer_lock
from enrich.warehouse.publishing import OWN_COPY
from enrich.warehouse.pushes import NOTHING_LEFT, Pushes, PushStatus, PushTarget
from enrich.warehouse.reading import ReadCopy, read_lake, read_warehouse
from enrich.warehouse.ready import ReadyQuery, query_of, ready_queries
from enrich.warehouse.resolved import Resolved
from enrich.warehouse.searching import is_database
from enrich.warehouse.sharing import READ_COPY_NAME, Sharing
from enrich.warehouse.tombstones import REMEMBERED_NAME, adopt_remembered, read_remembered
from enrich.warehouse.traces import IDENTIFIER_COLUMNS, Traces, traces_of
from enrich.warehouse.warehouse import Warehouse

__all__ = [
    "IDENTIFIER_COLUMNS",
    "NOTHING_LEFT",
    "OWN_COPY",
    "READ_COPY_NAME",
    "REMEMBERED_NAME",
    "WAREHOUSE_NAME",
    "Audiences",
    "Found",
    "Named",
    "PushStatus",
    "PushTarget",
    "Pushes",
    "ReadCopy",
    "ReadyQuery",
    "Resolved",
    "Sharing",
    "Traces",
    "Warehouse",
    "is_database",
    "open_warehouse",
    "query_of",
    "read_lake",
    "read_remembered",
    "read_warehouse",
    "ready_queries",
    "serving_lock",
    "traces_of",
]


@contextmanager
def serving_lock(data_dir: Path, started_at: datetime) -> Iterator[int]:
    """Held while the schedules of a data folder are served; raises Locked when they are already."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    does = "serves the schedules of this data folder"
    with writer_lock(
        data_dir / ".serving", "serve", started_at.isoformat(timespec="seconds"), does=does
    ) as descriptor:
        yield descriptor


@contextmanager
def open_warehouse(
    data_dir: Path,
    *,
    job: str = "a job",
    started_at: datetime | None = None,
    memory_limit: str = "4 GB",
    threads: int | None = None,
    sharing: Sharing = Sharing(),
) -> Iterator[Warehouse]:
    """The warehouse of `data_dir`, made when there is none, owned by this process in the block.

    `sharing` is how its read copy is shared. Raises Locked saying who holds it, BadSettings when
    the file is newer than the program, Stop when the file is damaged, the disk full, the memory
    too small or the account not allowed.
    """
    signature = started_at.isoformat(timespec="seconds") if started_at else "an unknown moment"
    path = data_dir / WAREHOUSE_NAME
    with explained(path), memory_explained(f"running {job}", memory_limit):
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (
            writer_lock(data_dir / ".lock", job, signature),
            closing(connect(path, memory_limit, threads)) as connection,
            another(connection) as reader,
        ):
            adopt_remembered(connection, data_dir / REMEMBERED_NAME)
            yield Warehouse(path, connection, reader, sharing, memory_limit)
