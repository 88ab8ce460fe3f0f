"""Who works: a loop, processes, Dask or Spark. All do the same: a task for each of some numbers.

A task reads and writes files and answers with a few facts, which it keeps: what was answered once
is not done again, whoever was killed in between.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from platform import node
from resource import RUSAGE_SELF, getrusage
from typing import Any

from enrich.durable import write_durably
from enrich.errors import BadSettings, EnrichError, Stop, unforeseen
from enrich.installed import install_command
from enrich.runs.reporting import Reporter

Answer = dict[str, Any]
MAX_TRIES = 3
"""How often a task may lose its worker, before it is taken to be what kills them."""


COST_FIELDS = ("seconds", "cpu_seconds", "peak_bytes")
"""What a task took; the peak is that of its process so far."""


@dataclass(frozen=True, slots=True)
class Task:
    """One function of a plan and a number, whose answers are kept in a folder."""

    function: Callable[[Any, int], Answer]
    plan: Any
    answers: Path

    def __call__(self, number: int) -> Answer:
        """The facts with `number`, `seconds` and who did it; `fault` instead when it failed."""
        path = self.answers / f"{number:06d}.json"
        if path.exists():
            return dict(json.loads(path.read_text(encoding="utf-8")))
        began, cpu = time.monotonic(), time.process_time()
        try:
            facts = self.function(self.plan, number)
        except EnrichError as fault:
            return {"number": number, "fault": str(fault)}
        except Exception as fault:  # its text may quote data
            return {"number": number, "fault": unforeseen(fault)}
        took = time.monotonic() - began, time.process_time() - cpu, _peak_bytes()
        answer = {**facts, "number": number, "worker": f"{node()}:{os.getpid()}", "began": began}
        answer |= dict(zip(COST_FIELDS, took, strict=True))
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_durably(path, json.dumps(answer, default=str).encode())
        return answer


def _peak_bytes() -> int:
    peak = getrusage(RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


Work = Callable[[Task, Sequence[int]], Iterator[Answer]]


@dataclass(frozen=True, slots=True)
class Engine:
    """Which one, how many workers it starts, or where those of somebody else are."""

    name: str = "local"
    workers: int = 1
    address: str | None = None

    @contextmanager
    def started(self) -> Iterator[Workers]:
        """The workers, until the block ends."""
        with ENGINES[self.name](self) as work:
            yield Workers(work)


@dataclass(frozen=True, slots=True)
class Workers:
    """Started workers of some engine."""

    work: Work

    def run(self, task: Task, count: int, label: str, report: Reporter) -> list[Answer]:
        """The answers by number; raises Stop, when all others are done, where one failed."""
        answers: dict[int, Answer] = {}
        for answer in self.work(task, range(count)):
            answers[answer["number"]] = answer
            report.step(label, len(answers), count)
        faults = [one for one in answers.values() if "fault" in one]
        if faults:
            first = min(faults, key=lambda one: int(one["number"]))
            raise Stop(
                f"{label}: {len(faults)} of {count} failed, the first is {first['number']}:"
                f" {first['fault']}; the others are kept, the next run does only these"
            )
        return [answers[number] for number in range(count)]


@contextmanager
def _local(engine: Engine) -> Iterator[Work]:
    yield map


@contextmanager
def _processes(engine: Engine) -> Iterator[Work]:
    with ExitStack() as stack:
        yield partial(_in_processes, _Pools(engine.workers, stack))


@dataclass(slots=True)
class _Pools:
    """One pool after the other: a process that was killed breaks its pool."""

    workers: int
    stack: ExitStack
    pool: ProcessPoolExecutor | None = None

    def __call__(self) -> ProcessPoolExecutor:
        if self.pool is None:
            started = ProcessPoolExecutor(self.workers, mp_context=get_context("spawn"))
            self.pool = self.stack.enter_context(started)
        return self.pool


def _in_processes(pools: _Pools, task: Task, numbers: Sequence[int]) -> Iterator[Answer]:
    """A killed process takes what the others of its pool are doing along: that is begun again."""
    waiting = set(numbers)
    for _ in range(MAX_TRIES):
        try:
            for done in as_completed([pools().submit(task, number) for number in sorted(waiting)]):
                answer = done.result()
                waiting.discard(answer["number"])
                yield answer
        except BrokenProcessPool:
            pools.pool = None
            continue
        return
    raise Stop(
        f"a worker was killed {MAX_TRIES} times, with {len(waiting)} buckets to do; if the memory"
        " is too small for them, build with more --buckets or run with fewer --workers"
    )


@contextmanager
def _dask(engine: Engine) -> Iterator[Work]:
    dask = _library("distributed", "dask")
    with ExitStack() as stack:
        own = {"n_workers": engine.workers, "threads_per_worker": 1, "dashboard_address": None}
        address = engine.address or stack.enter_context(dask.LocalCluster(**own))
        yield partial(_in_dask, dask, stack.enter_context(dask.Client(address)))


def _in_dask(dask: Any, client: Any, task: Task, numbers: Sequence[int]) -> Iterator[Answer]:
    try:
        for future in dask.as_completed(client.map(task, numbers, pure=False)):
            yield future.result()
    except dask.KilledWorker:
        raise Stop(
            "one bucket kills the workers of Dask; if the memory is too small for it, build"
            " with more --buckets"
        ) from None


@contextmanager
def _spark(engine: Engine) -> Iterator[Work]:
    builder = _library("pyspark.sql", "spark").SparkSession.builder.appName("enrich lake")
    address = engine.address or f"local[{engine.workers},{MAX_TRIES}]"
    if address.startswith("sc://"):
        spark = builder.remote(address).getOrCreate()
    else:
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # noqa: TID251 - Spark asks there
        quiet = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false"}
        spark = builder.master(address).config(map=quiet).getOrCreate()
    try:
        yield partial(_in_spark, spark)
    finally:
        spark.stop()


def _in_spark(spark: Any, task: Task, numbers: Sequence[int]) -> Iterator[Answer]:
    rows = spark.range(0, len(numbers), 1, len(numbers))
    done = rows.mapInArrow(partial(_answers, task), "answer string").collect()
    yield from (json.loads(row["answer"]) for row in done)


def _answers(task: Task, batches: Iterator[Any]) -> Iterator[Any]:
    """In a worker of Spark: a batch of numbers becomes one of answers."""
    import pyarrow as pa

    for batch in batches:
        found = [json.dumps(task(number)) for number in batch.column(0).to_pylist()]
        yield pa.RecordBatch.from_pydict({"answer": pa.array(found, pa.string())})


def _library(name: str, extra: str) -> Any:
    """The module; raises BadSettings saying how the extra is installed where it is not."""
    try:
        return import_module(name)
    except ImportError:
        how = install_command(extra)
        raise BadSettings(f"--engine {extra} needs its libraries: {how}") from None


ENGINES: dict[str, Callable[[Engine], AbstractContextManager[Work]]] = {
    "local": _local,
    "processes": _processes,
    "dask": _dask,
    "spark": _spark,
}
