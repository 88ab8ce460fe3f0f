"""Push what one store has for one destination, entity by entity; the warehouse is the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from enrich.destinations import PROFILES, DestinationEntity
from enrich.destinations.kinds import CONSENTS
from enrich.errors import BadSettings, EnrichError, HeldBack
from enrich.model import store_day
from enrich.push.days import Days, status_of
from enrich.push.planned import push
from enrich.push.sources import Today, planner_of
from enrich.push.summary import PushSummary, not_begun, split_line
from enrich.runs.record import kept_day, recorded
from enrich.runs.reporting import SILENT, Reporter
from enrich.shop import Shop
from enrich.sync.reconciliation import unproven
from enrich.warehouse import PushTarget, Warehouse


@dataclass(frozen=True, slots=True)
class Destination:
    """One destination of the settings: its name, the stores it serves, what it takes.

    `profiles` is asked for erasures too, switched on or not; `switched_on` are the entities that
    are pushed, in their order; unset, the profiles alone. `shops` are the stores by name.
    `keep_days` is how long files stay where it drops them; None for ever. `members` is asked to
    take the forgotten out of its lists, switched on or not. `within_minutes`: it gets profiles that
    were made again since the daily run.
    """

    name: str
    stores: tuple[str, ...]
    profiles: DestinationEntity
    requests_per_second: float | None = None
    switched_on: tuple[DestinationEntity, ...] | None = None
    shops: Mapping[str, Shop] = field(default_factory=dict)
    keep_days: int | None = None
    members: DestinationEntity | None = None
    within_minutes: bool = False

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


def push_destination(
    warehouse: Warehouse,
    destination: Destination,
    store: str,
    *,
    now: datetime,
    entity: str | None = None,
    audience: str | None = None,
    days: Days | None = None,
    dry_run: bool = False,
    confirmed: bool = False,
    report: Reporter = SILENT,
) -> list[PushSummary]:
    """What became of each entity of one store at one destination, or only of `entity`, or of one
    `audience` of it.

    What comes after an entity whose push ended in a fault is not begun: a purchase of a contact
    that is not there would be refused. Raises as `push_entity`.
    """
    wanted = destination.entities if entity is None else (destination.entity(entity),)
    done: dict[str, PushSummary] = {}
    for one in wanted:
        missing = [name for name in one.after if name in done and done[name].fault is not None]
        if missing and not dry_run:
            fault = HeldBack(f"{destination.name}: {one.name} wait for {' and '.join(missing)}")
            done[one.name] = not_begun(PushTarget(destination.name, store, one.name), fault)
            continue
        done[one.name] = push_entity(
            warehouse,
            destination,
            store,
            entity=one.name,
            audience=audience,
            now=now,
            days=days,
            dry_run=dry_run,
            confirmed=confirmed,
            report=report,
        )
    return list(done.values())


def push_today(
    warehouse: Warehouse,
    destination: Destination,
    store: str,
    *,
    now: datetime,
    report: Reporter = SILENT,
) -> PushSummary:
    """What became of the profiles that were made again since the daily run; see `push_entity`."""
    return push_entity(warehouse, destination, store, now=now, today=Today.ALONE, report=report)


def push_entity(
    warehouse: Warehouse,
    destination: Destination,
    store: str,
    *,
    now: datetime,
    entity: str = PROFILES,
    audience: str | None = None,
    days: Days | None = None,
    today: Today | None = None,
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
    today = today or (Today.COUNTS if destination.within_minutes else Today.LEFT_OUT)
    chosen, day = destination.entity(entity), as_of or now.date()
    if today is Today.ALONE:
        day = store_day(now, destination.shop(store).rules.time_zone)
    with recorded(warehouse, "push", store, now) as run:
        done = _Request(
            warehouse=warehouse,
            destination=destination,
            entity=chosen,
            target=PushTarget(destination.name, store, entity),
            run_id=run.run_id,
            now=now,
            day=day,
            audience=audience,
            days=days,
            today=today,
            dry_run=dry_run,
            confirmed=confirmed,
            report=report,
        ).held_or_pushed()
        if not dry_run:
            done = _tidied(destination, done, now)
        partial = {"partial": True} if days or today is Today.ALONE else {}
        run.note({"destination": destination.name, "dry_run": dry_run, **partial, **done.as_json()})
        run.note({"held": isinstance(done.fault, HeldBack)})
        if done.fault is not None:
            run.fail(done.fault)
    return done


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """One push as requested; `day` is the day of its records."""

    warehouse: Warehouse
    destination: Destination
    entity: DestinationEntity
    target: PushTarget
    run_id: str
    now: datetime
    day: date
    audience: str | None
    days: Days | None
    today: Today
    dry_run: bool
    confirmed: bool
    report: Reporter

    def held_or_pushed(self) -> PushSummary:
        """What became of it; nothing is sent while the store differs too much from its source."""
        # A no has nothing to do with whether every order is known.
        asks_for_proof = not self.dry_run and self.target.entity != CONSENTS
        held = unproven(self.warehouse, self.target.store) if asks_for_proof else None
        splits = _splits(self.warehouse, self.target, self.report)
        done = not_begun(self.target, held) if held else self._pushed()
        done.splits = splits
        return done

    def _pushed(self) -> PushSummary:
        if self.days is None:
            return self._push(self.target)
        if self.dry_run:
            return self._push(replace(self.target, export_id=self.run_id))
        return self._exported(self.days)

    def _exported(self, days: Days) -> PushSummary:
        """The push of an export; how it ended is kept, so that another run can go on with it."""
        ledger, between = self.warehouse.pushes, (days.from_on, days.to_on)
        export_id = ledger.start_export(
            self.target, between, days.dated_by, run_id=self.run_id, now=self.now
        )
        status = "interrupted"
        try:
            done = self._push(replace(self.target, export_id=export_id))
            status = status_of(done)
        finally:
            ledger.finish_export(export_id, status, now=self.now)
        return done

    def _push(self, target: PushTarget) -> PushSummary:
        store = target.store
        place = store if target.entity == PROFILES else f"{store} {target.entity}"
        step = f"{place} to {self.destination.name}"
        return push(
            self.entity,
            target,
            planner_of(
                self.warehouse, self.destination.shop(store), self.entity, target, self.days,
                now=self.now, audience=self.audience, today=self.today,
            ),
            self.warehouse.pushes,
            as_of=self.day,
            run_id=self.run_id,
            now=self.now,
            dry_run=self.dry_run,
            confirmed=self.confirmed,
            requests_per_second=self.destination.requests_per_second,
            progress=lambda done, total: self.report.step(step, done, total),
        )  # fmt: skip


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
