"""What is known of a file before it is read, and the messages that name the setting it needs."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from enrich.errors import BadSettings
from enrich.model import FileFormat
from enrich.sources.files.batches import MAX_COLUMNS
from enrich.sources.files.words import ZERO_WIDTH

HEADER_ROWS = 100
"""So many rows from the start may stand before the names of the columns."""
NAMED_COLUMNS = 30
_DATA = re.compile(r"[^@]*@.*|[-+\d.,:/ ]*\d[-+\d.,:/ ]*")


@dataclass(frozen=True)
class FileSpec:
    """One file: its kind (orders, items, ...), our columns, those it must have, how it is written.

    `alternatives` names, by a column that must be there, another one that does as well.
    """

    path: Path
    kind: str
    names: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    format: FileFormat = field(default_factory=FileFormat)
    alternatives: Mapping[str, str] = field(default_factory=dict)

    def refusal(self, problem: str) -> BadSettings:
        """The error that refuses the file; `problem` is one line."""
        return BadSettings(f"{self.path.name}: {problem}")

    def setting(self, name: str, value: object) -> str:
        """Where to write one setting of this kind of file: in the settings or as an option."""
        written = f'"{value}"' if isinstance(value, str) else value
        option = f"--{name.replace('_', '-')} {value}"
        return self._where_to_write(f"{name} = {written}", option)

    def _where_to_write(self, written: str, option: str) -> str:
        if self.kind == COMPARED:
            return option
        there = f"{written} in [imports.{self.kind}]"
        return f"{there}, or {option}" if self.kind in IMPORTED else there

    def named(self, cells: Sequence[str]) -> list[str]:
        """The column names of a header: ours for the columns we read, theirs for the others.

        Raises BadSettings on too many, and when a column that we read is there twice.
        """
        self.check_column_count(len(cells))
        folds = [fold(cell) for cell in cells]
        ours = [self._ours.get(one) for one in folds]
        doubled = sorted(name for name, count in Counter(ours).items() if name and count > 1)
        if doubled:
            raise self.refusal(f"column {doubled[0]} stands there more than once")
        taken = {*self.names, *(one for one in ours if one)}
        theirs = _distinct(cells, taken)
        return [own or other for own, other in zip(ours, theirs, strict=True)]

    def missing(self, cells: Iterable[str]) -> list[str]:
        """The columns that a header must have and this one has not, under our names."""
        found = {self._ours.get(fold(cell)) for cell in cells} - {None}
        wanted = (*self.required, *self.format.columns)
        alternatives = self.alternatives
        return [
            name
            for name in dict.fromkeys(wanted)
            if name not in found and alternatives.get(name) not in found
        ]

    def without_columns(self, line: int | None, cells: Sequence[str]) -> BadSettings:
        """The refusal of a file whose best header lacks columns: what is there, what is wanted."""
        missing = self.missing(cells)
        filled = [" ".join(cell.split()) for cell in cells if cell.strip()]
        if not filled or any(_DATA.fullmatch(cell) for cell in filled):
            wanted = ", ".join(dict.fromkeys((*self.required, *self.format.columns)))
            return self.refusal(
                f"line 1 is not a header of column names; columns wanted: {wanted};"
                f" where it stands further down, say {self.setting('header_line', 2)}"
            )
        shown = ", ".join(filled[:NAMED_COLUMNS])
        where = f"line {line}" if line else "the file"
        named = self.format.columns.keys() & set(missing)
        also = f" (columns says {_pairs(self.format.columns, named)})" if named else ""
        example = dict.fromkeys(missing, "NAME THERE")
        setting = self._where_to_write(
            f"columns = {{ {_pairs(example, example)} }}", f"--columns {missing[0]}=NAME"
        )
        wanted = ", ".join(self.required)
        return self.refusal(
            f"columns missing: {', '.join(missing)}{also}; wanted: {wanted}; {where} has:"
            f" {shown}; say which is"
            f" which with {setting}"
        )

    def check_column_count(self, count: int) -> None:
        """Raises BadSettings when no table can have so many columns."""
        if count > MAX_COLUMNS:
            raise self.refusal(
                f"has more than {MAX_COLUMNS:,} columns; leave out those that are not used"
            )

    @cached_property
    def _ours(self) -> dict[str, str]:
        """Our name by theirs as names are compared; one that is mapped is not found by itself."""
        mapped = self.format.columns
        own = {name: name for name in self.names if name not in mapped}
        return own | {fold(theirs): ours for ours, theirs in mapped.items()}


IMPORTED = ("orders", "items", "customers")
"""The kinds of files that `enrich import` takes; its options are named after the settings."""
COMPARED = "compare"
"""The kind of file that `enrich compare` takes: it has options alone."""


def fold(name: str) -> str:
    """A column name as it is compared: without case, doubled blanks and marks nobody sees."""
    seen = re.sub(ZERO_WIDTH, "", unicodedata.normalize("NFC", name))
    return " ".join(seen.casefold().split())


def _distinct(cells: Sequence[str], taken: Iterable[str]) -> list[str]:
    """A name of its own for every column: a nameless one is called by its place."""
    used, names = set(taken), []
    for place, cell in enumerate(cells, 1):
        name = first = " ".join(cell.split()) or f"column {place}"
        count = 1
        while name in used:
            count += 1
            name = f"{first} ({count})"
        used.add(name)
        names.append(name)
    return names


def _pairs(columns: Mapping[str, str], names: Iterable[str]) -> str:
    return ", ".join(f'{name} = "{columns[name]}"' for name in names)
