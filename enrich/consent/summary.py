"""What a run about consent did or would do, in counts and masked words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from enrich.errors import EnrichError
from enrich.model import Outcome
from enrich.push.summary import PushSummary


@dataclass(frozen=True, slots=True)
class Sample:
    """One decision as it may be shown: the address masked, the word it follows and when (UTC)."""

    person: str
    was: bool | None
    opted_in: bool
    origin: str
    changed_at: str

    @property
    def line(self) -> str:
        words = {True: "yes", False: "no", None: "nothing"}
        return (
            f"{self.person}: {words[self.was]} becomes {words[self.opted_in]},"
            f" stated at {self.origin} {self.changed_at}"
        )


@dataclass
class ConsentSummary:
    """The counts of one store. `statements` are new ones, by origin; `outcomes` of writes to VTEX;
    `left` did not fit the day; `unknown` people want the newsletter and VTEX does not know them.

    No field holds a customer's value.
    """

    store: str
    is_dry_run: bool
    statements: Counter[str] = field(default_factory=Counter)
    unusable_count: int = 0
    echo_count: int = 0
    people_count: int = 0
    unsettled_count: int = 0
    wanted_count: int = 0
    left_count: int = 0
    unknown_count: int = 0
    created_count: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    sample: list[Sample] = field(default_factory=list)
    pushes: Sequence[PushSummary] = ()
    faults: list[EnrichError] = field(default_factory=list)

    @property
    def fault(self) -> EnrichError | None:
        """The first thing that went wrong, after everything else had its turn."""
        of_pushes = (done.fault for done in self.pushes if done.fault is not None)
        return next(iter(self.faults), None) or next(of_pushes, None)

    @property
    def written_count(self) -> int:
        return self.outcomes[Outcome.ACCEPTED]

    def as_json(self) -> dict[str, Any]:
        """The counts for the run's row, for status and artifacts."""
        return {
            "statements": dict(self.statements),
            "unusable": self.unusable_count,
            "echoes": self.echo_count,
            "people": self.people_count,
            "unsettled": self.unsettled_count,
            "wanted": self.wanted_count,
            "written": self.written_count,
            "outcomes": dict(self.outcomes),
            "left": self.left_count,
            "unknown": self.unknown_count,
            "created": self.created_count,
            "told": {done.destination: done.accepted for done in self.pushes},
            "notes": list(self.notes),
        }


def lines_of(found: Mapping[str, Any]) -> list[tuple[str, int]]:
    """What the counts of `as_json` say in words, the zeros left out."""
    words = {
        "new statements": sum(found["statements"].values()),
        "not usable": found["unusable"],
        "our own, come back": found["echoes"],
        "people with a word of theirs": found["people"],
        "unsettled, left alone": found["unsettled"],
        "to be changed in VTEX": found["wanted"],
        "changed in VTEX": found["written"],
        "left for another day": found["left"],
        "not known in VTEX": found["unknown"],
        "created in VTEX": found["created"],
        **{f"sent to {name}": count for name, count in found["told"].items()},
        **{
            f"VTEX: {code}": count
            for code, count in found["outcomes"].items()
            if code != "accepted"
        },
    }
    return [(what, count) for what, count in words.items() if count]
