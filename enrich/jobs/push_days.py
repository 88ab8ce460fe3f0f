"""An export: the records of a stretch of days sent once more, whatever the platform has of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

import polars as pl

from enrich.destinations.kinds import PROFILES, PURCHASES
from enrich.errors import BadSettings, HeldBack
from enrich.jobs.push_summary import PushSummary

DatedBy = Literal["created", "updated"]

# What a person calls the entities that have days.
EXPORTED = {"customers": PROFILES, "purchases": PURCHASES}


@dataclass(frozen=True, slots=True)
class Days:
    """The days of the store's calendar, both inside, by creation or by last change."""

    from_on: date
    to_on: date
    dated_by: DatedBy = "created"

    def of(self, index: pl.DataFrame, time_zone: str) -> pl.DataFrame:
        """The rows of these days; from happened_at and changed_at, UTC moments without a zone."""
        column = "happened_at" if self.dated_by == "created" else "changed_at"
        moment = pl.col(column).dt.replace_time_zone("UTC").dt.convert_time_zone(time_zone)
        return index.filter(moment.dt.date().is_between(self.from_on, self.to_on))


def days_of(
    first: date | None, last: date | None, dated_by: str | None, today: date
) -> Days | None:
    """What --from, --to and --by mean, None without them; BadSettings when they do not fit."""
    if first is None:
        if last is not None or dated_by is not None:
            raise BadSettings("--to and --by need --from")
        return None
    if dated_by not in (None, "created", "updated"):
        raise BadSettings("--by is created or updated")
    if first > (last or today):
        raise BadSettings(f"nothing lies between --from {first} and --to {last or today}")
    return Days(first, last or today, "updated" if dated_by == "updated" else "created")


def status_of(done: PushSummary) -> str:
    """How the export stands after a run: completed only when every record was answered."""
    if isinstance(done.fault, HeldBack) and not done.outcomes:
        return "held"
    if done.fault is not None:
        return "failed"
    return "unfinished" if done.left or done.unknown or done.retryable else "completed"
