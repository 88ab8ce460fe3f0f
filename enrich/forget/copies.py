"""Backups and copies that still hold a person: in the data folder, and where backups were put."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
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
from enrich.warehouse.copies import (
    LAKE_MANIFEST,
    LAKES,
    S3,
    UNSENT,
    address_of,
    drop_copies,
    remembered_copies,
)
from enrich.warehouse.searching import holds_forgotten, tables_naming

CURRENT = frozenset({WAREHOUSE_NAME, READ_COPY_NAME, OWN_COPY.as_posix()})


@dataclass(frozen=True, slots=True)
class Copies:
    """The copies that hold somebody, or cannot be read, with their stamps; those out of reach."""

    holding: Mapping[str, str]
    unreachable: tuple[str, ...]


def search_copies(data_dir: Path, traces: Mapping[str, Traces]) -> Copies:
    """Which copies name one of the people of each store; each is opened and read as a database.

    A lake is not searched: it counts, by its manifest, until its stores are built again.
    """
    outside = remembered_copies(data_dir)
    inside = (*_databases(data_dir), *_lakes(data_dir))
    there = [*inside, *(path for path in outside if path.is_file())]
    out_of_reach = [one for one in outside if not one.is_file() and not _is_gone(one, data_dir)]
    return Copies(
        {_name(path, data_dir): stamp_of(path) for path in there if _holds(path, traces)},
        tuple(_name(path, data_dir) for path in out_of_reach),
    )


def drop_gone(data_dir: Path) -> None:
    """Remember no place of a backup that was deleted."""
    outside = remembered_copies(data_dir)
    drop_copies(data_dir, [path for path in outside if _is_gone(path, data_dir)])


def still_holding(data_dir: Path, case: Case) -> dict[str, str]:
    """The copies of a case that are as they were, or were replaced and still hold somebody.

    The identifiers are gone by now; a copy that was replaced is compared by their digests. A lake
    holds everybody until each of its builds is younger than the case, in S3 too.
    """
    found = {}
    for name, stamp in case.copies.items():
        path = _path(name, data_dir)
        if not path.is_file():
            if not _is_gone(path, data_dir):
                found[name] = stamp
        elif path.name == LAKE_MANIFEST:
            if _is_built_before(path, case):
                found[name] = stamp_of(path)
        elif stamp_of(path) == stamp or _holds_digests(path, data_dir, case):
            found[name] = stamp_of(path)
    return found


def stamp_of(path: Path) -> str:
    """Changes whenever the file is replaced or written."""
    stat = path.stat()
    return f"{stat.st_mtime_ns}-{stat.st_size}"


def _is_gone(path: Path, data_dir: Path) -> bool:
    """Whether it was deleted; a disk that is not mounted has no folder.

    What is in S3 is not seen here: `enrich lake status` remembers no lake that is not there.
    """
    if address_of(data_dir, path) is not None:
        return path.resolve() not in remembered_copies(data_dir)
    return path.parent.is_dir() and not path.exists()


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


def _is_built_before(path: Path, case: Case) -> bool:
    """Whether the lake of one of the stores is of before; new profiles do not change a build."""
    unsent = path.with_name(UNSENT)
    manifest = unsent if unsent.is_file() else path
    try:
        entries = json.loads(manifest.read_text(encoding="utf-8"))["stores"]
        builds = [entry["build"]["at"] for store, entry in entries.items() if store in case.removed]
        return any(datetime.fromisoformat(at) <= case.begun_at for at in builds)
    except (ValueError, KeyError, TypeError, AttributeError):
        return True  # nobody knows


def _path(name: str, data_dir: Path) -> Path:
    if name.startswith(S3):
        return data_dir / LAKES / name.removeprefix(S3) / LAKE_MANIFEST
    return data_dir / name


def _name(path: Path, data_dir: Path) -> str:
    if (address := address_of(data_dir, path)) is not None:
        return address
    return path.relative_to(data_dir).as_posix() if path.is_relative_to(data_dir) else str(path)
