"""What a push did or would do, in counts; never a customer's value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from enrich.destinations.base import DestinationSettings, Payload
from enrich.destinations.kinds import PROFILES
from enrich.errors import EnrichError
from enrich.model import Outcome, RecordResult
from enrich.warehouse import PushTarget

# What the platform has confirmed, or taken into a queue.
SENT = frozenset({Outcome.ACCEPTED, Outcome.QUEUED})
FAILED = frozenset({Outcome.REJECTED, Outcome.RETRYABLE, Outcome.UNKNOWN})


@dataclass(frozen=True, slots=True)
class PushSummary:
    """What one push did, or with `is_dry_run` would do.

    `invalid` counts by reason what we did not send; `fault` is what ended or held the run. `left`
    did not fit the run's budget; `resent` are records sent again because nobody knows what became
    of them the last time; `frozen` changed since, and the platform takes no change. `requests` and
    `estimated_seconds` are of a dry run, as is `sample`, masked payloads. `splits` are customers
    with a key of their own since the last push there: the key before, the new one. No field holds
    a customer's value.
    """

    destination: str
    store: str
    is_dry_run: bool
    adds: int = 0
    changes: int = 0
    unchanged: int = 0
    removals: int = 0
    invalid: Mapping[str, int] = field(default_factory=dict)
    outcomes: Mapping[Outcome, int] = field(default_factory=dict)
    removed: int = 0
    left: int = 0
    resent: int = 0
    frozen: int = 0
    batches: int = 0
    seconds: float = 0.0
    requests: int | None = None
    estimated_seconds: float | None = None
    fault: EnrichError | None = None
    sample: tuple[Payload, ...] = ()
    entity: str = PROFILES
    splits: tuple[tuple[int, int], ...] = ()

    @property
    def what(self) -> str:
        """The destination, with the entity where it is not the profiles."""
        if self.entity == PROFILES:
            return self.destination
        return f"{self.destination} {self.entity}"

    @property
    def accepted(self) -> int:
        return sum(self.outcomes.get(outcome, 0) for outcome in SENT)

    @property
    def queued(self) -> int:
        return self.outcomes.get(Outcome.QUEUED, 0)

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

    @property
    def rows(self) -> int:
        """How many records the platform should have after this push."""
        return self.adds + self.changes + self.unchanged

    def as_json(self) -> dict[str, Any]:
        """The counts for the run's row and for artifacts."""
        return {
            "entity": self.entity,
            "rows": self.rows,
            "adds": self.adds,
            "changes": self.changes,
            "unchanged": self.unchanged,
            "removals": self.removals,
            "removed": self.removed,
            "accepted": self.accepted,
            "queued": self.queued,
            "rejected": self.rejected,
            "retryable": self.retryable,
            "unknown": self.unknown,
            "invalid": dict(self.invalid),
            "left": self.left,
            "resent": self.resent,
            "frozen": self.frozen,
            "splits": len(self.splits),
            "batches": self.batches,
            "seconds": round(self.seconds, 3),
            "fault": str(self.fault) if self.fault else None,
        }


MAX_SHOWN_SPLITS = 10


def split_line(splits: Sequence[tuple[int, int]]) -> str:
    """Who got a key of their own, the first ones by name."""
    shown = ", ".join(f"{new} (was {old})" for old, new in splits[:MAX_SHOWN_SPLITS])
    more = ", ..." if len(splits) > MAX_SHOWN_SPLITS else ""
    return (
        f"{len(splits):,} customers have a key of their own since the last push: {shown}{more};"
        " the table customer_splits has all"
    )


def empty_summary(target: PushTarget, *, is_dry_run: bool) -> PushSummary:
    """The summary before anything is known."""
    return PushSummary(target.destination, target.store, is_dry_run, entity=target.entity)


@dataclass
class Tally:
    """What a running push has counted so far."""

    invalid: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    batches: int = 0
    done_count: int = 0
    removed: int = 0
    left: int = 0
    fault: EnrichError | None = None

    def count(self, results: Sequence[RecordResult]) -> None:
        self.batches += 1
        self.done_count += len(results)
        for result in results:
            if result.outcome is Outcome.INVALID:
                self.invalid[result.message or "invalid"] += 1
            else:
                self.outcomes[result.outcome] += 1

    def settle(self, results: Sequence[RecordResult], *, was_counted: bool) -> None:
        """A job is over: its queued records become what its end says."""
        if was_counted:
            self.outcomes[Outcome.QUEUED] -= len(results)
        self.outcomes.update(result.outcome for result in results)

    def added_to(self, summary: PushSummary, seconds: float) -> PushSummary:
        return replace(
            summary,
            invalid=dict(self.invalid),
            outcomes={outcome: n for outcome, n in self.outcomes.items() if n},
            batches=self.batches,
            removed=self.removed,
            left=self.left,
            fault=self.fault,
            seconds=seconds,
        )


def tried_and_failed(outcomes: Mapping[Outcome, int]) -> tuple[int, int]:
    """How many records were tried, and how many of them failed."""
    failed = sum(outcomes.get(outcome, 0) for outcome in FAILED)
    return failed + sum(outcomes.get(outcome, 0) for outcome in SENT), failed


def too_many_failed(outcomes: Mapping[Outcome, int], settings: DestinationSettings) -> bool:
    """Whether the run should stop: enough records tried, and too large a share of them failed."""
    tried, failed = tried_and_failed(outcomes)
    return tried >= settings.stop_after_records and failed > settings.stop_failed_share * tried
