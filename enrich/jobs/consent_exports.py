"""An export of a platform, followed to its end, also by a run after the one that began it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from enrich.client import NotFound
from enrich.destinations.consents import (
    ConsentReport,
    Downloads,
    ExportsConsents,
    NotOverYet,
    ShowsConsents,
)
from enrich.errors import TryAgain
from enrich.store.consents import Consents


@dataclass(frozen=True, slots=True)
class ConsentSource:
    """A platform that is asked: its name, the stores it serves, how and through what."""

    name: str
    stores: tuple[str, ...]
    reader: ExportsConsents | ShowsConsents
    http: Downloads = field(repr=False)


def read_export(
    source: ConsentSource,
    reader: ExportsConsents,
    consents: Consents,
    target: Path,
    *,
    wait_seconds: float,
    sleep: Callable[[float], None],
    now: datetime,
) -> ConsentReport | None:
    """What the export reports; None when it is not over in time: then the next run goes on with it.

    `target` is a file for the while; it is gone afterwards.
    """
    rest = reader.settings.poll_seconds
    export_id = consents.open_export(source.name)
    is_of_before = export_id is not None
    for turn in range(1 + int(wait_seconds // rest)):
        if turn:
            sleep(rest)
        try:
            export_id = export_id or _start(source, reader, consents, now)
            report = _read(source, reader, export_id, target)
        except NotOverYet:
            continue
        except NotFound:
            consents.keep_export(source.name, None, now=now)
            if not is_of_before:
                raise TryAgain(f"{source.name}: the export was given up; run it again") from None
            export_id, is_of_before = None, False
            continue
        consents.keep_export(source.name, None, now=now)
        return report
    return None


def _start(
    source: ConsentSource, reader: ExportsConsents, consents: Consents, now: datetime
) -> str:
    export_id = reader.start_export()
    consents.keep_export(source.name, export_id, now=now)
    return export_id


def _read(
    source: ConsentSource, reader: ExportsConsents, export_id: str, target: Path
) -> ConsentReport:
    try:
        return reader.read_export(source.http, export_id, target)
    finally:
        target.unlink(missing_ok=True)
