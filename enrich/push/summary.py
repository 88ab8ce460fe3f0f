"""What a push did or would do, in counts; never a customer's value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from enrich.destinations.base import DestinationSettings, Payload
from enrich.destinations.kinds import PROFILES
from enrich.destinations.plan import PushPlan
from enrich.errors import EnrichError
from enrich.model import Outcome, RecordResult
from enrich.warehouse import PushTarget

# What the platform has confirmed, or taken into a queue.
SENT = frozenset({Outcome.ACCEPTED, Outcome.QUEUED})
FAILED = frozenset({Outcome.REJECTED, Outcome.RETRYABLE, Outcome.UNKNOWN})


@dataclass(slots=True)
class PushSummary:
    """What one push did so far, or with `is_dry_run` would do.

    `invalid` counts by reason what we did not send, `refused` by code and reason what the platform
    refused; `moved` are contacts that follow a changed address. `fault` is what ended or held the
    run. `left` did not fit the run's budget; `resent` are records sent again because nobody knows
    what became of them the last time; `frozen` changed since, and the platform takes no change;
    `ends` of the changes say that a record is over.
    `requests` and `estimated_seconds` are of a dry run, as is `sample`, masked payloads by what
    they are of. `splits` are customers with a key of their own since the last push there: the key
    before, the new one. No field holds a customer's value.
    """

    destination: str
    store: str
    is_dry_run: bool
    adds: int = 0
    changes: int = 0
    unchanged: int = 0
    removals: int = 0
    invalid: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    removed: int = 0
    moved: int = 0
    left: int = 0
    resent: int = 0
    frozen: int = 0
    ends: int = 0
    batches: int = 0
    seconds: float = 0.0
    requests: int | None = None
    estimated_seconds: float | None = None
    fault: EnrichError | None = None
    sample: Mapping[str, Payload] = field(default_factory=dict)
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
        return sum(self.outcomes[outcome] for outcome in SENT)

    @property
    def queued(self) -> int:
        return self.outcomes[Outcome.QUEUED]

    @property
    def rejected(self) -> int:
        return self.outcomes[Outcome.REJECTED]

    @property
    def retryable(self) -> int:
        return self.outcomes[Outcome.RETRYABLE]

    @property
    def unknown(self) -> int:
        return self.outcomes[Outcome.UNKNOWN]

    @property
    def invalid_count(self) -> int:
        return self.invalid.total()

    @property
    def failed(self) -> int:
        return sum(self.outcomes[outcome] for outcome in FAILED)

    @property
    def tried(self) -> int:
        return self.failed + self.accepted

    @property
    def rows(self) -> int:
        """How many records the platform should have after this push."""
        return self.adds + self.changes + self.unchanged

    def plan(self, plan: PushPlan) -> None:
        """Take over what is to be sent."""
        self.adds, self.changes, self.unchanged = plan.adds, plan.changes, plan.unchanged
        self.removals, self.frozen, self.ends = plan.removals, plan.frozen, plan.ends
        self.invalid.update(plan.invalid)

    def count(self, results: Sequence[RecordResult]) -> None:
        """Add the outcomes of one batch."""
        self.batches += 1
        self._add(results)

    def settle(self, results: Sequence[RecordResult], *, was_counted: bool) -> None:
        """A job is over: its queued records become what its end reports."""
        if was_counted:
            self.outcomes[Outcome.QUEUED] -= len(results)
        self._add(results)
        self.outcomes = +self.outcomes  # without those that are 0 now

    def _add(self, results: Sequence[RecordResult]) -> None:
        for result in results:
            if result.outcome is Outcome.INVALID:
                self.invalid[result.message or "invalid"] += 1
            else:
                self.outcomes[result.outcome] += 1
            if result.outcome is Outcome.REJECTED:
                self.refused[f"{result.code}: {result.message}"] += 1

    def too_many_failed(self, settings: DestinationSettings) -> bool:
        """Whether the run should stop: enough tried, and too large a share of them failed."""
        enough = self.tried >= settings.stop_after_records
        return enough and self.failed > settings.stop_failed_share * self.tried

    def as_json(self) -> dict[str, Any]:
        """The counts for the run's row and for artifacts."""
        return {
            "entity": self.entity,
            **{name: getattr(self, name) for name in _COUNTS},
            "invalid": dict(self.invalid),
            "refused": dict(self.refused.most_common(MAX_REASONS)),
            "splits": len(self.splits),
            "seconds": round(self.seconds, 3),
            "fault": str(self.fault) if self.fault else None,
        }


_COUNTS = (
    *("rows", "adds", "changes", "unchanged", "removals", "removed"),
    *("accepted", "queued", "rejected", "retryable", "unknown"),
    *("moved", "left", "resent", "frozen", "ends", "batches"),
)


MAX_SHOWN_SPLITS = 10
MAX_REASONS = 10


def split_line(splits: Sequence[tuple[int, int]]) -> str:
    """Who got a key of their own, the first ones by name."""
    shown = ", ".join(f"{new} (was {old})" for old, new in splits[:MAX_SHOWN_SPLITS])
    more = ", ..." if len(splits) > MAX_SHOWN_SPLITS else ""
    return (
        f"{len(splits):,} customers have a key of their own since the last push: {shown}{more};"
        " the table customer_splits has all"
    )


def not_begun(
    target: PushTarget, fault: EnrichError | None = None, *, is_dry_run: bool = False
) -> PushSummary:
    """The summary of a push of which nothing is planned yet, or was for the fault."""
    return PushSummary(
        target.destination, target.store, is_dry_run, entity=target.entity, fault=fault
    )
