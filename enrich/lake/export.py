"""A warehouse as a lake: the same rows in buckets, with the keys, links and history that it has."""

from __future__ import annotations

import shutil

from enrich.lake.build import Build, placed
from enrich.lake.manifest import Entry, only_writer, write_entry
from enrich.runs.reporting import SILENT, Reporter
from enrich.warehouse import Warehouse
from enrich.warehouse.lake import KEPT_TABLES, PREDICTION_TABLES, SHARED_TABLES, SOURCE_TABLES


def export_lake(warehouse: Warehouse, build: Build, report: Reporter = SILENT) -> Entry:
    """What the manifest says of the store now; a lake that was there is replaced by this one."""
    store = build.store
    with only_writer(build.lake, "lake export", build.now):
        report.say(f"{store}: copying the rows of the warehouse")
        for table in SOURCE_TABLES:
            path = build.staged / table / "000001.parquet"
            warehouse.copy_out(table, path, store, "1 as file_no,")
        for table in KEPT_TABLES:
            warehouse.copy_out(table, build.staged / table / "000001.parquet", store)
        for table in (*SHARED_TABLES, *PREDICTION_TABLES):
            warehouse.copy_out(table, build.folder / "shared" / f"{table}.parquet")
        report.say(f"{store}: cutting people into {build.buckets} buckets")
        entry = {"build": {**placed(build, {}, []), "highest_key": warehouse.highest_key()}}
        shutil.rmtree(build.staged)
        write_entry(build.lake, store, entry)
        return entry
