"""What a lake holds: a small file, written last, so that a reader sees the old or the new whole."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from enrich import __version__
from enrich.durable import write_durably
from enrich.errors import BadSettings
from enrich.warehouse.copies import LAKE_MANIFEST as NAME
from enrich.warehouse.lock import writer_lock
from enrich.warehouse.scripts import statements

FORMAT = 1

Entry = dict[str, Any]


def read_manifest(lake: Path, name: str = NAME) -> dict[str, Entry]:
    """What is known of each store; raises BadSettings when there is no lake of ours."""
    path = lake / name
    if not path.is_file():
        raise BadSettings(f"{lake} is no lake yet; `enrich lake build` or `export` makes one")
    found = json.loads(path.read_text(encoding="utf-8"))
    if found.get("format") != FORMAT:
        raise BadSettings(f"{path} has format {found.get('format')}, this program knows {FORMAT}")
    return dict(found["stores"])


def known_entry(lake: Path, store: str) -> Entry:
    """What is known of a store; empty before its first build."""
    return dict(read_manifest(lake).get(store, {})) if (lake / NAME).is_file() else {}


def write_entry(lake: Path, store: str, entry: Mapping[str, Any]) -> None:
    """The store as it is from now on; folders that nothing names any more are removed.

    What the manifest named before stays until the next one: somebody may be reading it.
    """
    stores = read_manifest(lake) if (lake / NAME).is_file() else {}
    before = entry_folders(stores.get(store, {}))
    stores[store] = dict(entry)
    content = json.dumps({"format": FORMAT, "stores": stores}, indent=1, default=str)
    write_durably(lake / NAME, content.encode())
    kept = before | entry_folders(stores[store])
    for folder in (lake / f"store={store}").iterdir():
        if folder.name not in kept:
            shutil.rmtree(folder, ignore_errors=True)


def entry_folders(entry: Mapping[str, Any]) -> set[str]:
    """The folders of a store that are its lake."""
    return {part["folder"] for part in entry.values()}


def tables_in(lake: Path) -> dict[str, list[str]]:
    """The files of each table of all stores, as globs: of the profiles, else of the build."""
    found: dict[str, list[str]] = {}
    for store, entry in read_manifest(lake).items():
        root = lake / f"store={store}"
        folders = [(root / entry["build"]["folder"] / "tables", "*/*.parquet")]
        if "profiles" in entry:
            folders.insert(0, (root / entry["profiles"]["folder"], "*.parquet"))
        seen: set[str] = set()
        for folder, glob in folders:
            for table in sorted(path for path in folder.iterdir() if path.is_dir()):
                if table.name not in seen and any(table.glob(glob)):
                    found.setdefault(table.name, []).append(str(table / glob))
                seen.add(table.name)
    return found


def digest_of(*facts: object) -> str:
    """A digest of these facts, of this version of the program and its statements."""
    texts = sha256("\0".join(statements().values()).encode()).hexdigest()
    return sha256(json.dumps([__version__, texts, *facts], default=repr).encode()).hexdigest()[:16]


@contextmanager
def only_writer(lake: Path, job: str, now: datetime, lock: str = ".lock") -> Iterator[None]:
    """The lake is ours until the block ends; raises Locked saying who has it."""
    lake.mkdir(mode=0o700, parents=True, exist_ok=True)
    moment = now.isoformat(timespec="seconds")
    with writer_lock(lake / lock, job, moment, does="is writing the lake"):
        yield
