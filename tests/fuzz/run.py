"""So many documents of every kind, drawn by Hypothesis; small in the tests, long by hand."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from enrich.sources.vtex.entities import ENTITIES
from tests.fuzz import files
from tests.fuzz.nasty import batches
from tests.fuzz.trial import KINDS, Counts, complaints

SIZE = 20
"""Documents of one example."""
TOGETHER = 15
"""Examples loaded at once: what a load costs is shared by all their documents."""


@dataclass
class Found:
    """What became of one kind of document, and the first things that were not as they must be."""

    kind: str
    document_count: int = 0
    counts: Counts = field(default_factory=Counts)
    complaints: list[str] = field(default_factory=list)

    @property
    def line(self) -> str:
        counts = self.counts
        return (
            f"{self.kind}: {self.document_count:,} documents, {counts.good:,} good,"
            f" {counts.rejected:,} rejected for {len(counts.reasons)} reasons,"
            f" {len(self.complaints):,} complaints"
        )


@dataclass(frozen=True)
class Judge:
    """How examples of a kind are drawn, by their number, and how some of them are judged."""

    draw: Callable[[st.DataObject, int], Any]
    complaints: Callable[[Sequence[Any], Path, Counts], Iterator[str]]


def _of_vtex(name: str) -> Judge:
    kind = KINDS[name]
    key = str(kind.base[ENTITIES[kind.entity].key])
    drawn = batches(kind.base, ENTITIES[kind.entity].key, SIZE)

    def draw(data: st.DataObject, number: int) -> list[bytes]:
        """Ids are of the example too, so that the documents of several can be loaded together."""
        own = f"{key}-{number}-".encode()
        return [content.replace(f"{key}-".encode(), own) for content in data.draw(drawn)]

    def judge(examples: Sequence[list[bytes]], folder: Path, counts: Counts) -> Iterator[str]:
        contents = [content for example in examples for content in example]
        yield from complaints(kind, contents, folder, counts)

    return Judge(draw, judge)


def _draw_file(data: st.DataObject, number: int) -> tuple[list[tuple[str | None, ...]], str]:
    return data.draw(files.rows(SIZE)), data.draw(st.sampled_from(files.FORMATS))


def _judge_files(examples: Sequence[Any], folder: Path, counts: Counts) -> Iterator[str]:
    for number, (table, kind) in enumerate(examples):
        yield from files.complaints(table, kind, folder, f"store{number}", counts)


JUDGES = {
    **{name: _of_vtex(name) for name in KINDS},
    "import files": Judge(_draw_file, _judge_files),
}


def fuzz(name: str, document_count: int, number: int, *, stop_at: int = 20) -> Found:
    """What became of `document_count` documents of a kind, drawn from the seed `number`.

    Goes on after a complaint, so that a long run tells all it finds; stops at `stop_at` of them.
    """
    found, judge = Found(name), JUDGES[name]
    waiting: list[Any] = []

    def settle() -> None:
        with tempfile.TemporaryDirectory() as folder:
            found.complaints += judge.complaints(waiting, Path(folder), found.counts)
        found.document_count += SIZE * len(waiting)
        waiting.clear()

    @seed(number)
    @settings(
        max_examples=-(-document_count // SIZE),
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def each(data: st.DataObject) -> None:
        waiting.append(judge.draw(data, found.document_count + len(waiting)))
        if len(found.complaints) >= stop_at:
            waiting.clear()
        elif len(waiting) == TOGETHER:
            settle()

    each()
    if waiting:
        settle()
    return found
