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
