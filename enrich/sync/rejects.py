"""What was rejected, tried once more: after an outage, a mended document, a newer program."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from enrich.model import RawRecord, Reject
from enrich.sources.source import Changing, Documents, Fetched, Gone, Listed, Missing, Wanted
from enrich.sync.inbox import NOT_THERE
from enrich.sync.pulling import Pull


@dataclass(frozen=True, slots=True)
class Retried:
    """How many records of one entity were tried again, and how many are good now."""

    entity: str
    tried_count: int
    good_count: int
    note: str | None = None


def retry_rejects(pull: Pull) -> list[Retried]:
    """What became of the records of one store that were rejected, an entity each.

    Orders and SKUs are asked for again, other documents are read again as they were kept. A record
    that is good leaves the list; the caller resolves the store. Raises what a sync raises.
    """
    entities = {entity.name: entity for entity in pull.source.entities}
    rejects = pull.warehouse.records.rejects(pull.shop.name)
    done = []
    for (key,), rows in rejects.group_by("entity", maintain_order=True):
        name = str(key)
        entity = entities.get(name)
        if not isinstance(entity, Documents):
            done.append(Retried(name, 0, 0, "rows of files: import the corrected file"))
            continue
        found = list(_again(entity, rows))
        pull.load(name, found)
        good = sum(isinstance(one, RawRecord) for one in found)
        done.append(Retried(name, len(found), good))
    return done


def _again(entity: Documents, rows: pl.DataFrame) -> Iterable[Fetched]:
    if isinstance(entity, Listed | Wanted):
        yield from entity.fetch(rows["key"].drop_nulls().unique(maintain_order=True))
        return
    for key, payload in rows.filter(pl.col("payload") != "").select("key", "payload").iter_rows():
        found = entity.parse(payload.encode())
        yield Reject(key, found.reason, payload) if isinstance(found, Reject) else found
    if isinstance(entity, Changing):  # also those whose fetch failed after a notification
        for one in entity.fetch(rows.filter(payload="")["key"].drop_nulls()):
            yield Missing(one.key, NOT_THERE) if isinstance(one, Gone) else one
