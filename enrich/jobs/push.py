"""Push profiles to one platform: gather what it last accepted, decide, send batch by batch."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import polars as pl

from enrich.destinations.base import Batch, Destination, Payload, Policy
from enrich.destinations.batches import Context, Prepared, cut_batches
from enrich.destinations.mask import mask_row
from enrich.destinations.plan import Plan, build_plan
from enrich.errors import EnrichError, HeldBack, TryAgain
from enrich.jobs.push_ledger import SENT, PushLedger, result_frame
from enrich.model import Outcome, RecordResult

FAILED = frozenset({Outcome.REJECTED, Outcome.RETRYABLE, Outcome.UNKNOWN})
SAMPLE_SIZE = 3


@dataclass(frozen=True, slots=True)
class PushSummary:
    """What one push did, or with `is_dry_run` would do.

    `invalid` counts by reason what we did not send; `fault` is what ended the run early. `sample`
    holds masked payloads, of a dry run only. No field holds a customer's value.
    """

    destination: str
    store: str
    is_dry_run: bool
    adds: int
    changes: int
    unchanged: int
    removals: int
    invalid: Mapping[str, int]
    outcomes: Mapping[Outcome, int] = field(default_factory=dict)
    batches: int = 0
    seconds: float = 0.0
    fault: EnrichError | None = None
    sample: tuple[Payload, ...] = ()

    @property
    def accepted(self) -> int:
        return sum(self.outcomes.get(outcome, 0) for outcome in SENT)

    @property
    def rejected(self) -> int:
        return self.outcomes.get(Outcome.REJECTED, 0)

    @property
    def retryable(self) -> int:
        return self.outcomes.get(Outcome.RETRYABLE, 0)

    @property
    def unknown(self) -> int:
        return self.outcomes.get(Outcome.UNKNOWN, 0)

    @property
    def invalid_count(self) -> int:
        return sum(self.invalid.values())

    def as_json(self) -> dict[str, Any]:
        """The counts for the run's row and for artifacts."""
        return {
            "adds": self.adds,
            "changes": self.changes,
            "unchanged": self.unchanged,
            "removals": self.removals,
            "accepted": self.accepted,
            "rejected": self.rejected,
            "retryable": self.retryable,
            "unknown": self.unknown,
            "invalid": dict(self.invalid),
            "batches": self.batches,
            "seconds": round(self.seconds, 3),
            "fault": str(self.fault) if self.fault else None,
        }


@dataclass(frozen=True, slots=True)
class Target:
    """Which customers go where: the destination by its configured name, one store, one day."""

    destination: str
    store: str
    as_of: date
    entity: str = "profile"


def push(
    destination: Destination,
    target: Target,
    profiles: pl.DataFrame,
    ledger: PushLedger,
    *,
    run_id: str,
    now: datetime,
    dry_run: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
    monotonic: Callable[[], float] = time.monotonic,
) -> PushSummary:
    """What became of the changed profiles; `progress` gets records done and records to send.

    A fault of the platform does not raise: it ends this push and stands in the summary, so that
    other destinations go on. Everything accepted before it is recorded.
    """
    started = monotonic()
    try:
        state = ledger.pushed_state(target.destination, target.store, target.entity)
        plan = plan_push(destination, profiles, state)
    except EnrichError as fault:
        return replace(_summary_of(target, _NOTHING, dry_run), fault=fault)
    summary = _summary_of(target, plan, dry_run)
    if dry_run:
        return replace(summary, sample=sample_payloads(plan, destination))
    if plan.is_empty:
        return replace(summary, seconds=monotonic() - started)
    sending = _Sending(destination, target, ledger, run_id, now, progress)
    return sending.run(plan, summary, lambda: monotonic() - started)


def plan_push(destination: Destination, profiles: pl.DataFrame, state: pl.DataFrame) -> Plan:
    """What this destination would be sent."""
    return build_plan(
        profiles,
        state,
        destination.fields,
        record_key=destination.capabilities.record_key,
        mapping_version=destination.mapping_version,
        whole_table=destination.capabilities.whole_table,
    )


def sample_payloads(plan: Plan, destination: Destination) -> tuple[Payload, ...]:
    """The first payloads with every personal value masked."""
    rows = plan.to_send.head(SAMPLE_SIZE).iter_rows(named=True)
    return tuple(destination.render(mask_row(row), is_known=row["is_known"]) for row in rows)


def too_many_failed(outcomes: Mapping[Outcome, int], policy: Policy) -> bool:
    """Whether the run should stop: enough records tried, and too large a share of them failed."""
    failed = sum(outcomes.get(outcome, 0) for outcome in FAILED)
    tried = failed + sum(outcomes.get(outcome, 0) for outcome in SENT)
    return tried >= policy.stop_after_records and failed > policy.stop_failed_share * tried


_NOTHING = Plan(adds=0, changes=0, unchanged=0, removals=0, to_send=pl.DataFrame())


def _summary_of(target: Target, plan: Plan, dry_run: bool) -> PushSummary:
    return PushSummary(
        destination=target.destination,
        store=target.store,
        is_dry_run=dry_run,
        adds=plan.adds,
        changes=plan.changes,
        unchanged=plan.unchanged,
        removals=plan.removals,
        invalid=plan.invalid,
    )


@dataclass
class _Tally:
    """What a running push has counted so far."""

    invalid: Counter[str]
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    batches: int = 0
    done_count: int = 0
    fault: EnrichError | None = None

    def count(self, results: Sequence[RecordResult]) -> None:
        self.batches += 1
        self.done_count += len(results)
        for result in results:
            if result.outcome is Outcome.INVALID:
                self.invalid[result.message or "invalid"] += 1
            else:
                self.outcomes[result.outcome] += 1

    def added_to(self, summary: PushSummary, seconds: float) -> PushSummary:
        return replace(
            summary,
            invalid=dict(self.invalid),
            outcomes=dict(self.outcomes),
            batches=self.batches,
            fault=self.fault,
            seconds=seconds,
        )


@dataclass(frozen=True)
class _Sending:
    """The applying half of one push."""

    destination: Destination
    target: Target
    ledger: PushLedger
    run_id: str
    now: datetime
    progress: Callable[[int, int], None]

    def run(self, plan: Plan, summary: PushSummary, seconds: Callable[[], float]) -> PushSummary:
        target = self.target
        tally = _Tally(invalid=Counter(plan.invalid))
        status = "interrupted"
        self.ledger.start_push(self.run_id, target.destination, target.store, self.now)
        try:
            self._send_all(plan, tally)
            status = "failed" if tally.fault else "completed"
        finally:
            summary = tally.added_to(summary, seconds())
            self.ledger.finish_push(self.run_id, status, summary.as_json(), self.now)
        return summary

    def _send_all(self, plan: Plan, tally: _Tally) -> None:
        """Batch after batch, the outcomes of each recorded before the next one leaves."""
        for prepared in self._prepared(plan):
            results, fault = self._send(prepared)
            self._record(prepared, results)
            tally.count(results)
            self.progress(tally.done_count, plan.to_send.height)
            tally.fault = fault or self._brake(tally.outcomes)
            if tally.fault is not None:
                return

    def _prepared(self, plan: Plan) -> Iterator[Prepared]:
        target = self.target
        context = Context(target.store, target.entity, target.as_of, self.now)
        return cut_batches(plan, self.destination, context)

    def _send(self, prepared: Prepared) -> tuple[list[RecordResult], EnrichError | None]:
        """The outcomes of the batch and of what we refused, and the fault that ends the run."""
        if prepared.batch is None:
            return prepared.invalid, None
        try:
            return [*self.destination.push(prepared.batch), *prepared.invalid], None
        except EnrichError as fault:
            code = "not_sent" if not isinstance(fault, TryAgain) else "try_again"
            left = [
                RecordResult(record_id, Outcome.RETRYABLE, code, type(fault).__name__)
                for record_id in prepared.batch.frame["record_id"]
            ]
            return [*left, *prepared.invalid], fault

    def _record(self, prepared: Prepared, results: list[RecordResult]) -> None:
        batch = prepared.batch
        target = self.target
        self.ledger.record_push(
            self.run_id,
            target.destination,
            target.store,
            target.entity,
            batch.batch_id if batch else "",
            result_frame(results, _hashes(batch)),
            self.now,
        )

    def _brake(self, outcomes: Mapping[Outcome, int]) -> HeldBack | None:
        if not too_many_failed(outcomes, self.destination.policy):
            return None
        failed = sum(outcomes.get(outcome, 0) for outcome in FAILED)
        tried = failed + sum(outcomes.get(outcome, 0) for outcome in SENT)
        return HeldBack(
            f"{self.target.destination}: {failed} of {tried} records failed, more than"
            f" {self.destination.policy.stop_failed_share:.0%}; the push was stopped"
        )


def _hashes(batch: Batch | None) -> dict[str, str]:
    if batch is None:
        return {}
    return dict(zip(batch.frame["record_id"], batch.frame["hash"], strict=True))
