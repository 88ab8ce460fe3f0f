"""What `enrich status` knows as figures for Prometheus: counts and moments, nobody's value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TypeAlias

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import CollectorRegistry

from enrich.status import MOMENT, Status

Sample: TypeAlias = tuple[Sequence[str | None], float | None]
Waiting: TypeAlias = Sequence[tuple[str, str, int, float]]


def metrics_text(found: Status | None, waiting: Waiting) -> str:
    """The figures in Prometheus' text format, all gauges named enrich_*; moments are Unix seconds.

    Without a status, before the first run, only enrich_up and what waits in the inboxes.
    """
    registry = CollectorRegistry()
    registry.register(_Figures(found, waiting))
    return generate_latest(registry).decode()


class _Figures:
    """What Prometheus' library asks for the figures."""

    def __init__(self, found: Status | None, waiting: Waiting) -> None:
        self.found, self.waiting = found, waiting

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield _gauge("up", "1: the command could read what it reports", (), [((), 1)])
        yield _gauge(
            "inbox_hours",
            "Hours that the oldest message received waits for a sync",
            ("store", "topic"),
            [((store, topic), hours) for store, topic, _, hours in self.waiting],
        )
        if self.found is not None:
            yield from _of_runs(self.found)
            yield from _of_data(self.found)
            yield from _of_pushes(self.found)


def _of_runs(found: Status) -> Iterator[GaugeMetricFamily]:
    runs = found.runs.select("job", "store", "started_at", "seconds", "status").rows()
    names = ("job", "store")
    yield _gauge(
        "exit_code", "What `enrich status` ends with; 0: all is well", (), [((), found.exit_code)]
    )
    yield _gauge(
        "run_ok",
        "1: the last run of the job completed or is at work",
        names,
        [((job, store), state in ("completed", "running")) for job, store, *_, state in runs],
    )
    yield _gauge(
        "run_started_timestamp_seconds",
        "When the last run of the job began",
        names,
        [((job, store), _seconds(began)) for job, store, began, *_ in runs],
    )
    yield _gauge(
        "run_duration_seconds",
        "How long the last run of the job took",
        names,
        [((job, store), seconds) for job, store, _, seconds, _ in runs],
    )


def _of_data(found: Status) -> Iterator[GaugeMetricFamily]:
    yield _gauge(
        "watermark_timestamp_seconds",
        "Everything changed up to this moment is stored",
        ("store", "entity"),
        [((store, name), at.timestamp()) for store, name, at, _ in found.watermarks if at],
    )
    yield _gauge(
        "unexplained_orders",
        "Orders that differ from the source for no known reason",
        ("store",),
        [((proof.store,), proof.counts["unexplained_count"]) for proof in found.proofs],
    )
    yield _gauge(
        "pushes_held",
        "1: pushes of the store wait because its orders differ from the source",
        ("store",),
        [((proof.store,), proof.is_held) for proof in found.proofs],
    )
    yield _gauge(
        "rejected_records",
        "Records that were rejected and are kept",
        ("store", "entity"),
        _summed(((store, entity), count) for store, entity, _, count in found.rejects),
    )
    yield _gauge("table_rows", "Rows of a table", ("table",), [((t,), n) for t, n in found.counts])


def _of_pushes(found: Status) -> Iterator[GaugeMetricFamily]:
    names = ("destination", "store", "entity")
    yield _gauge(
        "push_ok",
        "1: the last push completed",
        names,
        [((p.destination, p.store, p.entity), p.state == "completed") for p in found.pushes],
    )
    if found.pushed.width:
        for name in ("there_count", "refused_count", "unanswered_count"):
            rows = found.pushed.select(*names, name).rows()
            yield _gauge(
                f"records_{name.removesuffix('_count')}",
                "Records at the destination: there, refused, or sent without an answer",
                names,
                [(labels, count) for *labels, count in rows],
            )


def _gauge(
    name: str, says: str, labels: Sequence[str], samples: Iterable[Sample]
) -> GaugeMetricFamily:
    """One gauge; a sample whose value is not known is left out."""
    family = GaugeMetricFamily(f"enrich_{name}", says, labels=labels)
    for values, value in samples:
        if value is not None:
            family.add_metric([label or "" for label in values], float(value))
    return family


def _summed(counts: Iterable[tuple[tuple[str, str], int]]) -> Iterable[Sample]:
    total = Counter[tuple[str, str]]()
    for labels, count in counts:
        total[labels] += count
    return list(total.items())


def _seconds(moment: str) -> float:
    return datetime.strptime(moment, MOMENT).replace(tzinfo=UTC).timestamp()
