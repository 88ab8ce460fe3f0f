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
CHUNK_BYTES = 8 * 2**20
MAX_LINE_BYTES = 2**20
MAX_COLUMNS = 1_000
SHOWN_CHARACTERS = 1_000  # of a text that is kept to be looked at

TOO_LONG = f"row: longer than {MAX_LINE_BYTES:,} bytes"
HAS_NUL = "row: holds a NUL byte"


@dataclass(frozen=True)
class Broken:
    """A row that has no cells: its line, why, and its text as it stands."""

    line: int
    reason: str
    text: str

    @property
    def payload(self) -> str:
        return json.dumps({"text": self.text[:SHOWN_CHARACTERS]}, ensure_ascii=False)


@dataclass(frozen=True)
class Batch:
    """Some rows of a file: text columns as the file names them and LINE; and its broken rows."""

    rows: pl.DataFrame
    broken: tuple[Broken, ...] = ()


def tidy_names(path: Path, names: Iterable[str]) -> list[str]:
    """Column names without surrounding blanks; a nameless column is called by its place.

    Raises BadSettings when two names differ in case or blanks at most, or when there are too many.
    """
    tidy = [name.strip() or f"column {place}" for place, name in enumerate(names, 1)]
    check_column_count(path, len(tidy))
    counts = Counter(name.lower() for name in tidy)
    doubled = sorted(name for name, count in counts.items() if count > 1)
    if doubled:
        raise BadSettings(f"{path.name}: column {doubled[0]} stands there more than once")
    return tidy


def check_column_count(path: Path, count: int) -> None:
    """Raises BadSettings when no table can have so many columns."""
    if count > MAX_COLUMNS:
        raise BadSettings(
            f"{path.name}: has more than {MAX_COLUMNS:,} columns; leave out those that are not used"
        )


@dataclass(frozen=True)
class Lines:
    """Consecutive lines of a text file; `first` is the 1-based number of the first one.

    A line that no row can be read from is `broken`, and empty in its place.
    """

    first: int
    texts: list[str]
    broken: tuple[Broken, ...] = ()


def read_lines(path: Path, chunk_bytes: int = CHUNK_BYTES) -> Iterator[Lines]:
    """The lines of a UTF-8 file, a chunk at a time; raises BadSettings for another encoding.

    No more than a chunk and a line of the greatest length is in memory.
    """
    first, rest = 1, b""
    with path.open("rb") as file:
        while block := file.read(chunk_bytes):
            head, newline, tail = block.rpartition(b"\n")
            if newline:
                lines = _decoded(path, rest + head, first)
                yield lines
                first, rest = first + len(lines.texts), b""
            # one byte more than a line may have: the rest of it is not needed to know that
            rest += tail[: MAX_LINE_BYTES + 1 - len(rest)]
    if rest:
        yield _decoded(path, rest, first)


def _decoded(path: Path, block: bytes, first: int) -> Lines:
    if first == 1:
        if block[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise BadSettings(f"{path.name}: is UTF-16; save it as UTF-8")
        block = block.removeprefix(b"\xef\xbb\xbf")
    whole, broken = _without_unusable(block, first)
    try:
        return Lines(first, whole.decode("utf-8").split("\n"), broken)
    except UnicodeDecodeError as error:
        line = first + whole.count(b"\n", 0, error.start)
        raise BadSettings(f"{path.name}: line {line} is not UTF-8; save it as UTF-8") from None


def _without_unusable(block: bytes, first: int) -> tuple[bytes, tuple[Broken, ...]]:
    """The block with the lines emptied that are too long or hold a NUL byte, and these lines."""
    if b"\0" not in block and not _may_be_long(block):
        return block, ()
    lines = block.split(b"\n")
    broken = []
    for place, line in enumerate(lines):
        reason = TOO_LONG if len(line) > MAX_LINE_BYTES else HAS_NUL if b"\0" in line else None
        if reason:
            shown = line[:SHOWN_CHARACTERS].replace(b"\0", b"").decode("utf-8", "replace")
            broken.append(Broken(first + place, reason, shown))
            lines[place] = b""
    return b"\n".join(lines), tuple(broken)


def _may_be_long(block: bytes) -> bool:
    """Whether no line ends in some half of the longest length: a longer line covers such a half."""
    half = MAX_LINE_BYTES // 2
    return any(block.find(b"\n", at, at + half) < 0 for at in range(0, len(block) - half, half))
