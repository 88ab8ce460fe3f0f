"""The applying half of a push: batches out, outcomes in, jobs followed to their end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import polars as pl

from enrich.destinations.base import Addressee, Batch
from enrich.destinations.batches import Context, Prepared, batch_id_of, cut_batches
from enrich.destinations.entity import DestinationEntity
from enrich.destinations.kinds import KINDS
from enrich.destinations.plan import PushPlan, clearing_plan
from enrich.destinations.sending import QUEUE_FULL
from enrich.errors import EnrichError, HeldBack, TryAgain
from enrich.model import Outcome, RecordResult
from enrich.push.summary import SENT, PushSummary
from enrich.warehouse import NOTHING_LEFT, Pushes, PushTarget

ERASED_AT_ONCE = 50  # an interrupted run has little to repeat
_RESULT = dict.fromkeys(("record_id", "outcome", "code", "message", "job_id"), pl.String)
_SENT = dict.fromkeys(("record_id", "hash", "remote_key", "memo"), pl.String)


@dataclass(frozen=True)
class Sending:
    """One push on its way; `elapsed` is seconds since it began."""

    destination: DestinationEntity
    target: PushTarget
    ledger: Pushes
    as_of: date
    run_id: str
    now: datetime
    progress: Callable[[int, int], None]
    elapsed: Callable[[], float]
    sleep: Callable[[float], None]
    summary: PushSummary
    counted_jobs: set[str] = field(default_factory=set)

    def send(self, plan: PushPlan) -> None:
        """Batch after batch, the outcomes of each recorded before the next one leaves."""
        total = plan.to_send.height
        sent_count = 0
        context = Context(self.target.store, self.target.entity, self.as_of, self.now)
        for prepared in cut_batches(plan, self.destination, context):
            if self._is_out_of_time():
                self.summary.left += total - sent_count
                return
            results, fault = self._send_when_there_is_room(prepared)
            batch_id = prepared.batch.batch_id if prepared.batch else ""
            self._record(results, self._sent(prepared.batch), batch_id)
            self.summary.count(results)
            sent_count += len(results)
            self.progress(plan.done_before + sent_count, plan.done_before + total)
            self.summary.fault = fault or self._brake()
            if self.summary.fault is not None:
                return

    def remove(self, removed: pl.DataFrame) -> None:
        """Clear or delete the customers who are gone, as the settings ask for."""
        wanted = self.destination.settings.removals
        known = removed.drop_nulls()
        if removed.is_empty() or wanted == "nothing" or self.target.entity in KINDS:
            return
        before = self.summary.outcomes[Outcome.ACCEPTED]
        if wanted == "clear":
            key, windows = self.destination.record_key, self.destination.windows
            self.send(clearing_plan(known.with_columns(hash=pl.lit(NOTHING_LEFT)), key, windows))
        else:
            self._delete([Addressee(*row) for row in known.iter_rows()])
        self.summary.removed += self.summary.outcomes[Outcome.ACCEPTED] - before

    def settle(self, *, wait: bool) -> None:
        """Ask for the end of every open job, once or until all are over or time is up."""
        settings = self.destination.settings
        deadline = self.elapsed() + settings.poll_minutes * 60
        while self._poll_round() and wait and self.summary.fault is None:
            if self.elapsed() + settings.poll_seconds > deadline:
                return
            self.sleep(settings.poll_seconds)

    def _poll_round(self) -> int:
        """How many jobs are still open after each was asked for once."""
        jobs = self.ledger.open_jobs(self.target)
        return sum(not self._poll(str(job_id), rows) for (job_id,), rows in jobs.group_by("job_id"))

    def _poll(self, job_id: str, rows: pl.DataFrame) -> bool:
        records = [Addressee(*pair) for pair in rows.select("record_id", "remote_key").iter_rows()]
        try:
            results = self.destination.poll(job_id, records)
        except TryAgain:
            return False
        except EnrichError as fault:
            self.summary.fault = fault
            return False
        if results is None:
            return False
        sent = rows.select("record_id", "hash", "remote_key")
        self._record(results, sent, job_id, closed_job=job_id)
        self.summary.settle(results, was_counted=job_id in self.counted_jobs)
        self.summary.fault = self.summary.fault or self._brake()
        return True

    def _send_when_there_is_room(
        self, prepared: Prepared
    ) -> tuple[list[RecordResult], EnrichError | None]:
        """The outcomes; a platform that works on enough jobs is waited for."""
        settings = self.destination.settings
        deadline = self.elapsed() + settings.poll_minutes * 60
        self._wait_for_room(deadline)
        results, fault = self._send(prepared)
        while any(r.code == QUEUE_FULL for r in results) and self.elapsed() < deadline:
            self.sleep(settings.poll_seconds)
            self._poll_round()
            results, fault = self._send(prepared)
        self.counted_jobs.update(r.job_id for r in results if r.job_id)
        return results, fault

    def _wait_for_room(self, deadline: float) -> None:
        limits = self.destination
        if limits.transport != "job":
            return
        while self.ledger.open_jobs(self.target)["job_id"].n_unique() >= limits.max_open_jobs:
            if self._poll_round() < limits.max_open_jobs or self.elapsed() > deadline:
                return
            self.sleep(self.destination.settings.poll_seconds)

    def _send(self, prepared: Prepared) -> tuple[list[RecordResult], EnrichError | None]:
        """The outcomes of the batch and of what we refused, and the fault that ends the run."""
        batch = prepared.batch
        if batch is None:
            return prepared.invalid, None
        record_ids = batch.frame["record_id"]
        memos = batch.frame["memo"] if "memo" in batch.frame.columns else None
        self._intend(record_ids, batch.batch_id, memos)
        try:
            return [*self.destination.push(batch), *prepared.invalid], None
        except EnrichError as fault:
            code = "not_sent" if not isinstance(fault, TryAgain) else "try_again"
            left = [
                RecordResult(record_id, Outcome.RETRYABLE, code, type(fault).__name__)
                for record_id in record_ids
            ]
            return [*left, *prepared.invalid], fault

    def _sent(self, batch: Batch | None) -> pl.DataFrame:
        """What was sent: the hash to keep when accepted, the platform's key, the memo."""
        if batch is None:
            return pl.DataFrame(schema=_SENT)
        is_by_email = self.destination.record_key == "email"
        is_person = is_by_email and self.target.entity not in KINDS
        return batch.frame.select(
            "record_id",
            "hash",
            pl.col("email" if is_person else "record_id").alias("remote_key"),
            pl.col("memo") if "memo" in batch.frame.columns else pl.lit(None).alias("memo"),
        )

    def _delete(self, people: list[Addressee]) -> None:
        for start in range(0, len(people), ERASED_AT_ONCE):
            group = people[start : start + ERASED_AT_ONCE]
            ids = pl.Series("record_id", [one.record_id for one in group])
            batch_id = batch_id_of([(record_id, "delete") for record_id in ids])
            self._intend(ids, batch_id)
            try:
                results = self.destination.erase(group)
            except EnrichError as fault:
                self.summary.fault = fault
                return
            self._record(results, ids.to_frame().with_columns(hash=pl.lit(NOTHING_LEFT)), batch_id)
            self.summary.count(results)
            self.summary.fault = self._brake()
            if self.summary.fault is not None:
                return

    def _intend(self, ids: pl.Series, batch_id: str, memos: pl.Series | None = None) -> None:
        self.ledger.intend(
            self.target, ids, run_id=self.run_id, batch_id=batch_id, now=self.now, memos=memos
        )

    def _record(
        self,
        results: Sequence[RecordResult],
        sent: pl.DataFrame,
        batch_id: str,
        closed_job: str | None = None,
    ) -> None:
        self.ledger.record(
            self.target,
            result_frame(results, sent),
            run_id=self.run_id,
            batch_id=batch_id,
            now=self.now,
            closed_job=closed_job,
        )

    def _is_out_of_time(self) -> bool:
        minutes = self.destination.settings.max_minutes_per_run
        return minutes is not None and self.elapsed() > minutes * 60

    def _brake(self) -> HeldBack | None:
        settings, summary = self.destination.settings, self.summary
        if not summary.too_many_failed(settings):
            return None
        return HeldBack(
            f"{self.target.destination}: {summary.failed} of {summary.tried} records failed, more"
            f" than {settings.stop_failed_share:.0%}; the push was stopped"
        )


def result_frame(results: Sequence[RecordResult], sent: pl.DataFrame) -> pl.DataFrame:
    """The results as the ledger takes them: a hash only where the platform took the record."""
    rows = [(r.record_id, str(r.outcome), r.code, r.message, r.job_id) for r in results]
    known = sent.cast(dict.fromkeys(sent.columns, pl.String)).unique("record_id", keep="last")
    joined = pl.DataFrame(rows, schema=_RESULT, orient="row").join(
        known, on="record_id", how="left", maintain_order="left"
    )
    is_taken = pl.col("outcome").is_in([str(outcome) for outcome in SENT])
    joined = joined.with_columns(hash=pl.when(is_taken).then("hash"))
    if "memo" not in joined.columns:
        return joined
    return joined.with_columns(memo=pl.when(pl.col("outcome") != str(Outcome.INVALID)).then("memo"))
