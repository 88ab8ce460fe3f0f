"""The applying half of a push: batches out, outcomes in, jobs followed to their end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from enrich.destinations.base import Addressee, Batch, Destination
from enrich.destinations.batches import Context, Prepared, batch_id_of, cut_batches
from enrich.destinations.kinds import KINDS
from enrich.destinations.plan import Plan
from enrich.destinations.sending import QUEUE_FULL
from enrich.errors import EnrichError, HeldBack, TryAgain
from enrich.jobs.push_ledger import NOTHING_LEFT, PushLedger, Sent, Target, result_frame
from enrich.jobs.push_removing import addressees, clearing_plan, in_turns
from enrich.jobs.push_summary import Tally, too_many_failed, tried_and_failed
from enrich.model import Outcome, RecordResult
from enrich.profile import windows_of


@dataclass(frozen=True)
class Sending:
    """One push on its way; `elapsed` is seconds since it began."""

    destination: Destination
    target: Target
    ledger: PushLedger
    run_id: str
    now: datetime
    progress: Callable[[int, int], None]
    elapsed: Callable[[], float]
    sleep: Callable[[float], None]
    tally: Tally = field(default_factory=Tally)
    counted_jobs: set[str] = field(default_factory=set)

    def send(self, plan: Plan) -> None:
        """Batch after batch, the outcomes of each recorded before the next one leaves."""
        total = plan.to_send.height
        sent_count = 0
        for prepared in self._prepared(plan):
            if self._is_out_of_time():
                self.tally.left += total - sent_count
                return
            results, fault = self._send_when_there_is_room(prepared)
            self._record(prepared, results)
            self.tally.count(results)
            sent_count += len(results)
            self.progress(plan.done_before + sent_count, plan.done_before + total)
            self.tally.fault = fault or self._brake()
            if self.tally.fault is not None:
                return

    def remove(self, removed: pl.DataFrame) -> None:
        """Do about the customers who are gone what the settings ask for."""
        wanted = self.destination.policy.removals
        if removed.is_empty() or wanted == "nothing" or self.target.entity in KINDS:
            return
        before = self.tally.outcomes[Outcome.ACCEPTED]
        if wanted == "clear":
            key = self.destination.capabilities.record_key
            windows = windows_of(field.source for field in self.destination.fields)
            self.send(clearing_plan(removed, key, windows))
        else:
            self._delete(addressees(removed))
        self.tally.removed += self.tally.outcomes[Outcome.ACCEPTED] - before

    def settle(self, *, wait: bool) -> None:
        """Ask for the end of every open job, once or until all are over or time is up."""
        policy = self.destination.policy
        deadline = self.elapsed() + policy.poll_minutes * 60
        while self._poll_round() and wait and self.tally.fault is None:
            if self.elapsed() + policy.poll_seconds > deadline:
                return
            self.sleep(policy.poll_seconds)

    def _poll_round(self) -> int:
        """How many jobs are still open after each was asked for once."""
        jobs = self.ledger.open_jobs(self.target)
        if jobs.is_empty():
            return 0
        return sum(not self._poll(str(job_id), rows) for (job_id,), rows in jobs.group_by("job_id"))

    def _poll(self, job_id: str, rows: pl.DataFrame) -> bool:
        records = [Addressee(*pair) for pair in rows.select("record_id", "remote_key").iter_rows()]
        try:
            results = self.destination.poll(job_id, records)
        except TryAgain:
            return False
        except EnrichError as fault:
            self.tally.fault = fault
            return False
        if results is None:
            return False
        sent = Sent(
            dict(rows.select("record_id", "hash").iter_rows()),
            dict(rows.select("record_id", "remote_key").iter_rows()),
        )
        frame = result_frame(results, sent)
        self.ledger.record_push(self.run_id, self.target, job_id, frame, self.now, job_id)
        self.tally.settle(results, was_counted=job_id in self.counted_jobs)
        self.tally.fault = self.tally.fault or self._brake()
        return True

    def _prepared(self, plan: Plan) -> Iterator[Prepared]:
        target = self.target
        context = Context(target.store, target.entity, target.as_of, self.now)
        return cut_batches(plan, self.destination, context)

    def _send_when_there_is_room(
        self, prepared: Prepared
    ) -> tuple[list[RecordResult], EnrichError | None]:
        """The outcomes; a platform that works on enough jobs is waited for."""
        policy = self.destination.policy
        deadline = self.elapsed() + policy.poll_minutes * 60
        self._wait_for_room(deadline)
        results, fault = self._send(prepared)
        while any(r.code == QUEUE_FULL for r in results) and self.elapsed() < deadline:
            self.sleep(policy.poll_seconds)
            self._poll_round()
            results, fault = self._send(prepared)
        self.counted_jobs.update(r.job_id for r in results if r.job_id)
        return results, fault

    def _wait_for_room(self, deadline: float) -> None:
        limits = self.destination.capabilities
        if limits.transport != "job":
            return
        while self.ledger.open_jobs(self.target)["job_id"].n_unique() >= limits.max_open_jobs:
            if self._poll_round() < limits.max_open_jobs or self.elapsed() > deadline:
                return
            self.sleep(self.destination.policy.poll_seconds)

    def _send(self, prepared: Prepared) -> tuple[list[RecordResult], EnrichError | None]:
        """The outcomes of the batch and of what we refused, and the fault that ends the run."""
        batch = prepared.batch
        if batch is None:
            return prepared.invalid, None
        record_ids = batch.frame["record_id"]
        memos = batch.frame["memo"] if "memo" in batch.frame.columns else None
        self.ledger.intend(self.run_id, self.target, batch.batch_id, record_ids, self.now, memos)
        try:
            return [*self.destination.push(batch), *prepared.invalid], None
        except EnrichError as fault:
            code = "not_sent" if not isinstance(fault, TryAgain) else "try_again"
            left = [
                RecordResult(record_id, Outcome.RETRYABLE, code, type(fault).__name__)
                for record_id in record_ids
            ]
            return [*left, *prepared.invalid], fault

    def _record(self, prepared: Prepared, results: list[RecordResult]) -> None:
        batch = prepared.batch
        frame = result_frame(results, self._sent(batch))
        batch_id = batch.batch_id if batch else ""
        self.ledger.record_push(self.run_id, self.target, batch_id, frame, self.now)

    def _sent(self, batch: Batch | None) -> Sent:
        if batch is None:
            return Sent({}, {})
        is_by_email = self.destination.capabilities.record_key == "email"
        is_person = is_by_email and self.target.entity not in KINDS
        record_ids = batch.frame["record_id"]
        remote_keys = batch.frame["email"] if is_person else record_ids
        memos = batch.frame["memo"] if "memo" in batch.frame.columns else [None] * len(record_ids)
        return Sent(
            dict(zip(record_ids, batch.frame["hash"], strict=True)),
            dict(zip(record_ids, remote_keys, strict=True)),
            dict(zip(record_ids, memos, strict=True)),
        )

    def _delete(self, people: list[Addressee]) -> None:
        for group in in_turns(people):
            batch_id = batch_id_of([(one.record_id, "delete") for one in group])
            ids = pl.Series([one.record_id for one in group])
            self.ledger.intend(self.run_id, self.target, batch_id, ids, self.now)
            try:
                results = self.destination.erase(group)
            except EnrichError as fault:
                self.tally.fault = fault
                return
            gone = Sent({one.record_id: NOTHING_LEFT for one in group}, {})
            frame = result_frame(results, gone)
            self.ledger.record_push(self.run_id, self.target, batch_id, frame, self.now)
            self.tally.count(results)
            self.tally.fault = self._brake()
            if self.tally.fault is not None:
                return

    def _is_out_of_time(self) -> bool:
        minutes = self.destination.policy.max_minutes_per_run
        return minutes is not None and self.elapsed() > minutes * 60

    def _brake(self) -> HeldBack | None:
        policy = self.destination.policy
        if not too_many_failed(self.tally.outcomes, policy):
            return None
        tried, failed = tried_and_failed(self.tally.outcomes)
        return HeldBack(
            f"{self.target.destination}: {failed} of {tried} records failed, more than"
            f" {policy.stop_failed_share:.0%}; the push was stopped"
        )
