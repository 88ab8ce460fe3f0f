"""Rows to and from Parquet files, which are for their owner alone."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb

from enrich.durable import private_files
from enrich.warehouse.scripts import quoted


def rows_of(files: Iterable[Path]) -> str:
    """The rows of the files as SQL; a column that one of them lacks is null there."""
    names = ", ".join(quoted(str(path)) for path in files)
    return f"read_parquet([{names}], union_by_name = true, hive_partitioning = false)"


def write_rows(
    connection: duckdb.DuckDBPyConnection, query: str, path: Path, names: str = ""
) -> None:
    """The answer of the query in a file, or, with names as "data_{i}", in a folder a bucket."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    parts = f", partition_by (bucket), overwrite_or_ignore, filename_pattern {quoted(names)}"
    with private_files():
        connection.execute(
            f"copy ({query.rstrip().rstrip(';')}) to {quoted(str(path))}"
            f" (format parquet, compression zstd{parts if names else ''})"
        )
