"""How a job reports progress, whoever receives it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field


def ignore_message(line: str) -> None:
    pass


def ignore_step(label: str, done_count: int, total_count: int | None) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Reporter:
    """Two callables: `say` takes one finished line, `step` a label, how many are done, of how many.

    Neither is ever given a customer's value. The total is None while it is not known.
    """

    say: Callable[[str], None] = ignore_message
    step: Callable[[str, int, int | None], None] = ignore_step


SILENT = Reporter()
UNKNOWN_TOTAL_STEP = 5_000
LONGEST_SILENCE_SECONDS = 60.0


def in_lines(
    say: Callable[[str], None], monotonic: Callable[[], float] = time.monotonic
) -> Reporter:
    """For logs and pipes: a line at another tenth, or at another 5,000 of an unknown total.

    At least one a minute while something is done, with the rate and the time left.
    """
    labels: dict[str, _Label] = {}

    def step(label: str, done_count: int, total_count: int | None) -> None:
        now = monotonic()
        known = labels.setdefault(label, _Label(done_count, now, now))
        if known.is_due(done_count, total_count, now):
            say(f"{label}: {known.progress(done_count, total_count, now)}")

    return Reporter(say=say, step=step)


@dataclass(slots=True)
class _Label:
    """What was last reported of one kind of work, and when it began."""

    first_count: int
    began_at: float
    reported_at: float
    share: int = field(default=0)

    def is_due(self, done_count: int, total_count: int | None, now: float) -> bool:
        share = done_count * 10 // total_count if total_count else done_count // UNKNOWN_TOTAL_STEP
        if share <= self.share and now - self.reported_at < LONGEST_SILENCE_SECONDS:
            return False
        self.share, self.reported_at = share, now
        return True

    def progress(self, done_count: int, total_count: int | None, now: float) -> str:
        """The count, of how many, and, once a second has gone by, the rate and the time left."""
        text = f"{done_count:,}" + (f" of {total_count:,}" if total_count else "")
        seconds = now - self.began_at
        if seconds < 1 or done_count == self.first_count:
            return text
        rate = (done_count - self.first_count) / seconds
        left = (total_count - done_count) / rate if total_count else 0.0
        return f"{text}, {rate:,.0f}/s" + (f", {_length(left)} left" if left >= 1 else "")


def _length(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
