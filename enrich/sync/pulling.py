"""What the pulling of one entity is given and what it leaves: shared by all entities."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from enrich.errors import EnrichError, HeldBack
from enrich.model import Loaded, RawRecord, Reject
from enrich.runs.record import Run
from enrich.runs.reporting import Reporter
from enrich.shop import Shop
from enrich.sources.source import Missing, Source
from enrich.warehouse import Warehouse

SLICE = 5_000  # records a transaction: what a minute brings at the pace VTEX allows
MAX_REJECTED = 0.2
JUDGED_FROM = 100

ENTITY_COLUMNS = ("entity", "listed", "fetched", "new", "changed", "unchanged", "rejected")
NOTHING = Loaded()

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class EntityReport:
    """What one entity brought. `note` is for a person; a `fault` fails the run in the end."""

    entity: str
    listed_count: int = 0
    fetched_count: int = 0
    loaded: Loaded = NOTHING
    note: str | None = None
    fault: EnrichError | None = None

    @property
    def row(self) -> tuple[str | int, ...]:
        """The entity and its counts in the order of ENTITY_COLUMNS."""
        loaded = self.loaded
        return (
            self.entity,
            self.listed_count,
            self.fetched_count,
            loaded.new_count,
            loaded.changed_count,
            loaded.unchanged_count,
            loaded.reject_count,
        )

    @property
    def is_degraded(self) -> bool:
        return self.note is not None or self.fault is not None


@dataclass(frozen=True, slots=True)
class Pull:
    """One store being pulled: where from, where to, on behalf of which run."""

    warehouse: Warehouse
    shop: Shop
    source: Source
    run: Run
    report: Reporter

    @property
    def now(self) -> datetime:
        return self.run.now

    def load(
        self,
        entity: str,
        found: Iterable[RawRecord | Reject | Missing],
        watermark_at: datetime | None = None,
    ) -> Loaded:
        """What became of these documents, in one transaction; a missing one counts as rejected."""
        records, rejects = _sorted_out(found)
        return self.warehouse.records.load(
            self.shop.name,
            entity,
            records,
            rejects,
            run_id=self.run.run_id,
            now=self.now,
            extra_fields=self.shop.extra_customer_fields,
            opt_in_fields=self.shop.opt_in_fields,
            watermark_at=watermark_at,
        )

    def watermark(self, entity: str) -> datetime | None:
        return self.warehouse.records.watermark(self.shop.name, entity)

    def move_watermark(self, entity: str, at: datetime) -> None:
        self.warehouse.records.set_watermark(
            self.shop.name, entity, at, run_id=self.run.run_id, now=self.now
        )

    def step(self, what: str, done_count: int, total_count: int | None) -> None:
        self.report.step(f"{self.shop.name} {what}", done_count, total_count)


def _sorted_out(
    found: Iterable[RawRecord | Reject | Missing],
) -> tuple[list[RawRecord], list[Reject]]:
    records: list[RawRecord] = []
    rejects: list[Reject] = []
    for one in found:
        match one:
            case RawRecord():
                records.append(one)
            case Reject():
                rejects.append(one)
            case Missing():
                rejects.append(Reject(one.key, one.reason, ""))
    return records, rejects


def has_many_rejects(reject_count: int, record_count: int) -> bool:
    """Whether more than a fifth of the records is unusable; a few records prove nothing."""
    return record_count >= JUDGED_FROM and reject_count > MAX_REJECTED * record_count


def refuse_many_rejects(entity: str, loaded: Loaded, fetched_count: int) -> None:
    """Raises HeldBack when more than a fifth of the documents cannot be used."""
    if has_many_rejects(loaded.reject_count, fetched_count):
        raise HeldBack(
            f"{entity}: {loaded.reject_count:,} of {fetched_count:,} documents are unusable;"
            " stopped, `enrich rejects` shows why"
        )


def sliced(items: Sequence[_Item], size: int = SLICE) -> Iterator[Sequence[_Item]]:
    """The items in runs of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
