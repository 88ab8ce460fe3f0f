"""Push to one platform: gather what it last accepted, decide, send batch by batch."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import polars as pl

from enrich.destinations.base import Destination, Payload
from enrich.destinations.mask import mask_row
from enrich.destinations.plan import Known, Plan, build_plan
from enrich.errors import EnrichError
from enrich.jobs.push_guards import estimate, held_back, run_limit, within
from enrich.jobs.push_ledger import PushLedger, Standing, Target
from enrich.jobs.push_sending import Sending
from enrich.jobs.push_summary import PushSummary, empty_summary, too_many_failed

SAMPLE_SIZE = 3

Planner: TypeAlias = Callable[[Known], Plan]

__all__ = [
    "Planner",
    "PushSummary",
    "Target",
    "plan_push",
    "push",
    "push_planned",
    "sample_payloads",
    "too_many_failed",
]


def push(
    destination: Destination,
    target: Target,
    profiles: pl.DataFrame,
    ledger: PushLedger,
    **options: Any,
) -> PushSummary:
    """What became of the changed profiles; the options are those of `push_planned`."""

    def planner(known: Known) -> Plan:
        return plan_push(destination, profiles, known.state)

    return push_planned(destination, target, planner, ledger, **options)


def push_planned(
    destination: Destination,
    target: Target,
    planner: Planner,
    ledger: PushLedger,
    *,
    run_id: str,
    now: datetime,
    dry_run: bool = False,
    confirmed: bool = False,
    requests_per_second: float | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> PushSummary:
    """What became of what `planner` finds to send, given what the ledger knows.

    `progress` gets records done and records to send. A fault of the platform does not raise: it
    ends this push and stands in the summary, so that other destinations go on. Everything accepted
    before it is recorded. `confirmed`: a person looked, so neither the first push nor a jump of the
    row count holds it back.
    """
    started = monotonic()
    try:
        if dry_run:
            return _dry_run(destination, target, planner, ledger, now, requests_per_second)
        sending = Sending(
            destination, target, ledger, run_id, now, progress, lambda: monotonic() - started, sleep
        )
        return _Push(sending, confirmed).run(planner)
    except EnrichError as fault:
        return replace(empty_summary(target, is_dry_run=dry_run), fault=fault)


def known_of(ledger: PushLedger, target: Target) -> Known:
    """What the ledger knows before a plan."""
    return Known(
        ledger.pushed_state(target),
        frozenset(ledger.unanswered(target)),
        ledger.standing(target).known_since,
    )


def plan_push(
    destination: Destination,
    profiles: pl.DataFrame,
    state: pl.DataFrame,
    export_id: str | None = None,
) -> Plan:
    """What this destination would be sent of the profiles."""
    return build_plan(
        profiles,
        state,
        destination.fields,
        record_key=destination.capabilities.record_key,
        mapping_version=destination.mapping_version,
        whole_table=destination.capabilities.whole_table,
        export_id=export_id,
    )


def sample_payloads(plan: Plan, destination: Destination) -> tuple[Payload, ...]:
    """The first payloads with every personal value masked."""
    rows = plan.sample(SAMPLE_SIZE).head(SAMPLE_SIZE).iter_rows(named=True)
    return tuple(destination.render(mask_row(row), is_known=row["is_known"]) for row in rows)


def _dry_run(
    destination: Destination,
    target: Target,
    planner: Planner,
    ledger: PushLedger,
    now: datetime,
    requests_per_second: float | None,
) -> PushSummary:
    """The counts, the time it would take, a masked sample, and what would hold it back."""
    known = known_of(ledger, target)
    plan = planner(known)
    agreed = replace(_standing(destination, target, ledger, now), is_confirmed=True)
    kept, left = within(plan, known.state, run_limit(destination, agreed))
    requests, seconds = estimate(kept, destination, requests_per_second)
    summary = _planned(empty_summary(target, is_dry_run=True), plan)
    return replace(
        summary,
        sample=sample_payloads(kept, destination),
        requests=requests,
        estimated_seconds=seconds,
        left=left,
    )


def _standing(
    destination: Destination, target: Target, ledger: PushLedger, now: datetime
) -> Standing:
    """What is known of the destination, with what it got today where that is limited."""
    standing = ledger.standing(target)
    if destination.policy.max_records_per_day is None:
        return standing
    return replace(standing, sent_today=ledger.sent_since(target, now - timedelta(days=1)))


def _planned(summary: PushSummary, plan: Plan) -> PushSummary:
    return replace(
        summary,
        adds=plan.adds,
        changes=plan.changes,
        unchanged=plan.unchanged,
        removals=plan.removals,
        invalid=plan.invalid,
        frozen=plan.frozen,
    )


@dataclass
class _Push:
    """One push from open jobs to the last outcome; only a run that did something leaves a row."""

    sending: Sending
    confirmed: bool
    is_begun: bool = False

    def run(self, planner: Planner) -> PushSummary:
        sending = self.sending
        summary = empty_summary(sending.target, is_dry_run=False)
        status = "interrupted"
        try:
            self._resume()
            known = known_of(sending.ledger, sending.target)
            plan = planner(known)
            summary = _planned(summary, plan)
            sending.tally.invalid.update(plan.invalid)
            summary = replace(summary, resent=_resent(plan, known))
            status = self._carry_out(plan, known.state)
        finally:
            summary = sending.tally.added_to(summary, sending.elapsed())
            if self.is_begun:
                sending.ledger.finish_push(
                    sending.run_id, sending.target, status, summary.as_json(), sending.now
                )
        return summary

    def _carry_out(self, plan: Plan, state: pl.DataFrame) -> str:
        """Send, remove, wait for jobs; how the run ended."""
        sending = self.sending
        removes = sending.destination.policy.removals != "nothing" and plan.removals > 0
        if plan.is_empty and not removes:
            return self._finish()
        self._begin()
        standing = self._standing()
        fault = held_back(sending.destination, sending.target, plan, standing)
        if fault is not None:
            sending.tally.fault = fault
            return "held"
        kept, left = within(plan, state, run_limit(sending.destination, standing))
        sending.tally.left += left
        sending.send(kept)
        if sending.tally.fault is None:
            sending.remove(plan.removed)
        return self._finish()

    def _standing(self) -> Standing:
        """What is known of the destination; with a person's word, nothing of it holds the run."""
        sending = self.sending
        standing = _standing(sending.destination, sending.target, sending.ledger, sending.now)
        if sending.target.export_id is not None:  # a part says nothing of the whole
            standing = replace(standing, row_count=None)
        if not self.confirmed:
            return standing
        if not standing.is_confirmed:
            sending.ledger.confirm(sending.run_id, sending.target, sending.now)
        return replace(standing, is_confirmed=True, row_count=None)

    def _finish(self) -> str:
        sending = self.sending
        if sending.destination.capabilities.transport == "job" and sending.tally.fault is None:
            sending.settle(wait=True)
        if sending.tally.fault:
            return "failed"
        return "completed" if sending.target.export_id is None else "exported"

    def _resume(self) -> None:
        """Ask for the end of the jobs an earlier run left open."""
        sending = self.sending
        if not sending.ledger.open_jobs(sending.target).is_empty():
            self._begin()
            sending.settle(wait=False)

    def _begin(self) -> None:
        if not self.is_begun:
            sending = self.sending
            sending.ledger.start_push(sending.run_id, sending.target, sending.now)
            self.is_begun = True


def _resent(plan: Plan, known: Known) -> int:
    """How many are sent although an earlier request with them may have arrived."""
    if not known.unanswered:
        return 0
    return int(plan.to_send["record_id"].is_in(list(known.unanswered)).sum())
