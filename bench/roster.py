"""Everything that can be measured: which program, on which scales, compared with what."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Group(StrEnum):
    """What a contender makes, and so with whom it is compared."""

    TABLE = "the whole profile table, Parquet to Parquet"
    SUBSET = "recency, frequency, monetary and scores alone"
    FLOOR = "reading only"
    WAREHOUSE = "the whole profile table, from and into the warehouse"
    PREDICTION = "what comes next, from purchases in Parquet"
    DASHBOARD = "the dashboard, from the read copy"
    SYNC = "orders from VTEX"
    FILES = "orders and their lines from files"


@dataclass(frozen=True, slots=True)
class Contender:
    """One program: the module of `bench.contenders` and its further arguments.

    `needs_peers`: it runs where pandas and pymc-marketing are installed. `starts_from`: the
    prepared folder (see `prepare.py`) it is given a fresh copy of before each run. `is_compared`:
    it leaves the profiles of everything, equal to the others'.
    """

    name: str
    module: str
    says: str
    group: Group
    arguments: tuple[str, ...] = ()
    needs_peers: bool = False
    starts_from: str | None = None
    is_small_only: bool = False
    is_standard: bool = True
    is_compared: bool = True


CONTENDERS = (
    Contender("stage", "stage", "the profile stage", Group.TABLE),
    Contender("stage_7", "stage", "the stage, 7 parts", Group.TABLE, ("7",), is_standard=False),
    Contender("stage_64", "stage", "the stage, 64 parts", Group.TABLE, ("64",), is_standard=False),
    Contender("duckdb", "duckdb_sql", "tuned DuckDB SQL", Group.TABLE),
    Contender(
        "pandas",
        "pandas_groupby",
        "plain pandas",
        Group.TABLE,
        needs_peers=True,
        is_small_only=True,
    ),
    Contender("floor", "floor", "floor: read all, count purchases", Group.FLOOR),
    Contender("stage_rfm", "stage_rfm", "our RFM alone", Group.SUBSET),
    Contender(
        "pymc",
        "pymc",
        "pymc-marketing",
        Group.SUBSET,
        needs_peers=True,
        is_small_only=True,
    ),
    Contender(
        "pymc_import",
        "pymc_import",
        "pymc-marketing, import only",
        Group.SUBSET,
        needs_peers=True,
        is_small_only=True,
    ),
    Contender("predict", "predict", "predictions", Group.PREDICTION, is_standard=False),
    Contender(
        "predict_7", "predict", "predictions, 7 parts", Group.PREDICTION, ("7",), is_standard=False
    ),
    Contender(
        "pymc_map",
        "pymc_map",
        "pymc-marketing's MAP",
        Group.PREDICTION,
        needs_peers=True,
        is_small_only=True,
        is_standard=False,
    ),
    Contender(
        "warehouse",
        "warehouse",
        "from and into the warehouse",
        Group.WAREHOUSE,
        starts_from="warehouse",
        is_standard=False,
    ),
    Contender(
        "resolve",
        "resolve",
        "customers and purchases resolved",
        Group.WAREHOUSE,
        starts_from="typed",
        is_standard=False,
        is_compared=False,
    ),
    Contender(
        "resolve_floor",
        "resolve_floor",
        "floor of resolving: joins, carts, numbers, ordered lines",
        Group.WAREHOUSE,
        starts_from="typed",
        is_standard=False,
        is_compared=False,
    ),
    Contender(
        "resolve_again",
        "resolve",
        "customers and purchases resolved after 1 % new orders",
        Group.WAREHOUSE,
        starts_from="warehouse_kept",
        is_standard=False,
        is_compared=False,
    ),
    Contender(
        "job",
        "job",
        "the profile job, resolving first",
        Group.WAREHOUSE,
        starts_from="typed",
        is_standard=False,
    ),
    Contender(
        "job_again",
        "job",
        "the profile job after 1 % new orders, resolving first",
        Group.WAREHOUSE,
        starts_from="warehouse_kept",
        is_standard=False,
        is_compared=False,  # its history is rightly another one
    ),
    Contender(
        "job_plain",
        "job",
        "the same without what comes next and what customers are like",
        Group.WAREHOUSE,
        ("plain",),
        starts_from="warehouse_kept",
        is_standard=False,
        is_compared=False,
    ),
    Contender(
        "dashboard",
        "dashboard",
        "the dashboard",
        Group.DASHBOARD,
        starts_from="published",
        is_standard=False,
    ),
    *(
        Contender(
            f"{name}_{suffix}",
            module,
            f"{says} {suffix}",
            Group.FILES,
            (suffix,),
            starts_from="import_files",
            is_standard=False,
        )
        for suffix in ("csv", "parquet")
        for name, module, says in (
            ("read", "read_files", "DuckDB reads the same"),
            ("import", "import_files", "orders and lines imported and resolved from"),
        )
    ),
    Contender("httpx", "httpx_loop", "bare httpx loop", Group.SYNC, is_standard=False),
    Contender(
        "orders",
        "pull_orders",
        "orders: client, validation, load",
        Group.SYNC,
        starts_from="nothing",
        is_standard=False,
    ),
    Contender(
        "sync",
        "sync",
        "first sync of everything",
        Group.SYNC,
        starts_from="nothing",
        is_standard=False,
    ),
    Contender(
        "sync_again",
        "sync",
        "sync with nothing new",
        Group.SYNC,
        starts_from="synced",
        is_standard=False,
    ),
)
BY_NAME = {contender.name: contender for contender in CONTENDERS}
SMALL_SCALES = ("XXS", "XS", "S")
