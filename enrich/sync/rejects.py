"""What was rejected, tried once more: after an outage, a mended document, a newer program."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from enrich.model import RawRecord, Reject
from enrich.sources.vtex import (
    ENTITIES,
    Fetched,
    Gone,
    Missing,
    fetch_customers,
    fetch_orders,
    fetch_skus,
    parse_record,
)
from enrich.sources.vtex.entities import customers_with
from enrich.sync.inbox import NOT_THERE
from enrich.sync.pulling import Pull

IMPORTED = "import"


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
    rejects = pull.warehouse.records.rejects(pull.shop.name)
    done = []
    for (entity,), rows in rejects.group_by("entity", maintain_order=True):
        if entity == IMPORTED:
            note = "rows of files: import the corrected file"
            done.append(Retried(IMPORTED, 0, 0, note))
            continue
        found = _again(pull, str(entity), rows)
        pull.load(str(entity), found)
        good = sum(isinstance(one, RawRecord) for one in found)
        done.append(Retried(str(entity), len(found), good))
    return done


def _again(pull: Pull, entity: str, rows: pl.DataFrame) -> list[Fetched]:
    keys = rows["key"].drop_nulls().unique(maintain_order=True).to_list()
    threads = pull.shop.detail_threads
    if entity == "orders":
        return list(fetch_orders(pull.client, keys, concurrent=threads))
    if entity == "skus":
        return list(fetch_skus(pull.client, keys, concurrent=threads))
    extra = pull.shop.extra_customer_fields
    found: list[Fetched] = [
        _read_again(entity, key, payload, extra)
        for key, payload in rows.select("key", "payload").iter_rows()
        if payload
    ]
    return found + (_ask_for_customers(pull, rows) if entity == "customers" else [])


def _ask_for_customers(pull: Pull, rows: pl.DataFrame) -> list[Fetched]:
    """Customers whose fetch failed after a notification."""
    keys = rows.filter(pl.col("payload") == "")["key"].drop_nulls().to_list()
    asked = fetch_customers(
        pull.client,
        keys,
        extra_fields=pull.shop.extra_customer_fields,
        concurrent=pull.shop.detail_threads,
    )
    return [Missing(one.key, NOT_THERE) if isinstance(one, Gone) else one for one in asked]


def _read_again(
    entity: str, key: str | None, payload: str, extra_fields: tuple[str, ...]
) -> RawRecord | Reject:
    known = customers_with(extra_fields) if entity == "customers" else ENTITIES[entity]
    found = parse_record(known, payload.encode())
    if isinstance(found, Reject):
        return Reject(key, found.reason, payload)
    return found
