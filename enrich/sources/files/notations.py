"""How amounts and days are written: a column is judged whole, before a row is taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

import polars as pl

from enrich.sources.files.batches import LINE, Batch
from enrich.sources.files.spec import FileSpec
from enrich.sources.files.tables import Column, Table
from enrich.sources.files.values import Notation, Parsed, parse, value_of

_SHOWN = 40


@dataclass
class Judged:
    """What was counted of one column, over all batches; samples are (line, cell)."""

    column: Column
    notation: Notation
    names: tuple[str, ...]
    counts: Counter[str] = field(default_factory=Counter)
    samples: dict[str, tuple[int, str]] = field(default_factory=dict)

    def add(self, rows: pl.DataFrame) -> None:
        """Count the cells of some rows."""
        notation = self.notation
        readings = {f"reads {value}": is_read for value, is_read in notation.readings.items()}
        marks = {
            "chosen": notation.readings[notation.value] if notation.value else notation.default,
            "any": pl.any_horizontal(notation.default, *readings.values()),
            "unsure": notation.is_unsure,
            "sure": notation.is_sure,
            **readings,
        }
        name = self.column.name
        cells = rows.lazy().select(LINE, name).drop_nulls(name)
        marked = cells.with_columns(
            is_read.alias(name) for name, is_read in marks.items()
        ).collect()
        self.counts.update(marked.select(pl.col(*marks).sum()).row(0, named=True))
        for kind, is_one in _SAMPLES.items():
            if kind not in self.samples and (first := marked.filter(is_one).head(1)).height:
                self.samples[kind] = first.select(LINE, name).row(0)

    @property
    def whole(self) -> list[str]:
        """The values of the setting that read every cell which some value reads."""
        return [
            value
            for value in self.notation.readings
            if self.counts[f"reads {value}"] == self.counts["any"]
        ]

    def problem(self, spec: FileSpec) -> str | None:
        """Why the column cannot be read as it is, with the setting that helps; None when it can."""
        counts, value = self.counts, self.notation.value
        missed = counts["any"] - counts["chosen"]
        if self.column.is_dropped and not self.column.is_money:
            missed = missed if missed > counts["chosen"] else 0
        if missed and len(self.whole) == 1:
            return (
                f"{self._cell('missed')}; say {spec.setting(self.notation.setting, self.whole[0])}"
            )
        if missed and self.whole:
            return f"{self._cell('missed')}, {self._choice(spec, 'missed')}"
        if missed and value is None:
            return self._mixed(spec)
        if value is None and counts["unsure"] and not counts["sure"]:
            choice = self._choice(spec, "unsure")
            return f"{self._cell('unsure')} and every point has three digits behind it, {choice}"
        return None

    def _mixed(self, spec: FileSpec) -> str:
        setting, value = self.notation.setting, next(iter(self.notation.readings))
        return (
            f"{self._cell('missed')} and {self._cell('chosen')}: two ways to write it; correct the"
            f" file, or say {spec.setting(setting, value)}, and the rows unlike that are rejected"
        )

    def _choice(self, spec: FileSpec, sample: str) -> str:
        setting, cell = self.notation.setting, self.samples[sample][1]
        read = [f'{self._read(cell, value)} with {setting} = "{value}"' for value in self.whole]
        shown = "" if self.column.is_personal else f"which is {' and '.join(read)}: "
        return f"{shown}say which, such as {spec.setting(setting, self.whole[0])}"

    def _read(self, cell: str, value: str) -> str:
        """What a cell is when the setting has this value."""
        name = self.column.name
        row = pl.LazyFrame(
            {**dict.fromkeys(self.names), name: cell}, schema_overrides={name: pl.String}
        )
        row = row.cast(pl.String)
        parsed = self.column.parse(name, **{self.notation.setting: value})
        return _shown(parse(row, {name: parsed}).select(value_of(name)).collect().item())

    def _cell(self, sample: str) -> str:
        line, cell = self.samples[sample]
        return f"{self.column.name}: line {line} has " + (
            "another notation" if self.column.is_personal else f'"{cell[:_SHOWN]}"'
        )


_SAMPLES = {
    "missed": pl.col("any") & ~pl.col("chosen"),
    "chosen": pl.col("chosen"),
    "unsure": pl.col("unsure") & pl.col("chosen"),
}


def _shown(value: object) -> str:
    """Cents as an amount; a moment by its day."""
    if isinstance(value, int):
        return f"{value / 100:.2f}"
    return f"{value:%-d %B %Y}" if isinstance(value, date | datetime) else str(value)


def judge(
    spec: FileSpec, table: Table, parsed: Mapping[str, Parsed], batches: Iterator[Batch]
) -> dict[str, Judged]:
    """How every column with more than one notation is written.

    Raises BadSettings that names, for all columns at once, the settings the file needs.
    """
    found = {
        column.name: Judged(column, notation, table.names)
        for column in table.columns
        if (notation := parsed[column.name].notation) is not None
    }
    for batch in batches:
        for name in found.keys() & set(batch.rows.columns) - batch.numbers:
            if batch.rows.height:
                found[name].add(batch.rows)
    problems = [problem for one in found.values() if (problem := one.problem(spec))]
    if problems:
        raise spec.refusal("; ".join(problems))
    return found
