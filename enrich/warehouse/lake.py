"""A lake of Parquet files: rows cut into buckets of people, and a warehouse in memory for a bucket.

People who share no identifier never meet, so a bucket holds whole components: everybody who is tied
to somebody in it by an identifier, a cart or a refund.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl

from enrich.errors import HeldBack
from enrich.model import Rules
from enrich.warehouse.connection import another, limit_memory, make_tables
from enrich.warehouse.history import STATES
from enrich.warehouse.parquet import rows_of, write_rows
from enrich.warehouse.scripts import (
    frame_of,
    quoted,
    read,
    registered,
    run,
    scripts_in,
    set_variable,
    statement,
)
from enrich.warehouse.warehouse import Warehouse

SOURCE_TABLES = (
    "orders",
    "order_items",
    "order_refunds",
    "order_promo_codes",
    "contacts",
    "contact_deletions",
)
"""What sources said, typed: what a lake is made of. The first is placed first."""
KEPT_TABLES = ("identity_links", "segment_history")
"""What goes on from run to run: of whom each identifier is, and what each customer was."""
SHARED_TABLES = (
    "skus",
    "stock",
    "brands",
    "categories",
    "sales_channels",
    "state.control_salt",
    "state.kept_settings",
)
"""Small ones that every bucket reads whole."""
PREDICTION_TABLES = ("prediction_models", "prediction_backtests")
"""Models and back-tests of each day; only the predictions read them, no bucket does."""
RESOLVED_TABLES = ("customers", "purchases", "numbered_lines", "purchase_promo_codes")
"""What profiles are made of, beside `sold_things`, which are of nobody."""
KEYED_TABLES = (
    *RESOLVED_TABLES,
    "split_orders",
    "unmatched_refunds",
    "order_customers",
    "identity_links",
)
BUCKET_NUMBERS = ("purchase_no", "thing_no")
"""Columns that are numbered from the start in each bucket."""
MAX_WAITING_ROWS = 1_000_000
"""Rows that may wait to be written, of all buckets together. DuckDB's default is half as many per
bucket: a whole table would then wait in the spill folder."""
MAX_OPEN_FILES = 500


@dataclass(frozen=True, slots=True)
class Limits:
    """What one process may take; `spill` is a folder of its own."""

    spill: Path
    memory: str = "2 GB"
    threads: int | None = None


@dataclass(frozen=True, slots=True)
class Scratch:
    """A warehouse in memory, gone after the block; rows come from and go to Parquet files."""

    warehouse: Warehouse
    connection: duckdb.DuckDBPyConnection = field(repr=False)

    def take(self, table: str, files: Sequence[Path], keys: Path | None = None) -> None:
        """The rows of the files into the table; `keys` (local_key, customer_key) renames people."""
        if not files:
            return
        rows = rows_of(files)
        if keys is not None and keys.exists():
            known = f"{rows} as given left join {rows_of([keys])} as keys"
            column = "coalesce(keys.customer_key, given.customer_key) as customer_key"
            on = "keys.local_key = given.customer_key"
            rows = f"(select given.* replace ({column}) from {known} on {on})"  # noqa: S608
        self.connection.execute(f"insert into {table} by name from {rows}")

    def history_continued(self, store: str, as_of: date, profiles: pl.DataFrame) -> None:
        """The history of segments goes on to the day of these profiles."""
        states = profiles.select(pl.col(name).cast(dtype) for name, dtype in STATES.items())
        with registered(self.connection, {"incoming": states}):
            run(self.connection, "history/continue", store=store, as_of=as_of)

    def salt(self, salt: str) -> None:
        """The salt of control buckets is this one."""
        self.connection.execute("update state.control_salt set salt = $salt", {"salt": salt})

    def empty(self, table: str) -> None:
        """The table without rows."""
        self.connection.execute(f"delete from {table}")  # noqa: S608 - our own names

    def give(self, table: str, path: Path, extra: str = "", bucket: int = 0) -> None:
        """The rows of the table in a file; `extra` are columns of ours in front of them.

        With their bucket, BUCKET_NUMBERS are those of no other bucket.
        """
        columns = self.connection.table(table).columns
        changed = [
            f"{name} + {bucket << 40} as {name}" for name in BUCKET_NUMBERS if name in columns
        ]
        every = f"* replace ({', '.join(changed)})" if bucket and changed else "*"
        write_rows(self.connection, f"select {extra} {every} from {table}", path)  # noqa: S608


@contextmanager
def scratch(limits: Limits) -> Iterator[Scratch]:
    """An empty warehouse in memory; what does not fit lies in `limits.spill` for a while."""
    with closing(_in_memory(limits)) as connection:
        connection.execute("attach ':memory:' as warehouse")
        connection.execute("use warehouse")
        for script in scripts_in("macros"):
            run(connection, script)
        make_tables(connection)
        with closing(another(connection)) as reader:
            yield Scratch(
                Warehouse(limits.spill, connection, reader, memory_limit=limits.memory), connection
            )


def _in_memory(limits: Limits) -> duckdb.DuckDBPyConnection:
    limits.spill.mkdir(mode=0o700, parents=True, exist_ok=True)
    connection = duckdb.connect()
    limit_memory(connection, limits.memory)
    settings = {
        "temp_directory": str(limits.spill),
        "timezone": "UTC",
        "preserve_insertion_order": False,
        "enable_progress_bar": False,
        **({"threads": limits.threads} if limits.threads else {}),
    }
    for name, value in settings.items():
        connection.execute(f"set {name} = $value", {"value": value})
    return connection


@dataclass(frozen=True, slots=True)
class Placed:
    """What was found while rows were placed: orders by bucket, the most that hang together.

    `findings` are those that no bucket can have: finding, detail, row_count, amount_cents.
    """

    currency: str | None
    findings: list[tuple[Any, ...]]
    order_counts: dict[int, int]
    largest_component: int | None


def place(
    staged: Path,
    kept: Mapping[str, Sequence[Path]],
    target: Path,
    buckets: int,
    store: str,
    rules: Rules,
    limits: Limits,
    max_component: int,
) -> Placed:
    """The staged rows in `target`, a folder a table and in it one a bucket.

    `staged` has a folder a table too; `kept` the files of KEPT_TABLES. Raises HeldBack when
    more than `max_component` orders hang together: no bucket could be smaller.
    """
    with closing(_in_memory(limits)) as connection:
        for script in scripts_in("macros"):
            run(connection, script)
        values = {
            "store": store,
            "buckets": buckets,
            "currency": rules.currency,
            "max_people_per_identifier": rules.max_people_per_identifier,
        }
        waiting, files = MAX_WAITING_ROWS // buckets, min(buckets, MAX_OPEN_FILES)
        connection.execute(f"set partitioned_write_flush_threshold = {max(waiting, 1)}")
        connection.execute(f"set partitioned_write_max_open_files = {files}")
        _open_staged(connection, staged, kept)
        run(connection, "lake/whole")
        run(connection, "identity/shared_identifiers", **values)
        _label(connection)
        set_variable(connection, "buckets", buckets)
        for table in KEPT_TABLES:
            _place(connection, table, target)
        for table in ("orders", "contacts"):
            _place_in_chunks(connection, table, staged, target)
        for table in ("orders", "contacts"):
            _read_written(connection, table, target)
        run(connection, "lake/places")
        for table in ("order_items", "order_refunds", "order_promo_codes"):
            _place_in_chunks(connection, table, staged, target)
        _place(connection, "contact_deletions", target)
        return _placed(connection, values, max_component)


def _open_staged(
    connection: duckdb.DuckDBPyConnection, staged: Path, kept: Mapping[str, Sequence[Path]]
) -> None:
    for table in SOURCE_TABLES:
        _open_files(connection, table, sorted((staged / table).glob("*.parquet")))
    for table in KEPT_TABLES:
        files = [*(staged / table).glob("*.parquet"), *kept[table]]
        connection.execute(f"create temp view known_{table} as from {rows_of(files)}")


def _open_files(connection: duckdb.DuckDBPyConnection, table: str, files: Sequence[Path]) -> None:
    connection.execute(f"create or replace temp view staged_{table} as from {rows_of(files)}")


def _read_written(connection: duckdb.DuckDBPyConnection, table: str, target: Path) -> None:
    """The placed rows as a view; nothing is written where there are none."""
    found = f"select *, 0 as bucket from {table} where false"  # noqa: S608 - our own names
    if any((target / table).glob("*/*.parquet")):
        files = quoted(str(target / table / "*" / "*.parquet"))
        found = f"from read_parquet({files}, hive_partitioning = true)"
    connection.execute(f"create temp view written_{table} as {found}")


def _label(connection: duckdb.DuckDBPyConnection) -> None:
    run(connection, "lake/nodes")
    run(connection, "lake/pairs")
    found = components(read(connection, "lake/tangled"))
    with registered(connection, {"incoming": found}):
        run(connection, "lake/labels")


def components(pairs: pl.DataFrame) -> pl.DataFrame:
    """node, label: of each node in the pairs a, b the smallest one that it hangs together with."""
    from scipy.sparse import coo_array  # a second of every start, and nobody else needs it
    from scipy.sparse.csgraph import connected_components

    ends = np.concatenate([pairs["a"].to_numpy(), pairs["b"].to_numpy()])
    nodes, places = np.unique(ends, return_inverse=True)
    if not len(nodes):
        return pl.DataFrame(schema={"node": pl.UInt64, "label": pl.UInt64})
    a, b = np.split(places.astype(np.int32 if len(nodes) < 2**31 else np.int64), 2)
    graph = coo_array((np.ones(len(a), np.int8), (a, b)), shape=(len(nodes), len(nodes)))
    _, numbers = connected_components(graph, directed=False)
    _, firsts = np.unique(numbers, return_index=True)  # nodes ascend: the first is the smallest
    return pl.DataFrame({"node": nodes, "label": nodes[firsts[numbers]]})


def _place_in_chunks(
    connection: duckdb.DuckDBPyConnection, table: str, staged: Path, target: Path
) -> None:
    """Some files at a time, beside as much of the labels or places as these need."""
    files = sorted((staged / table).glob("*.parquet"))
    chunks = read(connection, "lake/chunks", files=list(map(str, files)))["files"]
    for number, chunk in enumerate(chunks):
        _open_files(connection, table, list(map(Path, chunk)))
        run(connection, f"lake/near_{table}")
        _place(connection, table, target, f"{number:06d}_{{i}}")
    _open_files(connection, table, files)


def _place(
    connection: duckdb.DuckDBPyConnection, table: str, target: Path, names: str = "data_{i}"
) -> None:
    write_rows(connection, statement(f"lake/placed_{table}"), target / table, names)


def _placed(
    connection: duckdb.DuckDBPyConnection, values: dict[str, Any], max_component: int
) -> Placed:
    currency = read(connection, "lake/currency", **values).item()
    found = read(connection, "lake/findings", **values).rows()
    sizes = dict(read(connection, "lake/sizes").iter_rows())
    most = max(sizes.values(), default=0)
    if most <= max_component:  # then no component has more
        return Placed(currency, found, sizes, None)
    largest = int(read(connection, "lake/largest").item())
    if largest > max_component:
        raise HeldBack(
            f"{largest:,} orders hang together through e-mails, documents or ids that people share,"
            f" and --max-component is {max_component:,}: an identifier of nobody is among them; a"
            " smaller max_people_per_identifier cuts it out, a larger --max-component takes them"
        )
    return Placed(currency, found, sizes, largest)


def number_keys(files: Sequence[Path], target: Path, highest: int, limits: Limits) -> int:
    """The keys of everybody who is new, a file a bucket in `target`; the highest key there is then.

    `files`: bucket, customer_key, first_seen_at, label of each new person.
    """
    if not files:
        return highest
    with closing(_in_memory(limits)) as connection:
        connection.execute(f"create temp view new_keys as from {rows_of(files)}")
        query = statement("lake/numbered_keys")
        set_variable(connection, "highest_key", highest)
        write_rows(connection, query, target, "data_{i}")
        return highest + int(frame_of(connection.sql("select count(*) from new_keys")).item())


def digest_of_rows(path: Path) -> int:
    """The digests of all rows of the file, added up: no order of rows or files changes the sum."""
    with closing(duckdb.connect()) as connection:
        connection.execute("set threads = 1")
        query = f"select coalesce(sum(hash(found)), 0)::varchar from {rows_of([path])} as found"  # noqa: S608
        return int(frame_of(connection.sql(query)).item()) % 2**64
