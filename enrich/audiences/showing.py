"""Audiences as rows and JSON for people: counts, reasons and amounts, never a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from enrich.audiences.audience import CHANNELS
from enrich.audiences.deciding import OUTCOMES
from enrich.audiences.lift import Difference
from enrich.audiences.measuring import MeasuredLift
from enrich.audiences.run import MEMBER, Look

AUDIENCE_COLUMNS = ("audience", "channel", "members", "amount", "joined", "left", "not in it")
RUNNING_COLUMNS = ("audience", "since", "a head", "treated", "control", "difference",
                "interval of 95 %", "conclusion")  # fmt: skip
CONSENT_COLUMNS = ("channel", "yes", "no", "not known")
BECAUSE = {
    **OUTCOMES,
    "rule": "the rule no longer fits",
    "merged": "is one with another customer",
    "no_profile": "has no profile any more",
    "ended": "the audience was switched off",
    "forgotten": "was forgotten",
}


def row_of(look: Look, fewest_people: int = 1) -> tuple[object, ...]:
    """One row of AUDIENCE_COLUMNS; no amount of fewer people than so many."""
    counts = look.counts
    members, amount = counts.pop(MEMBER, (0, 0.0))
    others = ", ".join(f"{people:,} {OUTCOMES[one]}" for one, (people, _) in counts.items())
    if not look.is_computed:
        return (look.audience.name, look.audience.channel, *[None] * 4, note_of(look))
    moved = look.moved("joined"), look.moved("left")
    shown = None if members < fewest_people else f"{amount:,.2f}"
    return (look.audience.name, look.audience.channel, members, shown, *moved, others)


def note_of(look: Look) -> str | None:
    """Why an audience is not there."""
    if look.fault is not None:
        return str(look.fault)
    return f"waits for {', '.join(look.missing_fields)}" if look.missing_fields else None


def consents_of(look: Look) -> Iterator[tuple[str, int, int, int]]:
    """A row of CONSENT_COLUMNS per channel: what those say whom the rule fits."""
    for channel in CHANNELS:
        answers = look.people[channel]
        yield channel, int(answers.sum()), int((~answers).sum()), answers.null_count()


def as_json(look: Look) -> dict[str, Any]:
    """What `--json` prints of one audience."""
    audience = look.audience
    return {
        "audience": audience.name,
        "as_of": look.as_of,
        "rule": " ".join(audience.rule.split()),
        "channel": audience.channel,
        "order_by": audience.order_by,
        "max_members": audience.max_members,
        "hold_out": audience.hold_out,
        "destinations": dict(audience.destinations),
        "missing_fields": list(look.missing_fields),
        "fault": None if look.fault is None else str(look.fault),
        "outcomes": {
            outcome: {"people": people, "amount": f"{amount:.2f}"}
            for outcome, (people, amount) in look.counts.items()
        },
        "consents": {
            channel: {"yes": yes, "no": no, "not_known": unknown}
            for channel, yes, no, unknown in consents_of(look)
        },
        "changes": look.changes.to_dicts(),
    }


def interval_of(one: Difference) -> str | None:
    """The interval of a difference in words; None where nothing is concluded."""
    return None if one.low is None or one.high is None else f"{one.low:,.4f} to {one.high:,.4f}"


def rows_of_lift(done: MeasuredLift) -> list[tuple[object, ...]]:
    """Rows of RUNNING_COLUMNS, one per metric; one alone where there are too few people."""
    about = (done.audience, done.from_on)
    if done.found.too_small:
        return [(*about, *[None] * 5, f"too small to conclude: {done.found.too_small}")]
    return [
        (*about, one.metric, f"{one.treated:,.3f}", f"{one.control:,.3f}", f"{one.difference:,.3f}",
         interval_of(one), one.conclusion)
        for one in done.found.differences
    ]  # fmt: skip
