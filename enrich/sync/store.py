"""Sync one store: pull each entity of its source, then resolve customers and purchases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from enrich.client import PermissionMissing
from enrich.errors import BadSettings, EnrichError, Locked, Refused
from enrich.model import Span
from enrich.runs.record import recorded
from enrich.runs.reporting import SILENT, Reporter
from enrich.shop import Shop
from enrich.sources.source import (
    Changing,
    Daily,
    Listed,
    Rows,
    Source,
    SourceEntity,
    Wanted,
    Whole,
)
from enrich.sync.customers_and_catalogue import pull_changing, pull_daily, pull_wanted, pull_whole
from enrich.sync.deletions import DELETIONS, pull_deletions
from enrich.sync.import_files import pull_rows
from enrich.sync.inbox import INBOX, pull_inbox
from enrich.sync.orders import pull_orders
from enrich.sync.pulling import ENTITY_COLUMNS, EntityReport, Pull
from enrich.sync.reconciliation import Proof, read_proof
from enrich.sync.refetching import refetch_days, refetch_orders
from enrich.warehouse import Warehouse

NO_SOURCE = "store {store} has no VTEX account; set it, or use `enrich import`"
Puller = Callable[[Pull], EntityReport | None]


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
                one.entity: {
                    **dict(zip(ENTITY_COLUMNS[1:], one.row[1:], strict=True)),
                    "note": one.note,
                }
                for one in self.entities
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
    if shop.source is None:
        raise BadSettings(NO_SOURCE.format(store=shop.name))
    pullers = pullers_of(shop.source, span)
    chosen = chosen_entities(entities, tuple(pullers))
    needed = {one.name for one in shop.source.entities if isinstance(one, Listed | Rows)}
    with recorded(warehouse, "sync", shop.name, now) as run:
        run.note({"partial": span is not None or chosen != tuple(pullers)})
        pull = Pull(warehouse, shop, shop.source, run, report)
        pulled = (_pulled(pull, name, pullers[name], is_needed=name in needed) for name in chosen)
        return _resolved(pull, tuple(report for report in pulled if report is not None))


def refetch_store(
    warehouse: Warehouse,
    shop: Shop,
    *,
    now: datetime,
    order_ids: Sequence[str] = (),
    days: int | None = None,
    report: Reporter = SILENT,
) -> SyncReport:
    """What orders brought that were fetched again: these, or all of the last `days`."""
    if shop.source is None:
        raise BadSettings(NO_SOURCE.format(store=shop.name))
    orders = shop.source.listed
    with recorded(warehouse, "sync", shop.name, now) as run:
        run.note({"partial": True})
        pull = Pull(warehouse, shop, shop.source, run, report)
        if days is None:
            return _resolved(pull, (refetch_orders(pull, orders, order_ids),))
        return _resolved(pull, (refetch_days(pull, orders, days),))


def _resolved(pull: Pull, reports: tuple[EntityReport, ...]) -> SyncReport:
    shop, warehouse, run = pull.shop, pull.warehouse, pull.run
    checks = warehouse.resolve(shop.name, shop.rules, run_id=run.run_id, now=pull.now)
    done = SyncReport(shop.name, reports, checks, read_proof(warehouse, shop.name))
    run.note(done.as_json())
    if done.fault is not None:
        run.fail(done.fault)
    return done


def pullers_of(source: Source, span: Span | None) -> dict[str, Puller]:
    """What a sync pulls, by name, in its order."""
    return {
        name: puller
        for entity in source.entities
        for name, puller in _pullers_of(entity, span).items()
    }


def _pullers_of(entity: SourceEntity, span: Span | None) -> dict[str, Puller]:
    """How an entity of each kind is pulled; what was received is asked for after the customers."""
    match entity:
        case Listed():
            return {entity.name: partial(pull_orders, orders=entity, span=span)}
        case Changing():
            return {
                entity.name: partial(pull_changing, customers=entity),
                INBOX: pull_inbox,
                DELETIONS: partial(pull_deletions, customers=entity),
            }
        case Wanted():
            return {entity.name: partial(pull_wanted, skus=entity)}
        case Daily():
            return {entity.name: partial(pull_daily, daily=entity)}
        case Whole():
            return {entity.name: partial(pull_whole, wanted=entity)}
        case Rows():
            return {entity.name: partial(pull_rows, rows=entity)}
    raise TypeError(f"{entity.name} is of no kind that is pulled")


def chosen_entities(wanted: Sequence[str] | None, known: tuple[str, ...]) -> tuple[str, ...]:
    """The entities in the order they are pulled; raises BadSettings on an unknown one."""
    unknown = sorted(set(wanted or ()) - set(known))
    if unknown:
        raise BadSettings(f"unknown entity {', '.join(unknown)}; known are {', '.join(known)}")
    return tuple(entity for entity in known if not wanted or entity in wanted)


def _pulled(pull: Pull, name: str, puller: Puller, *, is_needed: bool) -> EntityReport | None:
    try:
        return puller(pull)
    except PermissionMissing as error:
        # Without orders there is nothing; everything else is worth having without the rest.
        return EntityReport(name, note=str(error), fault=error if is_needed else None)
    except (Refused, Locked, BadSettings):
        raise
    except EnrichError as error:
        return EntityReport(name, note=str(error), fault=error)


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
