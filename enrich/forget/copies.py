"""Backups and copies that still hold a person: in the data folder, and where backups were put."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from enrich.errors import BadSettings
from enrich.forget.journal import Case
from enrich.warehouse import (
    OWN_COPY,
    READ_COPY_NAME,
    WAREHOUSE_NAME,
    Traces,
    is_database,
    read_remembered,
)
from enrich.warehouse.copies import LAKE_MANIFEST, drop_copies, remembered_copies
from enrich.warehouse.searching import holds_forgotten, tables_naming

CURRENT = frozenset({WAREHOUSE_NAME, READ_COPY_NAME, OWN_COPY.as_posix()})


@dataclass(frozen=True, slots=True)
class Copies:
    """The copies that hold somebody, or cannot be read, with their stamps; those out of reach."""

    holding: Mapping[str, str]
    unreachable: tuple[str, ...]


def search_copies(data_dir: Path, traces: Mapping[str, Traces]) -> Copies:
    """Which copies name one of the people of each store; each is opened and read as a database.

    A lake is not searched: it counts, by its manifest, until it is written again.
    """
    outside = remembered_copies(data_dir)
    inside = (*_databases(data_dir), *_lakes(data_dir))
    there = [*inside, *(path for path in outside if path.is_file())]
    return Copies(
        {_name(path, data_dir): stamp_of(path) for path in there if _holds(path, traces)},
        tuple(str(path) for path in outside if not path.parent.is_dir()),
    )


def drop_gone(data_dir: Path) -> None:
    """Remember no place of a backup that was deleted. A disk that is not mounted has no folder."""
    outside = remembered_copies(data_dir)
    drop_copies(data_dir, [path for path in outside if path.parent.is_dir() and not path.exists()])


def still_holding(data_dir: Path, case: Case) -> dict[str, str]:
    """The copies of a case that are as they were, or were replaced and still hold somebody.

    The identifiers are gone by now; a copy that was replaced is compared by their digests.
    """
    found = {}
    for name, stamp in case.copies.items():
        path = data_dir / name
        if not path.is_file():
            if not path.parent.is_dir():
                found[name] = stamp
        elif stamp_of(path) == stamp or (
            path.name != LAKE_MANIFEST and _holds_digests(path, data_dir, case)
        ):
            found[name] = stamp_of(path)
    return found


def stamp_of(path: Path) -> str:
    """Changes whenever the file is replaced or written."""
    stat = path.stat()
    return f"{stat.st_mtime_ns}-{stat.st_size}"


def _databases(data_dir: Path) -> Iterator[Path]:
    for path in sorted(data_dir.rglob("*")):
        is_current = path.relative_to(data_dir).as_posix() in CURRENT
        if not is_current and path.is_file() and is_database(path):
            yield path


def _lakes(data_dir: Path) -> set[Path]:
    there = {folder.with_name(LAKE_MANIFEST) for folder in data_dir.rglob("store=*")}
    return {path for path in there if path.is_file()}


def _holds(path: Path, traces: Mapping[str, Traces]) -> bool:
    """Whether it names somebody; of one that cannot be read nobody knows, so it counts."""
    try:
        return bool(tables_naming(path, traces))
    except BadSettings:
        return True


def _holds_digests(path: Path, data_dir: Path, case: Case) -> bool:
    lines, _ = read_remembered(data_dir)
    own = [line for line in lines if line["certificate"] == case.certificate]
    try:
        return any(
            holds_forgotten(path, store, {line["digest"] for line in own}, salt)
            for store, salt in {(line["store"], line["salt"]) for line in own}
        )
    except BadSettings:
        return True


def _name(path: Path, data_dir: Path) -> str:
    return path.relative_to(data_dir).as_posix() if path.is_relative_to(data_dir) else str(path)
