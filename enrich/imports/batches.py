"""The shape in which every reader hands over its rows."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from enrich.errors import BadSettings

LINE = "\x00line"  # a name no file has
CHUNK_BYTES = 32 * 2**20


@dataclass(frozen=True)
class Broken:
    """A row that has no cells: its line, why, and its text as it stands."""

    line: int
    reason: str
    text: str

    @property
    def payload(self) -> str:
        return json.dumps({"text": self.text}, ensure_ascii=False)


@dataclass(frozen=True)
class Batch:
    """Some rows of a file: text columns as the file names them and LINE; and its broken rows."""

    rows: pl.DataFrame
    broken: tuple[Broken, ...] = ()


def tidy_names(path: Path, names: Iterable[str]) -> list[str]:
    """Column names without surrounding blanks; a nameless column is called by its place.

    Raises BadSettings when two names differ in case or blanks at most.
    """
    tidy = [name.strip() or f"column {place}" for place, name in enumerate(names, 1)]
    counts = Counter(name.lower() for name in tidy)
    doubled = sorted(name for name, count in counts.items() if count > 1)
    if doubled:
        raise BadSettings(f"{path.name}: column {doubled[0]} stands there more than once")
    return tidy


@dataclass(frozen=True)
class Lines:
    """Consecutive lines of a text file; `first` is the 1-based number of the first one."""

    first: int
    texts: list[str]


def read_lines(path: Path, chunk_bytes: int = CHUNK_BYTES) -> Iterator[Lines]:
    """The lines of a UTF-8 file, a chunk at a time; raises BadSettings for another encoding."""
    first, rest = 1, b""
    with path.open("rb") as file:
        while block := file.read(chunk_bytes):
            head, newline, tail = block.rpartition(b"\n")
            if not newline:
                rest += block
                continue
            lines = _decoded(path, rest + head, first)
            yield lines
            first, rest = first + len(lines.texts), tail
    if rest:
        yield _decoded(path, rest, first)


def _decoded(path: Path, block: bytes, first: int) -> Lines:
    if first == 1:
        if block[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise BadSettings(f"{path.name}: is UTF-16; save it as UTF-8")
        block = block.removeprefix(b"\xef\xbb\xbf")
    try:
        return Lines(first, block.decode("utf-8").split("\n"))
    except UnicodeDecodeError as error:
        line = first + block.count(b"\n", 0, error.start)
        raise BadSettings(f"{path.name}: line {line} is not UTF-8; save it as UTF-8") from None
