"""What the harness counts, and whether it is as it has to be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.faults.shop import Difference


@dataclass
class Figures:
    """What the harness prints."""

    kills: int = 0
    full_disks: int = 0
    locks: int = 0
    weathers: Counter[str] = field(default_factory=Counter)
    moments: Counter[str] = field(default_factory=Counter)
    in_flight: int = 0
    sent_twice: int = 0
    needless_repeats: int = 0
    records_pushed: int = 0
    comparisons: int = 0
    orders: int = 0
    lost: int = 0
    duplicated: int = 0
    invented: int = 0
    cents_off: int = 0
    statuses_off_at_the_end: int = 0
    half_written: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def survived(self) -> int:
        return self.kills + self.full_disks + self.locks

    def add(self, found: Difference) -> None:
        """One comparison of the whole store."""
        self.comparisons += 1
        self.orders = found.compared
        self.lost += found.lost
        self.invented += found.invented
        self.duplicated += found.duplicated
        self.cents_off += found.cents_off

    @property
    def is_clean(self) -> bool:
        off = self.lost + self.duplicated + self.invented + self.cents_off
        off += self.statuses_off_at_the_end + self.needless_repeats
        return off == 0 and not self.half_written and not self.faults


_SUMS = (
    "kills", "full_disks", "locks", "weathers", "moments", "in_flight", "sent_twice",
    "needless_repeats", "records_pushed", "comparisons", "orders", "lost", "duplicated",
    "invented", "cents_off", "statuses_off_at_the_end", "half_written", "faults",
)  # fmt: skip


def total(parts: Iterable[Figures]) -> Figures:
    """The figures of several shops together; the time is that of the slowest."""
    whole = Figures()
    for part in parts:
        for name in _SUMS:
            setattr(whole, name, getattr(whole, name) + getattr(part, name))
        whole.seconds = max(whole.seconds, part.seconds)
    return whole
