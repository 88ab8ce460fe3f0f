"""So many documents of every kind, drawn by Hypothesis; small in the tests, long by hand."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from enrich.vtex import ENTITIES
from tests.fuzz import files
from tests.fuzz.nasty import batches
from tests.fuzz.trial import KINDS, Counts, complaints

SIZE = 20
"""Documents loaded together: what opening the warehouse costs is shared by all of them."""


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
            f" {counts.rejected:,} set aside for {len(counts.reasons)} reasons,"
            f" {len(self.complaints):,} complaints"
        )


Judge = Callable[[Path, Counts, st.DataObject], Iterator[str]]


def _of_vtex(name: str) -> Judge:
    kind = KINDS[name]
    drawn = batches(kind.base, ENTITIES[kind.entity].key, SIZE)
    return lambda folder, counts, data: complaints(kind, data.draw(drawn), folder, counts)


def _of_files(folder: Path, counts: Counts, data: st.DataObject) -> Iterator[str]:
    table, kind = data.draw(files.rows(SIZE)), data.draw(st.sampled_from(files.FORMATS))
    return files.complaints(table, kind, folder, counts)


JUDGES: dict[str, Judge] = {**{name: _of_vtex(name) for name in KINDS}, "import files": _of_files}


def fuzz(name: str, document_count: int, number: int, *, stop_at: int = 20) -> Found:
    """What became of `document_count` documents of a kind, drawn from the seed `number`.

    Goes on after a complaint, so that a long run tells all it finds; stops at `stop_at` of them.
    """
    found = Found(name)
    judge = JUDGES[name]

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
        if len(found.complaints) >= stop_at:
            return
        with tempfile.TemporaryDirectory() as folder:
            found.complaints += judge(Path(folder), found.counts, data)
        found.document_count += SIZE

    each()
    return found
