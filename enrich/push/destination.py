"""Push what one store has for one destination, entity by entity; the warehouse is the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from enrich.destinations import PROFILES, DestinationEntity
from enrich.destinations.kinds import CONSENTS
from enrich.destinations.plan import PushedState, PushPlan
from enrich.errors import BadSettings, EnrichError, HeldBack
from enrich.push.days import Days, status_of
from enrich.push.planned import Planner, push
from enrich.push.sources import Source
from enrich.push.summary import PushSummary, split_line
from enrich.runs.record import Run, kept_day, recorded
from enrich.runs.reporting import SILENT, Reporter
from enrich.shop import Shop
from enrich.sync.reconciliation import unproven
from enrich.warehouse import PushTarget, Warehouse


@dataclass(frozen=True, slots=True)
class Destination:
    """One destination of the settings: its name, the stores it serves, what it takes.

    `profiles` is asked for erasures too, switched on or not; `switched_on` are the entities that
    are pushed, in their order; unset, the profiles alone. `shops` are the stores by name.
    `keep_days` is how long files stay where it drops them; None for ever.
    """

    name: str
    stores: tuple[str, ...]
    profiles: DestinationEntity
    requests_per_second: float | None = None
    switched_on: tuple[DestinationEntity, ...] | None = None
    shops: Mapping[str, Shop] = field(default_factory=dict)
    keep_days: int | None = None

    def shop(self, store: str) -> Shop:
        """The store as the settings describe it."""
        return self.shops.get(store) or Shop(store)

    @property
    def entities(self) -> tuple[DestinationEntity, ...]:
        """What is pushed there."""
        return (self.profiles,) if self.switched_on is None else self.switched_on

    def entity(self, name: str) -> DestinationEntity:
        """The entity of this name; raises BadSettings when it is not switched on."""
        for entity in self.entities:
            if entity.name == name:
                return entity
        on = ", ".join(entity.name for entity in self.entities)
        raise BadSettings(
            f"destination {self.name} does not push {name}; entities of its settings: {on}"
        )


def not_begun(
    destination: str, store: str, fault: EnrichError, entity: str = PROFILES
) -> PushSummary:
    """The summary of a push that was held before anything was planned."""
    return PushSummary(destination, store, False, entity=entity, fault=fault)


def push_destination(
    warehouse: Warehouse,
    destination: Destination,
    store: str,
    *,
    now: datetime,
    entity: str | None = None,
    days: Days | None = None,
    dry_run: bool = False,
    confirmed: bool = False,
    report: Reporter = SILENT,
) -> list[PushSummary]:
    """What became of each entity of one store at one destination, or only of `entity`.

    What comes after an entity whose push ended in a fault is not begun: a purchase of a contact
    that is not there would be refused. Raises as `push_entity`.
    """
    wanted = destination.entities if entity is None else (destination.entity(entity),)
    done: dict[str, PushSummary] = {}
    for one in wanted:
        missing = [name for name in one.after if name in done and done[name].fault is not None]
        if missing and not dry_run:
            fault = HeldBack(f"{destination.name}: {one.name} wait for {' and '.join(missing)}")
            done[one.name] = not_begun(destination.name, store, fault, one.name)
            continue
        done[one.name] = push_entity(
            warehouse,
            destination,
            store,
            entity=one.name,
            now=now,
            days=days,
            dry_run=dry_run,
            confirmed=confirmed,
            report=report,
        )
    return list(done.values())


def push_entity(
    warehouse: Warehouse,
    destination: Destination,
    store: str,
    *,
    now: datetime,
    entity: str = PROFILES,
    days: Days | None = None,
    dry_run: bool = False,
    confirmed: bool = False,
    report: Reporter = SILENT,
) -> PushSummary:
    """What became of one entity of one store at one destination; its fault stands in the summary.

    With `days` it is an export of the records of these days, or goes on with one that did not end.
    `confirmed`: a person looked at what would be sent (see `push`). Nothing is sent while
    the store differs too much from its source (a dry run goes on).
    Raises BadSettings when the store has no profiles yet, or the entity is not switched on.
    """
    as_of = kept_day(warehouse, store)
    if as_of is None and entity == PROFILES:
        raise BadSettings(f"store {store} has no profiles yet; run `enrich profiles` first")
    chosen = destination.entity(entity)
    target = PushTarget(destination.name, store, entity)
    work = _Work(
        warehouse, destination, chosen, as_of or now.date(), now, days, dry_run, confirmed, report
    )
    with recorded(warehouse, "push", store, now) as run:
        # A no has nothing to do with whether every order is known.
        held = None if dry_run or entity == CONSENTS else unproven(warehouse, store)
        splits = _splits(warehouse, target, report)
        done = not_begun(destination.name, store, held, entity) if held else work.done(target, run)
        done = replace(done, splits=splits)
        if not dry_run:
            done = _tidied(destination, done, now)
        partial = {} if days is None else {"partial": True}
        run.note({"destination": destination.name, "dry_run": dry_run, **partial, **done.as_json()})
        run.note({"held": isinstance(done.fault, HeldBack)})
        if done.fault is not None:
            run.fail(done.fault)
    return done


def _splits(
    warehouse: Warehouse, target: PushTarget, report: Reporter
) -> tuple[tuple[int, int], ...]:
    """Whose profiles go under a key of their own from now on; listed before they are sent."""
    if target.entity != PROFILES:
        return ()
    found = warehouse.resolved.splits(target.store, target.destination)
    pairs = tuple(found.select("customer_key", "new_customer_key").iter_rows())
    if pairs:
        report.say(f"{target.store} to {target.destination}: {split_line(pairs)}")
    return pairs


def _tidied(destination: Destination, done: PushSummary, now: datetime) -> PushSummary:
    """Delete expired files; return the summary, with the error if deleting failed."""
    try:
        drop_old_files(destination, now)
    except EnrichError as fault:
        return done if done.fault else replace(done, fault=fault)
    return done


def drop_old_files(destination: Destination, now: datetime) -> list[str]:
    """The names of the files that were kept long enough where the destination drops them."""
    if destination.keep_days is None:
        return []
    return destination.profiles.drop_files(now - timedelta(days=destination.keep_days))


@dataclass(frozen=True, slots=True)
class _Work:
    """One push or export of one entity, ready to be done."""

    warehouse: Warehouse
    destination: Destination
    entity: DestinationEntity
    as_of: date
    now: datetime
    days: Days | None
    dry_run: bool
    confirmed: bool
    report: Reporter

    def done(self, target: PushTarget, run: Run) -> PushSummary:
        """The push; of an export its progress is written down, so that another run can go on."""
        if self.days is None:
            return self._pushed(target, run)
        if self.dry_run:
            return self._pushed(replace(target, export_id=run.run_id), run)
        days, ledger = self.days, self.warehouse.pushes
        between = (days.from_on, days.to_on)
        export_id = ledger.start_export(
            target, between, days.dated_by, run_id=run.run_id, now=self.now
        )
        status = "interrupted"
        try:
            done = self._pushed(replace(target, export_id=export_id), run)
            status = status_of(done)
        finally:
            ledger.finish_export(export_id, status, now=self.now)
        return done

    def _pushed(self, target: PushTarget, run: Run) -> PushSummary:
        source = Source(self.warehouse, self.destination.shop(target.store), self.now)
        planner = source.planner(self.entity, target, self.days)
        place = target.store if target.entity == PROFILES else f"{target.store} {target.entity}"
        return push(
            self.entity,
            target,
            self._noting(planner, target),
            self.warehouse.pushes,
            as_of=self.as_of,
            run_id=run.run_id,
            now=self.now,
            dry_run=self.dry_run,
            confirmed=self.confirmed,
            requests_per_second=self.destination.requests_per_second,
            progress=lambda done, total: self.report.step(
                f"{place} to {self.destination.name}", done, total
            ),
        )

    def _noting(self, planner: Planner, target: PushTarget) -> Planner:
        """The planner; what it finds for an export is written down before anything is sent."""
        export_id = target.export_id
        if export_id is None or self.dry_run:
            return planner

        def plan(pushed: PushedState) -> PushPlan:
            found = planner(pushed)
            self.warehouse.pushes.plan_export(
                export_id,
                record_count=found.done_before + found.to_send.height,
                done_count=found.done_before,
            )
            return found

        return plan
