"""The simulator's clock: real, or stopped where a test or a demo wants it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from enrich.simulator.moments import to_us


@dataclass(slots=True)
class Clock:
    """What time it is in the made-up shop; `wall` tells the real time when nothing is fixed."""

    wall: Callable[[], datetime]
    fixed_us: int | None = None
    ahead_us: int = 0

    def now_us(self) -> int:
        """Microseconds since 1970."""
        if self.fixed_us is not None:
            return self.fixed_us
        return to_us(self.wall()) + self.ahead_us

    def stop_at(self, us: int) -> None:
        """From now on it is always this moment."""
        self.fixed_us = us

    def follow_wall(self) -> None:
        """The real time again."""
        self.fixed_us, self.ahead_us = None, 0

    def advance(self, us: int) -> None:
        """Later by this much; a running clock keeps running."""
        if self.fixed_us is None:
            self.ahead_us += us
        else:
            self.fixed_us += us
