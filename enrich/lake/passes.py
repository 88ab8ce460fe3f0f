"""The buckets of a plan, gone over as often as it takes; between two passes what adds up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from enrich.lake.buckets import Plan, added
from enrich.lake.engines import Answer, Task, Workers
from enrich.runs.reporting import Reporter


@dataclass(frozen=True, slots=True)
class Passes:
    """A plan, how many buckets it has, and who works."""

    plan: Plan
    count: int
    workers: Workers
    report: Reporter

    def over(self, name: str, function: Callable[[Plan, int], Answer]) -> list[Answer]:
        """The answers of all buckets; raises Stop, when all others are done, where one failed."""
        task = Task(function, self.plan, self.plan.work / "answers" / name)
        return self.workers.run(task, self.count, name, self.report)

    def added(self, name: str, schema: pl.Schema) -> pl.DataFrame:
        """The rows of that name of all buckets, added up (see `buckets.added`)."""
        return added(schema, [self.plan.resolved(name, bucket) for bucket in range(self.count)])
