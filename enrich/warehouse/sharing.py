"""The copy for other programs: where it lies, who may read it, and what is left out of it."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, partial
from pathlib import Path

import duckdb

from enrich.warehouse.damage import READ_COPY, explained
from enrich.warehouse.parquet_copy import put_parquet, remove_parquet
from enrich.warehouse.scripts import quoted_name, sql_folder
from enrich.warehouse.swapping import put, remove

READ_COPY_NAME = "analysis.duckdb"
_FOLDER_MODES = {0o600: 0o700, 0o640: 0o750, 0o644: 0o755}


@dataclass(frozen=True, slots=True)
class Sharing:
    """How the read copy is shared with other programs, as the settings say.

    `folder` None is the data folder. `group_id` None leaves the group as the system gives it.
    Without `contacts` it holds what sql/views/shared.toml names. With `parquet` its tables are
    Parquet files beside it as well.
    """

    folder: Path | None = None
    file_mode: int = 0o600
    group_id: int | None = None
    contacts: bool = True
    parquet: bool = False

    def path(self, data_dir: Path) -> Path:
        """Where the shared copy lies."""
        return (self.folder or data_dir) / READ_COPY_NAME


def share(
    connection: duckdb.DuckDBPyConnection,
    source: Path,
    sharing: Sharing,
    data_dir: Path,
    *,
    keep_before: bool,
) -> Path:
    """The path of the shared copy, whose content is `source`; what lay there before is replaced.

    One that an earlier setting left in the data folder goes. `keep_before`: see `put_parquet`.
    """
    path = sharing.path(data_dir)
    with explained(path, READ_COPY):
        _make_folder(path.parent, sharing)
        put(source, path, lambda descriptor: _hand_over(descriptor, sharing, path))
        if sharing.parquet:
            let_in = partial(_let_in, sharing=sharing)
            put_parquet(
                connection,
                source,
                path.parent,
                let_in,
                has_contacts=sharing.contacts,
                keep_before=keep_before,
            )
        else:
            remove_parquet(path.parent)
    if path.parent.resolve() != data_dir.resolve():
        remove(data_dir / READ_COPY_NAME)
        remove_parquet(data_dir)
    return path


def _make_folder(folder: Path, sharing: Sharing) -> None:
    if not folder.is_dir():
        folder.mkdir(mode=0o700, parents=True)
        _let_in(folder, sharing)


def _let_in(path: Path, sharing: Sharing) -> None:
    if sharing.group_id is not None:
        os.chown(path, -1, sharing.group_id)
    path.chmod(_FOLDER_MODES[sharing.file_mode] if path.is_dir() else sharing.file_mode)


def _hand_over(descriptor: int, sharing: Sharing, path: Path) -> None:
    try:
        if sharing.group_id is not None:
            os.fchown(descriptor, -1, sharing.group_id)
        os.fchmod(descriptor, sharing.file_mode)
    except OSError as error:
        error.filename = str(path)  # the system only knows a number
        raise


@cache
def _allowed() -> dict[str, list[str]]:
    found = tomllib.loads((sql_folder() / "views" / "shared.toml").read_text(encoding="utf-8"))
    return {**found, "profiles_today": [*found["profiles"], "as_of", "computed_at"]}


def shown_columns(table: str, columns: Sequence[tuple[str, str]]) -> list[str]:
    """The columns of a table in SQL, those with contact data null; empty for one that is left out.

    `columns` are names and types.
    """
    patterns = _allowed().get(table)
    if patterns is None:
        return []
    return [
        quoted_name(name)
        if any(fnmatchcase(name, pattern) for pattern in patterns)
        else f"null::{kind} as {quoted_name(name)}"
        for name, kind in columns
    ]
