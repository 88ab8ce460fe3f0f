"""The whole run, a function a step: what `enrich run`, the two flows and the demo are made of.

    forget                finish what people asked to have removed
    sync, for a store     ask VTEX, fetch, validate, load; resolve customers and purchases
    consent               gather consents, decide, write them to VTEX and the platforms
    profile               resolve again (a setting may have changed), compute and keep profiles
    audiences             who is to be reached for what, who joined and left
    push                  plan what changed, send it, record what each platform answered
    publish               swap the read copy of the analysts
    dashboard             draw it from the read copy
    ping                  tell a monitor that the run was good

`run_store` is that order for one store, `run_received` the small run between two daily ones. The
flow `sync` (every four hours) is the steps up to consent, `profiles` (daily) those after it; both
end with publish and dashboard. A step takes the wiring; one that writes also takes the open
warehouse, so that the caller decides how long the lock is held (forget opens it itself).
docs/architecture.md follows one order through all of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from enrich.audiences.run import AudiencesReport, keep_audiences
from enrich.client import Call, Http
from enrich.compute.profiles import ProfilesReport, make_profiles
from enrich.compute.today import TodayReport, make_today
from enrich.consent.run import Mode, run_consent
from enrich.consent.summary import ConsentSummary
from enrich.dashboard.file import DASHBOARD_NAME, make_dashboard
from enrich.errors import EnrichError, HeldBack
from enrich.forget.cases import Places
from enrich.forget.cases import forget as forget_people
from enrich.forget.journal import Case
from enrich.push.days import Days
from enrich.push.destination import push_destination, push_today
from enrich.push.summary import PushSummary
from enrich.runs import publish as read_copy
from enrich.runs.reporting import Reporter
from enrich.runs.tidying import tidy
from enrich.sync.completing import JOB, Completed, complete_history
from enrich.sync.inbox import INBOX
from enrich.sync.store import SyncReport, refetch_store, span_of_days, sync_store
from enrich.warehouse import OWN_COPY, Warehouse
from enrich.wiring import Wiring

Done = (
    SyncReport | ConsentSummary | ProfilesReport | AudiencesReport | TodayReport | list[PushSummary]
)

COPY_MINUTES = 15


def run_store(
    wiring: Wiring, warehouse: Warehouse, store: str, report: Reporter, *, confirmed: bool = False
) -> Iterator[Done]:
    """What each step of one store did, as it ends; then raises the first fault among them.

    A store without a VTEX account is not pulled; consents have their turn when they are enabled.
    """
    faults: list[EnrichError | None] = []
    if store in wiring.vtex_stores:
        synced = sync(wiring, warehouse, store, report)
        faults.append(synced.fault)
        yield synced
    if wiring.settings.consent.enabled:
        consents = consent(wiring, warehouse, store, report)
        faults.append(consents.fault)
        yield consents
    yield profile(wiring, warehouse, store, report)
    members = audiences(wiring, warehouse, store)
    faults.append(members.fault)
    yield members
    pushes = push(wiring, warehouse, (store,), report, confirmed=confirmed)
    yield pushes
    raise_first([*faults, *(done.fault for done in pushes)])


def run_received(
    wiring: Wiring, warehouse: Warehouse, store: str, report: Reporter
) -> Iterator[Done]:
    """What each step of the small run of one store did; then raises the first fault among them.

    What the inbox names is pulled, the profiles of these people are made again for the day it is,
    and pushed to the destinations that get them within minutes. A push that waits for a person is
    no fault of this run.
    """
    with wiring.shop(store, report.say) as shop:
        synced = sync_store(warehouse, shop, now=wiring.now, entities=(INBOX,), report=report)
    yield synced
    made = make_today(warehouse, wiring.plain_shop(store), now=wiring.now, report=report)
    yield made
    with wiring.destinations(say=report.say) as destinations:
        pushes = [
            push_today(warehouse, one, store, now=wiring.now, report=report)
            for one in destinations
            if made.customer_count and one.within_minutes and store in one.stores
        ]
    yield pushes
    faults = (done.fault for done in pushes if not isinstance(done.fault, HeldBack))
    raise_first([synced.fault, *faults])


def raise_first(faults: Iterable[Exception | None]) -> None:
    """Raises the first fault, when everything else was done and shown."""
    for fault in faults:
        if fault is not None:
            raise fault


def forget(places: Places) -> list[Case]:
    """How the unfinished cases of people to be forgotten stand; raises what the warehouse does."""
    return forget_people(places) if places.has_work else []


def sync(
    wiring: Wiring,
    warehouse: Warehouse,
    store: str,
    report: Reporter,
    *,
    first: date | None = None,
    last: date | None = None,
    entities: Sequence[str] | None = None,
) -> SyncReport:
    """What was pulled from VTEX: what changed, or the orders of the days from `first` to `last`."""
    with wiring.shop(store, report.say) as shop:
        span = span_of_days(first, last, wiring.now, shop.rules.zone)
        return sync_store(
            warehouse, shop, now=wiring.now, span=span, entities=entities, report=report
        )


def refetch(
    wiring: Wiring,
    warehouse: Warehouse,
    store: str,
    report: Reporter,
    *,
    order_ids: Sequence[str] = (),
    days: int | None = None,
) -> SyncReport:
    """What orders brought that were fetched again, whatever the list says: see `refetch_store`."""
    with wiring.shop(store, report.say) as shop:
        return refetch_store(
            warehouse, shop, now=wiring.now, order_ids=order_ids, days=days, report=report
        )


def complete(wiring: Wiring, store: str, report: Reporter, per_day: int) -> Completed:
    """How far the orders of an older version are completed; opens the warehouse by itself."""
    with wiring.shop(store, report.say) as shop:
        return complete_history(
            lambda: wiring.warehouse(JOB), shop, now=wiring.now, per_day=per_day, report=report
        )


def consent(
    wiring: Wiring,
    warehouse: Warehouse,
    store: str,
    report: Reporter,
    *,
    mode: Mode = Mode(),
    files: Sequence[Path] = (),
) -> ConsentSummary:
    """What one run about the consents of a store did; its fault is in the summary."""
    with (
        wiring.shop(store, report.say) as shop,
        wiring.consent_sources(report.say) as sources,
        wiring.destinations(say=report.say) as destinations,
    ):
        return run_consent(
            warehouse,
            shop,
            wiring.settings.consent,
            sources,
            destinations,
            now=wiring.now,
            mode=mode,
            files=files,
            report=report,
        )


def profile(wiring: Wiring, warehouse: Warehouse, store: str, report: Reporter) -> ProfilesReport:
    """The profiles of the last complete day, kept with their history."""
    return make_profiles(warehouse, wiring.plain_shop(store), now=wiring.now, report=report)


def audiences(wiring: Wiring, warehouse: Warehouse, store: str) -> AudiencesReport:
    """The members of the store's audiences by the newest profiles, kept with their changes."""
    zone = wiring.rules[store].time_zone
    return keep_audiences(warehouse, store, wiring.audiences(store), zone, wiring.now)


def push(
    wiring: Wiring,
    warehouse: Warehouse,
    stores: Sequence[str],
    report: Reporter,
    *,
    destination: str | None = None,
    entity: str | None = None,
    audience: str | None = None,
    days: Days | None = None,
    dry_run: bool = False,
    confirmed: bool = False,
) -> list[PushSummary]:
    """What became of each store at each enabled destination, or at the one that is named.

    The fault of one platform is in its summary, and the others are served. A dry run asks no
    platform anything, so it needs none of their keys.
    """
    wiring = replace(wiring, reads_keys=not dry_run)
    with wiring.destinations(destination, report.say) as destinations:
        return [
            done
            for one in destinations
            for store in stores
            if store in one.stores
            for done in push_destination(
                warehouse,
                one,
                store,
                now=wiring.now,
                entity=entity,
                audience=audience,
                days=days,
                dry_run=dry_run,
                confirmed=confirmed,
                report=report,
            )
        ]


def publish(wiring: Wiring, warehouse: Warehouse) -> Path:
    """The path of the fresh read copy, without what the settings keep no longer."""
    kept = wiring.settings.retention
    tidy(
        warehouse,
        rejects_days=kept.rejects_days,
        exports_days=kept.exports_days,
        inbox_days=kept.inbox_days,
        now=wiring.now,
    )
    return read_copy.publish(warehouse)


def publish_received(wiring: Wiring, warehouse: Warehouse) -> None:
    """The read copy is fresh, or younger than COPY_MINUTES.

    It is written whole, which costs more than all else that a small run does.
    """
    copy = wiring.settings.data_dir / OWN_COPY
    if copy.is_file():
        age = abs(wiring.clock().timestamp() - copy.stat().st_mtime)
        if age < COPY_MINUTES * 60:
            return
    publish(wiring, warehouse)


def dashboard(
    wiring: Wiring, stores: Iterable[str] | None = None, output: Path | None = None
) -> Path:
    """The path of the dashboard of these stores (default: all), made from the read copy."""
    rules = {name: wiring.rules[name] for name in stores or wiring.rules}
    path = output or wiring.settings.data_dir / DASHBOARD_NAME
    with wiring.read_copy() as copy:
        return make_dashboard(copy, rules, path, wiring.now, wiring.segments, wiring.goals)


def ping(wiring: Wiring, job: str, report: Reporter) -> None:
    """Calls the address that the settings name for good runs of the job; a run never fails by it.

    A monitor there, such as healthchecks.io, sends an alert when the calls end: nothing on this
    machine could say that the machine itself is gone.
    """
    try:
        if (url := wiring.ping_url(job)) is None:
            return
        with Http() as http:
            answer = http.send(Call("POST", url.get_secret_value(), f"ping after {job}", tries=2))
        if not answer.is_success:
            report.say(f"the ping after {job} was refused ({answer.status_code})")
    except EnrichError as fault:
        report.say(f"the ping after {job} was not delivered: {fault}")
