"""An export of a platform, followed to its end, also by a run after the one that began it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from enrich.client import NotFound
from enrich.destinations.consents import Downloads, Heard, NotOverYet, Reader
from enrich.destinations.remote import Remote
from enrich.errors import TryAgain
from enrich.store.consents import Consents


@dataclass(frozen=True, slots=True)
class ConsentSource:
    """A platform that is asked: its name, the stores it serves, how and through what."""

    name: str
    stores: tuple[str, ...]
    reader: Reader
    remote: Remote = field(repr=False)
    http: Downloads = field(repr=False)


def read_export(
    source: ConsentSource,
    consents: Consents,
    target: Path,
    *,
    wait_seconds: float,
    sleep: Callable[[float], None],
    now: datetime,
) -> Heard | None:
    """What the export told; None when it is not over in time: then the next run goes on with it.

    `target` is a file for the while; it is gone afterwards.
    """
    rest = source.remote.settings.poll_seconds
    export_id = consents.open_export(source.name)
    is_of_before = export_id is not None
    for turn in range(1 + int(wait_seconds // rest)):
        if turn:
            sleep(rest)
        try:
            export_id = export_id or _start(source, consents, now)
            heard = _read(source, export_id, target)
        except NotOverYet:
            continue
        except NotFound:
            consents.keep_export(source.name, None, now=now)
            if not is_of_before:
                raise TryAgain(f"{source.name}: the export was given up; run it again") from None
            export_id, is_of_before = None, False
            continue
        consents.keep_export(source.name, None, now=now)
        return heard
    return None


def _start(source: ConsentSource, consents: Consents, now: datetime) -> str:
    assert source.reader.start is not None
    export_id = source.reader.start(source.remote)
    consents.keep_export(source.name, export_id, now=now)
    return export_id


def _read(source: ConsentSource, export_id: str, target: Path) -> Heard:
    assert source.reader.read is not None
    try:
        return source.reader.read(source.remote, source.http, export_id, target)
    finally:
        target.unlink(missing_ok=True)
