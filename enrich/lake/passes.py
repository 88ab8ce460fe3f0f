"""Run a function over every bucket of a plan, and add up the rows that the buckets wrote."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from enrich.lake.buckets import Plan, added
from enrich.lake.engines import Answer, Task, Workers
from enrich.runs.reporting import Reporter


@dataclass(frozen=True, slots=True)
class Passes:
    """A plan, its number of buckets, and the workers that process them."""

    plan: Plan
    count: int
    workers: Workers
    report: Reporter

    def over(self, name: str, function: Callable[[Plan, int], Answer]) -> list[Answer]:
        """The answers of all buckets; if any failed, raises Stop after the others are done."""
        task = Task(function, self.plan, self.plan.work / "answers" / name)
        return self.workers.run(task, self.count, name, self.report)

    def added(self, name: str, schema: pl.Schema) -> pl.DataFrame:
        """The rows of that name of all buckets, added up (see `buckets.added`)."""
        return added(schema, [self.plan.resolved(name, bucket) for bucket in range(self.count)])
