"""Forget one person: out of the warehouse, the files and the platforms, with a certificate."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from enrich.destinations.base import Addressee
from enrich.errors import EnrichError
from enrich.jobs.forgetting_files import remove_from_files, still_holding
from enrich.jobs.pushing import Destination
from enrich.jobs.runs import new_run_id, recorded
from enrich.jobs.shops import Shop
from enrich.model import Outcome
from enrich.receiver import inboxes_in
from enrich.store import Warehouse

BY_HAND = "delete the person there by hand"


@dataclass(frozen=True, slots=True)
class Certificate:
    """What was done to forget one person; no field holds a personal value.

    `removed`: per store, what and how much; `platforms`: what each one answered or is to be done
    there; `still_in`: files of the data folder that hold one of the identifiers nevertheless.
    """

    forgotten_at: datetime
    removed: Mapping[str, Mapping[str, int]]
    files_rewritten: tuple[str, ...]
    platforms: Mapping[str, str]
    still_in: tuple[str, ...]

    @property
    def was_known(self) -> bool:
        known = ("customers", "contacts", "orders made anonymous", "consents")
        return any(counts.get(what) for counts in self.removed.values() for what in known)

    def as_json(self) -> dict[str, Any]:
        return {
            "forgotten_at": self.forgotten_at.isoformat(),
            "removed": {store: dict(counts) for store, counts in self.removed.items()},
            "files_rewritten": list(self.files_rewritten),
            "platforms": dict(self.platforms),
            "still_in": list(self.still_in),
            "stays_away": "salted digests of the identifiers keep later pulls and imports away",
        }


@dataclass(frozen=True, slots=True)
class Removal:
    """What left the warehouse, and what is needed to look for the rest; drop it afterwards."""

    removed: Mapping[str, Mapping[str, int]]
    platforms: Mapping[str, str]
    values: tuple[str, ...]
    customer_keys: tuple[int, ...]


def forget_in_warehouse(
    warehouse: Warehouse,
    shops: Sequence[Shop],
    who: str,
    destinations: Sequence[Destination],
    *,
    now: datetime,
) -> Removal:
    """What was removed from the tables of every store, and what each platform was asked."""
    removed: dict[str, Mapping[str, int]] = {}
    values: set[str] = set()
    keys: set[int] = set()
    pushed: list[pl.DataFrame] = []
    for shop in shops:
        with recorded(warehouse, "forget", shop.name, now) as run:
            found = warehouse.forget(shop.name, who, shop.rules, run_id=run.run_id, now=now)
            run.note(dict(found.counts))
        removed[shop.name] = dict(found.counts)
        values.update(found.values)
        keys.update(found.customer_keys)
        pushed.append(found.pushed)
    platforms = _erase(pl.concat(pushed), {one.name: one for one in destinations})
    return Removal(removed, platforms, tuple(sorted(values)), tuple(sorted(keys)))


def _erase(pushed: pl.DataFrame, destinations: Mapping[str, Destination]) -> dict[str, str]:
    """What every platform that accepted the person answered, or what a person must do there."""
    answers = {}
    for (name,), records in pushed.group_by("destination", maintain_order=True):
        destination = destinations.get(str(name))
        answers[str(name)] = BY_HAND if destination is None else _asked(destination, records)
    return answers


def _asked(destination: Destination, records: pl.DataFrame) -> str:
    addressees = [
        Addressee(record_id, remote_key)
        for record_id, remote_key in records.select("record_id", "remote_key").iter_rows()
        if remote_key is not None
    ]
    if len(addressees) < records.height:
        return BY_HAND
    try:
        results = destination.profiles.erase(addressees)
    except EnrichError as fault:
        return f"did not answer ({type(fault).__name__}): {BY_HAND}"
    if {one.outcome for one in results} <= {Outcome.ACCEPTED, Outcome.QUEUED, Outcome.UNCHANGED}:
        return "erased"
    advice = {one.message for one in results if one.outcome is Outcome.INVALID and one.message}
    return "; ".join(sorted(advice)) or BY_HAND


def forget_in_files(removal: Removal, data_dir: Path, *, now: datetime) -> Certificate:
    """The certificate, kept in `certificates`, after the files of the data folder were searched."""
    rewritten = [
        *remove_from_files(data_dir, removal.values, removal.customer_keys),
        *(path for inbox in inboxes_in(data_dir).values() for path in inbox.forget(removal.values)),
    ]
    certificate = Certificate(
        now,
        removal.removed,
        tuple(_inside(path, data_dir) for path in rewritten),
        removal.platforms,
        tuple(_inside(path, data_dir) for path in still_holding(data_dir, removal.values)),
    )
    _keep(certificate, data_dir / "certificates" / f"{new_run_id('forget', now)}.json")
    return certificate


def _inside(path: Path, data_dir: Path) -> str:
    return path.relative_to(data_dir).as_posix()


def _keep(certificate: Certificate, path: Path) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        json.dump(certificate.as_json(), out, indent=2)
