"""The warehouse file as a whole: rewritten, backed up, brought back."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb

from enrich.durable import private_files, whole_file
from enrich.errors import BadSettings
from enrich.warehouse.connection import (
    ROW_GROUPS,
    SCHEMA_VERSION,
    connect,
    copy_privately,
    is_outdated,
    schema_version,
)
from enrich.warehouse.copies import remember_copy
from enrich.warehouse.damage import BACKUP, REPLACEABLE, explained, kind_of
from enrich.warehouse.lock import writer_lock
from enrich.warehouse.scripts import quoted

LOCK_NAME = ".lock"
BACKUPS = "backups"


def rewrite_warehouse(path: Path, *, started_at: datetime) -> None:
    """The file of `path` without what was deleted from it; raises Locked."""
    with explained(path), writer_lock(path.parent / LOCK_NAME, "forget", _signed(started_at)):
        _rewrite(path)


def _rewrite(path: Path) -> None:
    """A fresh copy takes its place, so that no deleted row is left in its free space."""
    with private_files(), whole_file(path) as fresh:
        fresh.unlink()  # DuckDB takes no empty file for its own
        with duckdb.connect() as connection:
            for name, file in (("stale", path), ("fresh", fresh)):
                connection.execute(f"attach {quoted(str(file))} as {name} ({ROW_GROUPS})")
            connection.execute("copy from database stale to fresh")
        _refuse_half(fresh)


def _refuse_half(fresh: Path) -> None:
    with duckdb.connect(str(fresh), read_only=True) as connection:
        if schema_version(connection) is None:
            raise BadSettings("the warehouse could not be rewritten; it is left as it was")


def back_up(
    path: Path, target: Path | None, *, started_at: datetime, replaces: bool = False
) -> Path:
    """The whole copy of the warehouse at `target`, by default in `backups`; raises Locked.

    Everything that is not in it can be made again from it: the read copy by `enrich sync`. With
    `replaces` it takes the place of the backup of before, at once or not at all.
    """
    if not path.is_file():
        raise BadSettings(f"{path} does not exist yet; there is nothing to back up")
    copy = target or path.parent / BACKUPS / f"{path.stem}-{started_at:%Y%m%dT%H%M%SZ}.duckdb"
    _check_target(copy, path, replaces=replaces)
    copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with explained(path), writer_lock(path.parent / LOCK_NAME, "backup", _signed(started_at)):
        connect(path, "1GB", None).close()  # what a killed run left beside the file goes into it
        remember_copy(path.parent, copy, started_at)
        with explained(copy, BACKUP):
            copy_privately(path, copy)
        _readable_version(copy)
    return copy


def _check_target(copy: Path, path: Path, *, replaces: bool) -> None:
    """Raises BadSettings unless there is nothing, or a backup that is to be replaced."""
    if not copy.exists():
        return
    if not replaces or copy.samefile(path):
        raise BadSettings(f"{copy} exists already; it is left as it is")
    _readable_version(copy)


def restore(path: Path, source: Path, *, started_at: datetime) -> Path | None:
    """Where the warehouse of before was put, None when there was none; raises Locked.

    The copy of `source` takes its place at once or not at all. Raises BadSettings when `source` is
    no warehouse, or one of a newer program.
    """
    version = _readable_version(source)
    is_outdated(source, version)
    path.parent.mkdir(parents=True, exist_ok=True)
    with explained(path), writer_lock(path.parent / LOCK_NAME, "restore", _signed(started_at)):
        before = path.with_name(f"{path.stem}.before-restore-{started_at:%Y%m%dT%H%M%SZ}.duckdb")
        had_one = path.exists()
        if had_one:
            _keep_aside(path, before)
        copy_privately(source, path)
    return before if had_one else None


def _keep_aside(path: Path, before: Path) -> None:
    """The file as it is at `before`, damaged or of another schema too, with its log if it has one.

    The log goes: beside the restored file it would be taken for its own.
    """
    try:
        duckdb.connect(str(path)).close()  # what a killed run left beside the file goes into it
    except duckdb.Error as error:
        if kind_of(error, path) not in REPLACEABLE:
            raise  # such as open in another program, which may be writing an order just now
    copy_privately(path, before)
    log = path.with_name(f"{path.name}.wal")
    if log.exists():
        copy_privately(log, before.with_name(f"{before.name}.wal"))
        log.unlink()


def _readable_version(path: Path) -> int:
    """The schema version of a backup; raises BadSettings when it is none."""
    with explained(path, BACKUP), duckdb.connect(str(path), read_only=True) as connection:
        version = schema_version(connection)
    if version is None:
        raise BadSettings(f"{path} is no warehouse (schema {SCHEMA_VERSION} or older is needed)")
    return version


def _signed(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
