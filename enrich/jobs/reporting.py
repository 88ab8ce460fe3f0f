"""How a job tells what it is doing, without knowing who listens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


def _unheard(line: str) -> None:
    pass


def _unseen(label: str, done_count: int, total_count: int | None) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Reporter:
    """Two callables: `say` takes one finished line, `step` a label, how many are done, of how many.

    Neither is ever given a customer's value. The total is None while it is not known.
    """

    say: Callable[[str], None] = _unheard
    step: Callable[[str, int, int | None], None] = _unseen


SILENT = Reporter()
UNKNOWN_TOTAL_STEP = 5_000


def in_lines(say: Callable[[str], None]) -> Reporter:
    """For logs and pipes: a line at another tenth, or at another 5,000 of an unknown total."""
    said: dict[str, int] = {}

    def step(label: str, done_count: int, total_count: int | None) -> None:
        share = done_count * 10 // total_count if total_count else done_count // UNKNOWN_TOTAL_STEP
        if share > said.get(label, 0):
            said[label] = share
            say(f"{label}: {done_count:,}" + (f" of {total_count:,}" if total_count else ""))

    return Reporter(say=say, step=step)
