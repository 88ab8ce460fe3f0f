"""Push to one destination: read what it last accepted, decide, send batch by batch."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TypeAlias

import polars as pl

from enrich.destinations.base import Payload
from enrich.destinations.entity import DestinationEntity
from enrich.destinations.mask import mask_row
from enrich.destinations.plan import PushedState, PushPlan, build_plan, clearing_plan
from enrich.errors import BadSettings, EnrichError
from enrich.push.guards import estimate, held_back, run_limit, within
from enrich.push.sending import Sending
from enrich.push.summary import PushSummary, not_begun
from enrich.warehouse import NOTHING_LEFT, Pushes, PushStatus, PushTarget

DAY = timedelta(days=1)

Planner: TypeAlias = Callable[[PushedState], PushPlan]


def push(
    destination: DestinationEntity,
    target: PushTarget,
    planner: Planner,
    ledger: Pushes,
    *,
    as_of: date,
    run_id: str,
    now: datetime,
    dry_run: bool = False,
    confirmed: bool = False,
    requests_per_second: float | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> PushSummary:
    """Send what `planner` finds; return what became of it, or with `dry_run` what would be sent.

    `progress` gets records done and records to send. A fault of the platform does not raise: it
    ends this push and is in the summary, so that other destinations go on. Everything accepted
    before it is recorded. `confirmed`: a person looked, so neither the first push nor a jump of the
    row count holds it back.
    """
    started = monotonic()
    try:
        if dry_run:
            return _dry_run(destination, target, planner, ledger, now, requests_per_second)
        sending = Sending(
            destination,
            target,
            ledger,
            as_of,
            run_id,
            now,
            progress,
            lambda: monotonic() - started,
            sleep,
            not_begun(target),
        )
        return _Push(sending, confirmed).run(planner)
    except EnrichError as fault:
        return not_begun(target, fault, is_dry_run=dry_run)


def plan_push(
    destination: DestinationEntity,
    profiles: pl.DataFrame,
    state: pl.DataFrame,
    export_id: str | None = None,
    others: pl.DataFrame | None = None,
) -> PushPlan:
    """What this destination would be sent of the profiles; `others` as in `build_plan`."""
    return build_plan(
        profiles,
        state,
        destination.fields,
        record_key=destination.record_key,
        mapping_version=destination.mapping_version,
        whole_table=destination.whole_table,
        export_id=export_id,
        others=others,
    )


def sample_payloads(plan: PushPlan, destination: DestinationEntity) -> dict[str, Payload]:
    """Payloads that differ, by what they are of, with every personal value masked."""
    if plan.load_rows is not None or plan.is_empty:
        rows = {"a record": plan.sample(1).head(1)}
    else:
        rows = _different(plan.to_send)
    shown = {what: _masked(row, destination) for what, row in rows.items() if not row.is_empty()}
    return {**shown, **_removal(plan, destination)}


def _different(to_send: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """A customer who bought, if need be a new one, and a new one who bought nothing if possible."""
    bought = pl.col("last_purchase_date").is_not_null()
    buyer = to_send.filter(bought).sort("is_known", descending=True, maintain_order=True).head(1)
    others = to_send.join(buyer.select("record_id"), on="record_id", how="anti")
    new = others.filter(~pl.col("is_known")).sort(bought, maintain_order=True).head(1)
    if buyer.is_empty() and new.is_empty():
        return {"a customer": to_send.head(1)}
    return {"a customer who bought": buyer, "a new customer": new}


def _removal(plan: PushPlan, destination: DestinationEntity) -> dict[str, Payload]:
    """What goes out for a customer who is gone."""
    wanted, gone = destination.settings.removals, plan.removed.drop_nulls().head(1)
    if wanted == "nothing" or gone.is_empty():
        return {}
    if wanted == "delete":
        return {"a removal": {"delete": mask_row(gone.row(0, named=True))["remote_key"]}}
    emptied = clearing_plan(
        gone.with_columns(hash=pl.lit(NOTHING_LEFT)),
        destination.record_key,
        destination.profile_fields,
    )
    return {"a removal": _masked(emptied.to_send, destination)}


def _masked(row: pl.DataFrame, destination: DestinationEntity) -> Payload:
    """The payload of one row."""
    masked = pl.DataFrame([mask_row(row.row(0, named=True))], schema=row.schema)
    return destination.render(masked)[0]


def _pushed_state(ledger: Pushes, target: PushTarget) -> PushedState:
    return PushedState(
        ledger.state(target),
        frozenset(ledger.unanswered(target)),
        ledger.status(target).known_since,
    )


def _dry_run(
    destination: DestinationEntity,
    target: PushTarget,
    planner: Planner,
    ledger: Pushes,
    now: datetime,
    requests_per_second: float | None,
) -> PushSummary:
    """The counts, the time it would take, a masked sample, and what does not fit the run."""
    pushed = _pushed_state(ledger, target)
    plan = planner(pushed)
    agreed = replace(ledger.status(target), is_confirmed=True)
    limit = run_limit(destination, agreed, _sent_today(destination, target, ledger, now))
    kept, left = within(plan, pushed.records, limit)
    summary = not_begun(target, is_dry_run=True)
    summary.plan(plan)
    summary.sample = sample_payloads(kept, destination)
    summary.requests, summary.estimated_seconds = estimate(kept, destination, requests_per_second)
    summary.left = left
    return summary


def _sent_today(
    destination: DestinationEntity, target: PushTarget, ledger: Pushes, now: datetime
) -> int:
    """The records sent in the last 24 hours, where that is limited."""
    if destination.settings.max_records_per_day is None:
        return 0
    return ledger.sent_since(target, now - DAY)


@dataclass
class _Push:
    """One push from open jobs to the last outcome; only a run that did something leaves a row."""

    sending: Sending
    confirmed: bool
    is_begun: bool = False

    def run(self, planner: Planner) -> PushSummary:
        sending, ledger, summary = self.sending, self.sending.ledger, self.sending.summary
        target, run_id, now = sending.target, sending.run_id, sending.now
        status = "interrupted"
        try:
            self._resume()
            pushed = _pushed_state(ledger, target)
            plan = planner(pushed)
            self._note_export(plan)
            summary.plan(plan)
            summary.resent = _resent_count(plan, pushed)
            status = self._carry_out(plan, pushed.records)
        finally:
            summary.seconds = sending.elapsed()
            if self.is_begun:
                ledger.finish(target, status, summary.as_json(), run_id=run_id, now=now)
        return summary

    def _note_export(self, plan: PushPlan) -> None:
        """Keep what an export has to send before anything is sent, so that it can go on."""
        export_id = self.sending.target.export_id
        if export_id is not None:
            self.sending.ledger.plan_export(
                export_id,
                record_count=plan.done_before + plan.to_send.height,
                done_count=plan.done_before,
            )

    def _carry_out(self, plan: PushPlan, state: pl.DataFrame) -> str:
        """Send, remove, wait for jobs; return how the run ended."""
        sending, destination = self.sending, self.sending.destination
        removes = destination.settings.removals != "nothing" and plan.removals > 0
        if plan.is_empty and not removes:
            return self._finish()
        self._begin()
        status = self._status()
        fault = self._unmet(plan) or held_back(destination, sending.target, plan, status)
        if fault is not None:
            sending.summary.fault = fault
            return "held"
        sent_today = _sent_today(destination, sending.target, sending.ledger, sending.now)
        kept, left = within(plan, state, run_limit(destination, status, sent_today))
        sending.summary.left += left
        sending.send(kept)
        if sending.summary.fault is None:
            sending.remove(plan.removed)
        return self._finish()

    def _unmet(self, plan: PushPlan) -> EnrichError | None:
        """What would get every new record refused; asked only where there are some."""
        try:
            unmet = self.sending.destination.unmet() if plan.adds else []
        except EnrichError as fault:
            return fault
        where = self.sending.target.destination
        return BadSettings(f"{where}: {'; '.join(unmet)}") if unmet else None

    def _status(self) -> PushStatus:
        """What is known of the target; when a person confirmed, nothing of it holds the run."""
        sending = self.sending
        status = sending.ledger.status(sending.target)
        if sending.target.export_id is not None:  # a part says nothing of the whole
            status = replace(status, row_count=None)
        if not self.confirmed:
            return status
        if not status.is_confirmed:
            sending.ledger.confirm(sending.target, run_id=sending.run_id, now=sending.now)
        return replace(status, is_confirmed=True, row_count=None)

    def _finish(self) -> str:
        sending = self.sending
        if sending.destination.transport == "job" and sending.summary.fault is None:
            sending.settle(wait=True)
        former = sending.former()
        if not former.is_empty():
            self._begin()
            sending.leave(former)
        if sending.summary.fault:
            return "failed"
        return "completed" if sending.target.export_id is None else "exported"

    def _resume(self) -> None:
        """Ask for the end of the jobs that an earlier run left open."""
        if not self.sending.ledger.open_jobs(self.sending.target).is_empty():
            self._begin()
            self.sending.settle(wait=False)

    def _begin(self) -> None:
        if not self.is_begun:
            sending = self.sending
            sending.ledger.start(sending.target, run_id=sending.run_id, now=sending.now)
            self.is_begun = True


def _resent_count(plan: PushPlan, pushed: PushedState) -> int:
    """How many are sent although an earlier request with them may have arrived."""
    return int(plan.to_send["record_id"].is_in(list(pushed.unanswered)).sum())
