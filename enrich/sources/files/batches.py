"""The shape in which every reader hands over its rows, and the bounds that all of them keep."""

from __future__ import annotations

import json
from dataclasses import dataclass

import polars as pl

LINE = "\x00line"  # a name no file has
CHUNK_BYTES = 8 * 2**20
MAX_LINE_LENGTH = 2**20
MAX_COLUMNS = 1_000
SHOWN_CHARACTERS = 1_000  # of a text that is kept to be looked at

TOO_LONG = f"row: longer than {MAX_LINE_LENGTH:,} characters"
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
    """Some rows of a file: text columns under our names or the file's, and LINE; its broken rows.

    `numbers` are the columns that the file holds as numbers, so that no notation is in doubt;
    `understood` is what was found out about the file, for a person.
    """

    rows: pl.DataFrame
    broken: tuple[Broken, ...] = ()
    numbers: frozenset[str] = frozenset()
    understood: str = ""
