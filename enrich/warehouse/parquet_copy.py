"""The read copy once more as Parquet files, for programs that do not read DuckDB.

`analysis_parquet` is a link to one version in `.analysis_parquet`, swapped whole. Whoever resolves
it once reads one version: it outlives the next publish, not the one after.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from enrich.durable import private_files
from enrich.warehouse.parquet import write_rows
from enrich.warehouse.scripts import quoted, statement
from enrich.warehouse.swapping import step_aside

LINK_NAME = "analysis_parquet"
VERSIONS_NAME = f".{LINK_NAME}"


def put_parquet(
    connection: duckdb.DuckDBPyConnection,
    copy: Path,
    folder: Path,
    let_in: Callable[[Path], None],
    *,
    has_contacts: bool,
    keep_before: bool,
) -> None:
    """Every table and view of the DuckDB file `copy` is a file in `folder`/analysis_parquet.

    `let_in` gets each file and folder before anybody sees it. Without `keep_before`, and where
    the one before had contacts and this has none, no file of an older version is left.
    """
    link, versions = folder / LINK_NAME, folder / VERSIONS_NAME
    versions.mkdir(mode=0o700, exist_ok=True)
    kind, before = "whole-" if has_contacts else "bare-", link.resolve()
    is_kept = keep_before and link.is_symlink() and before.name.startswith(kind)
    kept = {before} if is_kept else set()
    new = Path(tempfile.mkdtemp(prefix=kind, dir=versions))
    try:
        _write_tables(connection, copy, new)
        for path in (versions, new, *new.iterdir()):
            let_in(path)
        _point(link, new.relative_to(folder))
    finally:
        kept.add(link.resolve())
        for other in versions.iterdir():
            if other.resolve() not in kept:
                shutil.rmtree(other)


def remove_parquet(folder: Path) -> None:
    """Nothing that `put_parquet` made there is left."""
    if (link := folder / LINK_NAME).is_symlink():
        link.unlink()
    if (versions := folder / VERSIONS_NAME).is_dir():
        shutil.rmtree(versions)


@contextmanager
def _attached(connection: duckdb.DuckDBPyConnection, copy: Path) -> Iterator[None]:
    with private_files():
        connection.execute(f"attach {quoted(str(copy))} as shared (read_only)")
    try:
        yield
    finally:
        connection.execute("detach shared")


def _write_tables(connection: duckdb.DuckDBPyConnection, copy: Path, folder: Path) -> None:
    with _attached(connection, copy):
        for table, query in connection.execute(statement("published/parquet")).fetchall():
            write_rows(connection, query, folder / f"{table}.parquet")


def _point(link: Path, target: Path) -> None:
    if not link.is_symlink():
        step_aside(link)
    new = link.with_name(f".{link.name}.new")
    new.unlink(missing_ok=True)
    new.symlink_to(target)
    new.replace(link)
