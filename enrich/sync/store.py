"""Sync one store: pull each entity, then resolve customers and purchases."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from enrich.client import PermissionMissing
from enrich.errors import BadSettings, EnrichError, Locked, Refused
from enrich.model import Span
from enrich.runs.record import Run, recorded
from enrich.runs.reporting import SILENT, Reporter
from enrich.shop import Shop
from enrich.sync.customers_and_catalogue import (
    SMALL_LISTS,
    pull_customers,
    pull_skus,
    pull_small_list,
)
from enrich.sync.deletions import DELETIONS, pull_deletions
from enrich.sync.inbox import INBOX, pull_inbox
from enrich.sync.orders import pull_orders
from enrich.sync.pulling import EntityReport, Pull
from enrich.sync.reconciliation import Proof, read_proof
from enrich.warehouse import Warehouse

ENTITIES = ("orders", "customers", INBOX, DELETIONS, *SMALL_LISTS, "skus")


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What one sync of one store did; `checks` are the findings of the resolve.

    `proof` is how the store compares with VTEX now; None without a figure of VTEX.
    """

    store: str
    entities: tuple[EntityReport, ...]
    checks: pl.DataFrame
    proof: Proof | None = None

    @property
    def fault(self) -> EnrichError | None:
        """The first fault that fails the run, after everything else was done."""
        return next((entity.fault for entity in self.entities if entity.fault), None)

    def entity(self, name: str) -> EntityReport:
        """What one entity brought; an empty report when it was not pulled."""
        found = (entity for entity in self.entities if entity.entity == name)
        return next(found, EntityReport(name))

    def as_json(self) -> dict[str, Any]:
        """The counts for the run's row."""
        return {
            "entities": {
                entity.entity: {
                    "listed": entity.listed_count,
                    "fetched": entity.fetched_count,
                    "new": entity.loaded.new_count,
                    "changed": entity.loaded.changed_count,
                    "unchanged": entity.loaded.unchanged_count,
                    "rejected": entity.loaded.reject_count,
                    "note": entity.note,
                }
                for entity in self.entities
            }
        }


def sync_store(
    warehouse: Warehouse,
    shop: Shop,
    *,
    now: datetime,
    span: Span | None = None,
    entities: Sequence[str] | None = None,
    report: Reporter = SILENT,
) -> SyncReport:
    """What one sync did. Faults of one entity stand in the report; refused credentials raise.

    `span` lists the orders created in it instead of what changed, and moves no watermark.
    """
    chosen = chosen_entities(entities)
    if shop.client is None:
        raise BadSettings(f"store {shop.name} has no VTEX account; set it, or use `enrich import`")
    with recorded(warehouse, "sync", shop.name, now) as run:
        run.note({"partial": span is not None or chosen != ENTITIES})
        pull = Pull(warehouse, shop, shop.client, run, report)
        pulled = (_pulled(pull, entity, span) for entity in chosen)
        reports = tuple(report for report in pulled if report is not None)
        checks = warehouse.resolve(shop.name, shop.rules, run_id=run.run_id, now=now)
        done = SyncReport(shop.name, reports, checks, read_proof(warehouse, shop.name))
        _keep_summary(run, done)
    return done


def chosen_entities(wanted: Sequence[str] | None) -> tuple[str, ...]:
    """The entities in the order they are pulled; raises BadSettings on an unknown one."""
    unknown = sorted(set(wanted or ()) - set(ENTITIES))
    if unknown:
        raise BadSettings(f"unknown entity {', '.join(unknown)}; known are {', '.join(ENTITIES)}")
    return tuple(entity for entity in ENTITIES if not wanted or entity in wanted)


def _pulled(pull: Pull, entity: str, span: Span | None) -> EntityReport | None:
    try:
        return _puller(entity, span)(pull)
    except PermissionMissing as error:
        # Without orders there is nothing; everything else is worth having without the rest.
        needed = entity == "orders"
        return EntityReport(entity, note=str(error), fault=error if needed else None)
    except (Refused, Locked, BadSettings):
        raise
    except EnrichError as error:
        return EntityReport(entity, note=str(error), fault=error)


def _puller(entity: str, span: Span | None) -> Callable[[Pull], EntityReport | None]:
    pullers: Mapping[str, Callable[[Pull], EntityReport | None]] = {
        "orders": partial(pull_orders, span=span),
        "customers": pull_customers,
        INBOX: pull_inbox,
        DELETIONS: pull_deletions,
        "skus": pull_skus,
    }
    return pullers.get(entity) or partial(pull_small_list, entity=entity)


def _keep_summary(run: Run, done: SyncReport) -> None:
    run.note(done.as_json())
    if done.fault is not None:
        run.fail(done.fault)


def span_of_days(
    first: date | None, last: date | None, now: datetime, zone: ZoneInfo
) -> Span | None:
    """The stretch from the start of `first` to the end of `last` on the store's calendar, in UTC.

    None when neither is given; raises BadSettings when the stretch is empty or begins ahead.
    """
    if first is None and last is None:
        return None
    if first is None:
        raise BadSettings("--to needs --from")
    start_at = datetime.combine(first, time.min, zone).astimezone(UTC)
    next_day = last + timedelta(days=1) if last else None
    end_at = datetime.combine(next_day, time.min, zone).astimezone(UTC) if next_day else now
    if start_at >= min(end_at, now):
        raise BadSettings(f"nothing lies between --from {first} and --to {last or 'now'}")
    return Span(start_at, min(end_at, now))
