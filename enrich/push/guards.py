"""What holds a push back before it begins, and how much of it fits the run. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from enrich.destinations.base import DestinationSettings
from enrich.destinations.batches import payload_bytes
from enrich.destinations.entity import DestinationEntity
from enrich.destinations.kinds import KINDS
from enrich.destinations.plan import PushPlan
from enrich.errors import HeldBack
from enrich.model import Outcome
from enrich.warehouse import PushStatus, PushTarget

IN_VAIN = (str(Outcome.REJECTED), str(Outcome.INVALID))
MEASURED_ROWS = 200
SECONDS_PER_REQUEST = 0.5  # where the platform's rate does not decide


def held_back(
    destination: DestinationEntity, target: PushTarget, plan: PushPlan, status: PushStatus
) -> HeldBack | None:
    """Why nobody should send this without a person having looked; None when there is no reason."""
    settings = destination.settings
    if needs_confirmation(destination, status):
        room = settings.first_run_records - status.accepted_count
        if room <= 0:
            return _not_confirmed(target, plan, status)
    return _jump(target, plan, status, settings) or _many_ends(target, plan, status, settings)


def needs_confirmation(destination: DestinationEntity, status: PushStatus) -> bool:
    """Whether this destination is new: not confirmed, and no more there than the first few."""
    is_new = status.accepted_count <= destination.settings.first_run_records
    return destination.confirms_first and not status.is_confirmed and is_new


def run_limit(destination: DestinationEntity, status: PushStatus, sent_today: int) -> int | None:
    """How many records this run may send; None for all."""
    settings = destination.settings
    limits = [] if settings.max_records_per_run is None else [settings.max_records_per_run]
    if settings.max_records_per_day is not None:
        limits.append(max(0, settings.max_records_per_day - sent_today))
    if needs_confirmation(destination, status):
        limits.append(max(0, settings.first_run_records - status.accepted_count))
    return min(limits) if limits else None


def within(plan: PushPlan, state: pl.DataFrame, limit: int | None) -> tuple[PushPlan, int]:
    """The plan cut to `limit` records and how many are left over.

    What could not be sent the last time goes last, so that it never starves the others.
    """
    if limit is None or plan.to_send.height <= limit:
        return plan, 0
    refused: Sequence[str] = []
    if "outcome" in state.columns:
        refused = state.filter(pl.col("outcome").is_in(IN_VAIN))["record_id"].to_list()
    ordered = plan.to_send.sort(pl.col("record_id").is_in(refused), maintain_order=True)
    return replace(plan, to_send=ordered.head(limit)), ordered.height - limit


def estimate(
    plan: PushPlan, destination: DestinationEntity, requests_per_second: float | None
) -> tuple[int, float]:
    """About how many requests this plan takes, and how many seconds at the platform's rate."""
    sample = plan.sample(MEASURED_ROWS).head(MEASURED_ROWS)
    is_valid = [destination.validate(row) is None for row in sample.iter_rows(named=True)]
    sendable = sample.filter(pl.Series(is_valid, dtype=pl.Boolean))
    sizes = [len(payload_bytes(payload)) for payload in destination.render(sendable)]
    per_record = sum(sizes) / len(sizes) if sizes else 0
    count = plan.to_send.height
    requests = destination.requests_for(count, round(per_record * count))
    if "is_doubtful" in plan.to_send.columns:  # each of them is asked for first
        requests += int(plan.to_send["is_doubtful"].sum())
    gap = 1 / requests_per_second if requests_per_second else 0.0
    if "former" in plan.to_send.columns:  # looked for and moved, or emptied, one by one
        requests += 2 * int(plan.to_send["former"].is_not_null().sum())
    each = max(gap, SECONDS_PER_REQUEST / destination.concurrency)
    return requests, requests * each + _wait_for_jobs(destination, count, per_record)


def _wait_for_jobs(destination: DestinationEntity, count: int, per_record: float) -> float:
    """Seconds until the platform's jobs are over, where each round of them is asked for once."""
    limits = destination
    if limits.transport != "job":
        return 0.0
    jobs = limits.requests_for(count, round(per_record * count))
    rounds = float(destination.settings.poll_seconds * -(-jobs // limits.max_open_jobs))
    return max(rounds, jobs / limits.poll_rate.per_second if limits.poll_rate else 0.0)


def _not_confirmed(target: PushTarget, plan: PushPlan, status: PushStatus) -> HeldBack:
    name = target.destination
    noun = _noun(target)
    what = f"{plan.to_send.height:,} {noun} of {target.store} would be the first it gets"
    if status.accepted_count:
        what = f"the first {status.accepted_count:,} of {target.store} are there: look at them"
    return HeldBack(
        f"{name} is new: {what}; look at `enrich push --destination {name} --dry-run`,"
        f" then agree once with `enrich push --destination {name} --confirm`"
    )


def _jump(
    target: PushTarget, plan: PushPlan, status: PushStatus, settings: DestinationSettings
) -> HeldBack | None:
    before, now = status.row_count, plan.row_count
    if target.entity in KINDS and KINDS[target.entity].may_jump:
        return None
    if before is None or max(before, now) < settings.stop_after_records:
        return None
    if abs(now - before) <= settings.stop_row_change * before:
        return None
    return HeldBack(
        f"{target.destination}: {now:,} {_noun(target)} of {target.store} where the last good push"
        f" had {before:,}, a change of more than {settings.stop_row_change:.0%}; if that is right,"
        f" run `enrich push --destination {target.destination} --confirm`"
    )


def _many_ends(
    target: PushTarget, plan: PushPlan, status: PushStatus, settings: DestinationSettings
) -> HeldBack | None:
    """As of fewer profiles, where a record that ends is one fewer."""
    if target.entity not in KINDS or KINDS[target.entity].may_end or status.row_count is None:
        return None
    if plan.living < settings.stop_after_records:
        return None
    if plan.ends <= settings.stop_row_change * plan.living:
        return None
    return HeldBack(
        f"{target.destination}: {plan.ends:,} of {plan.living:,} {_noun(target)} of {target.store}"
        f" would end, more than {settings.stop_row_change:.0%}; if that is right,"
        f" run `enrich push --destination {target.destination} --confirm`"
    )


def _noun(target: PushTarget) -> str:
    """What a person calls the records of the entity."""
    return KINDS[target.entity].noun if target.entity in KINDS else "customers"
