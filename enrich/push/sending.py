"""The applying half of a push: batches out, outcomes in, jobs followed to their end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import polars as pl

from enrich.destinations.base import Addressee, Batch
from enrich.destinations.batches import Context, Prepared, batch_id_of, cut_batches
from enrich.destinations.entity import DestinationEntity
from enrich.destinations.kinds import KINDS, PROFILES
from enrich.destinations.plan import PushPlan, clearing_plan
from enrich.destinations.sending import GONE, QUEUE_FULL, erase_one
from enrich.errors import EnrichError, HeldBack, TryAgain
from enrich.model import Outcome, RecordResult
from enrich.push.summary import SENT, PushSummary
from enrich.warehouse import NOTHING_LEFT, Pushes, PushTarget

ERASED_AT_ONCE = 50  # an interrupted run has little to repeat
_MOVED = dict.fromkeys(("record_id", "former", "address"), pl.String)
_SETTLED = dict.fromkeys(("record_id", "address", "state"), pl.String)
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
    polled_at: list[float] = field(default_factory=list)

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
            key, fields = self.destination.record_key, self.destination.profile_fields
            self.send(clearing_plan(known.with_columns(hash=pl.lit(NOTHING_LEFT)), key, fields))
        else:
            self._delete([Addressee(*row) for row in known.iter_rows()])
        self.summary.removed += self.summary.outcomes[Outcome.ACCEPTED] - before

    def former(self) -> pl.DataFrame:
        """The addresses that customers had before and where something is left to do."""
        if self.target.entity != PROFILES or self.summary.fault is not None:
            return pl.DataFrame()
        deletes = self.destination.settings.removals == "delete"
        is_due = pl.col("state").is_null() | (pl.col("is_removed") & deletes)
        return self.ledger.former_addresses(self.target).filter(is_due)

    def leave(self, former: pl.DataFrame) -> None:
        """Empty, merge or delete what is left at the addresses that customers had before."""
        for start in range(0, former.height, ERASED_AT_ONCE):
            results = []
            for row in former.slice(start, ERASED_AT_ONCE).iter_rows(named=True):
                result = self._leave(row) if self.summary.fault is None else None
                results += [] if result is None else [(row, result)]
            self.ledger.settle_addresses(self.target, self._settled(results))
            self.summary.moved += sum(self._has_moved(row, result) for row, result in results)
            failed = [result for _, result in results if result.outcome not in SENT]
            if failed:
                self.summary.count(failed)
            if self.summary.fault is not None:
                return

    def _leave(self, row: Mapping[str, Any]) -> RecordResult | None:
        """What became of one former address; None when a fault came."""
        there, old = self.destination, Addressee(row["record_id"], row["address"])
        if there.moves_address == "field":
            return RecordResult(old.record_id, Outcome.ACCEPTED, GONE)
        try:
            if row["is_removed"] and there.settings.removals == "delete":
                (done,) = there.erase([old])
                return replace(done, code=GONE) if done.outcome is Outcome.ACCEPTED else done
            return erase_one(old, lambda one: there.leave(one, row["remote_key"]))
        except EnrichError as fault:
            self.summary.fault = fault
            return None

    def _has_moved(self, row: Mapping[str, Any], result: RecordResult) -> bool:
        """Whether nothing of ours is left at the former address of somebody who is not gone."""
        follows = self.destination.moves_address != "field" and not row["is_removed"]
        return follows and result.outcome in SENT

    @staticmethod
    def _settled(results: Sequence[tuple[Mapping[str, Any], RecordResult]]) -> pl.DataFrame:
        """The state of each address that need not be asked for again."""
        rows = [
            (row["record_id"], row["address"], _state_of(result))
            for row, result in results
            if result.outcome in (*SENT, Outcome.INVALID)
        ]
        return pl.DataFrame(rows, schema=_SETTLED, orient="row")

    def _move(self, batch: Batch) -> list[RecordResult]:
        """Give the contacts of a batch their new address; the outcomes of those that have to wait.

        A contact that cannot get it is left where it is, until the new one was accepted.
        """
        if self.destination.moves_address != "update" or "former" not in batch.frame.columns:
            return []
        columns = batch.frame.select("record_id", "former", "email").drop_nulls("former")
        waiting: list[RecordResult] = []
        for record_id, former, email in columns.iter_rows():
            done = self._moved(Addressee(record_id, former), email)
            if done.outcome is Outcome.ACCEPTED and done.code == GONE:
                gone = pl.DataFrame([(record_id, former, None)], schema=_SETTLED, orient="row")
                self.ledger.settle_addresses(self.target, gone)
            elif done.outcome is Outcome.ACCEPTED:
                moved = pl.DataFrame([(record_id, former, email)], schema=_MOVED, orient="row")
                self.ledger.moved(self.target, moved)
                self.summary.moved += 1
            elif done.outcome not in (Outcome.ACCEPTED, Outcome.REJECTED):
                waiting.append(done)
        return waiting

    def _moved(self, old: Addressee, email: str) -> RecordResult:
        return erase_one(old, lambda one: self.destination.move(one, email))

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

    def _wait_to_poll(self) -> None:
        """Until a job may be asked for again, where the platform counts that by itself."""
        rate = self.destination.poll_rate
        if rate is not None and self.polled_at:
            due = self.polled_at[-1] + 1 / rate.per_second
            self.sleep(max(0.0, due - self.elapsed()))
        self.polled_at.append(self.elapsed())

    def _poll(self, job_id: str, rows: pl.DataFrame) -> bool:
        self._wait_to_poll()
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
        keys = self._sent(batch)["remote_key"] if self.target.entity == PROFILES else None
        self._intend(record_ids, batch.batch_id, memos, keys)
        try:
            waiting = self._move(batch)
            rest = _without(batch, {one.record_id for one in waiting})
            sent = self.destination.push(rest) if rest.frame.height else []
            return [*sent, *waiting, *prepared.invalid], None
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

    def _intend(
        self,
        ids: pl.Series,
        batch_id: str,
        memos: pl.Series | None = None,
        keys: pl.Series | None = None,
    ) -> None:
        self.ledger.intend(
            self.target,
            ids,
            run_id=self.run_id,
            batch_id=batch_id,
            now=self.now,
            memos=memos,
            remote_keys=keys,
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


def _state_of(result: RecordResult) -> str | None:
    """What is kept of a former address; None when nothing is left of the contact."""
    if result.outcome is Outcome.INVALID:
        return "by_hand"
    return None if result.code == GONE else "cleared"


def _without(batch: Batch, record_ids: Set[str]) -> Batch:
    """The batch without some of its records."""
    if not record_ids:
        return batch
    return replace(
        batch,
        frame=batch.frame.filter(~pl.col("record_id").is_in(list(record_ids))),
        records=tuple(one for one in batch.records if one.record_id not in record_ids),
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
