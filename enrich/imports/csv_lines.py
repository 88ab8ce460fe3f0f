"""CSV as batches, line by line, so that a broken row costs itself and never its neighbours.

A library reader stops at the first stray quote or shifts what follows it. Here every physical line
is looked at alone; only lines with an odd number of quotes may belong together, and they do when
joining them gives a whole row while none of the lines between is one.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from enrich.errors import BadSettings
from enrich.imports.batches import CHUNK_BYTES, LINE, Batch, Broken, Lines, read_lines, tidy_names

SEPARATORS = (",", ";", "\t", "|")
MAX_ROW_LINES = 100
WIDE = 64

BROKEN_QUOTES = "row: broken quoting"
TOO_MANY = "row: more fields than the header"
TOO_FEW = "row: fewer fields than the header"


@dataclass(frozen=True)
class Shape:
    """What a row of this file looks like."""

    separator: str
    names: tuple[str, ...]

    @property
    def cell(self) -> str:
        """One cell: quoted (a doubled quote is a quote), or free of quotes."""
        return f' *"[^"]*(?:""[^"]*)*" *|[^"\\n{re.escape(self.separator)}]*'

    def rows_of(self, count: str) -> str:
        return f"(?:{self.cell})(?:{re.escape(self.separator)}(?:{self.cell})){count}"

    @property
    def row(self) -> str:
        return self.rows_of(f"{{{len(self.names) - 1}}}")

    @property
    def row_in_cells(self) -> str:
        return re.escape(self.separator).join(f"({self.cell})" for _ in self.names)


def read_csv(path: Path, chunk_bytes: int = CHUNK_BYTES) -> Iterator[Batch]:
    """The rows of a CSV file with a header; the separator is the one the header uses."""
    shape: Shape | None = None
    carried: list[str] = []
    for lines in read_lines(path, chunk_bytes):
        texts = lines.texts
        first = lines.first - len(carried)
        if shape is None:
            _refuse_broken_header(path, lines)
            shape, texts, first = header_shape(path, texts[0].rstrip("\r")), texts[1:], 2
            yield Batch(_no_rows(shape))
        if lines.broken:
            yield Batch(_no_rows(shape), lines.broken)
        joined, carried = _take(Lines(first, carried + texts), shape, is_last=False)
        yield _batch(joined, shape)
        last = first + len(joined.taken)
    if shape is not None and carried:
        joined, _ = _take(Lines(last, carried), shape, is_last=True)
        yield _batch(joined, shape)


def _refuse_broken_header(path: Path, lines: Lines) -> None:
    if lines.broken and lines.broken[0].line == 1:
        reason = lines.broken[0].reason.removeprefix("row: ")
        raise BadSettings(f"{path.name}: line 1 is not a header of column names; {reason}")


def header_shape(path: Path, header: str) -> Shape:
    """The separator and column names of a header line; raises BadSettings when it is none."""
    unquoted = re.sub(r'"[^"]*"', "", header)
    if not header.strip() or '"' in unquoted or "\r" in unquoted:
        raise BadSettings(f"{path.name}: line 1 is not a header of column names")
    separator = max(SEPARATORS, key=unquoted.count)
    names = next(csv.reader([header], delimiter=separator, skipinitialspace=True))
    return Shape(separator, tuple(tidy_names(path, names)))


def _no_rows(shape: Shape) -> pl.DataFrame:
    return pl.DataFrame(schema={**dict.fromkeys(shape.names, pl.String), LINE: pl.Int64})


@dataclass(frozen=True)
class _Joined:
    """Lines with those of one row joined: `text` and LINE of each row, and what stays broken."""

    taken: list[str]
    rows: pl.DataFrame
    broken: list[Broken]


def _take(lines: Lines, shape: Shape, *, is_last: bool) -> tuple[_Joined, list[str]]:
    """The rows of these lines, and the lines at the end whose row may go on in the next chunk."""
    frame = pl.DataFrame({"text": pl.Series(lines.texts, dtype=pl.String)})
    is_odd = frame.select(pl.col("text").str.count_matches('"', literal=True) % 2 == 1)
    odd = is_odd.to_series().arg_true().to_list()
    whole, alone, cut = _pair(lines.texts, odd, shape, is_last=is_last)
    used = {index for start, end in whole for index in range(start, end + 1)} | set(alone)
    frame = frame.with_row_index(LINE).with_columns(pl.col(LINE).cast(pl.Int64)).head(cut)
    if used:
        starts = [start for start, _ in whole]
        texts = ["\n".join(lines.texts[start : end + 1]) for start, end in whole]
        joined = pl.DataFrame({LINE: starts, "text": texts}, schema=frame.schema)
        frame = pl.concat([frame.filter(~pl.col(LINE).is_in(list(used))), joined])
    rows = frame.with_columns(
        pl.col(LINE) + lines.first, pl.col("text").str.strip_suffix("\r")
    ).filter(pl.col("text").str.strip_chars().str.len_bytes() > 0)
    broken = [Broken(lines.first + i, BROKEN_QUOTES, lines.texts[i].rstrip("\r")) for i in alone]
    return _Joined(lines.texts[:cut], rows, broken), lines.texts[cut:]


def _pair(
    texts: list[str], odd: list[int], shape: Shape, *, is_last: bool
) -> tuple[list[tuple[int, int]], list[int], int]:
    """Which lines with an odd number of quotes open and close one row, which stay alone, and
    where the lines end that can be judged now."""
    is_row = re.compile(shape.row + r"\r?").fullmatch
    whole: list[tuple[int, int]] = []
    alone: list[int] = []
    at = 0
    while at < len(odd):
        start = odd[at]
        end = odd[at + 1] if at + 1 < len(odd) else None
        if end is None and not is_last and len(texts) - start < MAX_ROW_LINES:
            return whole, alone, start
        if end is not None and _is_one_row(texts[start : end + 1], is_row):
            whole.append((start, end))
            at += 2
        else:
            alone.append(start)
            at += 1
    return whole, alone, len(texts)


def _is_one_row(texts: list[str], is_row: Callable[[str], object]) -> bool:
    if len(texts) > MAX_ROW_LINES or not is_row("\n".join(texts)):
        return False
    return not any(is_row(text) for text in texts[1:-1])


def _batch(joined: _Joined, shape: Shape) -> Batch:
    """The cells of rows that have the header's shape; the others are broken."""
    text = pl.col("text")
    has_quote = text.str.contains('"', literal=True)
    quoted = joined.rows.filter(has_quote)
    bare = joined.rows.filter(~has_quote)
    separators = text.str.count_matches(shape.separator, literal=True)
    wanted = len(shape.names) - 1
    fitting, misfits = (_quoted if wanted < WIDE else _quoted_wide)(quoted, shape)
    cells = pl.concat([_split_bare(bare.filter(separators == wanted), shape), fitting]).sort(LINE)
    broken = [
        *joined.broken,
        *_broken(bare.filter(separators > wanted), TOO_MANY),
        *_broken(bare.filter(separators < wanted), TOO_FEW),
        *misfits,
    ]
    return Batch(cells, tuple(sorted(broken, key=lambda row: row.line)))


def _quoted(rows: pl.DataFrame, shape: Shape) -> tuple[pl.DataFrame, list[Broken]]:
    """The cells of rows with quotes that fit the header, and why the others do not."""
    fits = pl.col("text").str.contains(f"^(?:{shape.row})$")
    return _split_quoted(rows.filter(fits), shape), _broken_quoted(rows.filter(~fits), shape)


def _quoted_wide(rows: pl.DataFrame, shape: Shape) -> tuple[pl.DataFrame, list[Broken]]:
    """The same row by row: one expression for a thousand cells takes the square of the time."""
    cell = f"(?>{shape.cell})"
    is_well_formed = re.compile(f"{cell}(?:{re.escape(shape.separator)}{cell})*").fullmatch
    next_cell = re.compile(f"({cell})(?:{re.escape(shape.separator)}|$)").findall
    found: list[list[str]] = []
    lines: list[int] = []
    broken: list[Broken] = []
    for line, text in rows.select(LINE, "text").iter_rows():
        cells = next_cell(text + shape.separator) if is_well_formed(text) else []
        if len(cells) - 1 == len(shape.names):
            found.append(cells[:-1])
            lines.append(line)
        else:
            is_more = len(cells) > len(shape.names)
            reason = BROKEN_QUOTES if not cells else TOO_MANY if is_more else TOO_FEW
            broken.append(Broken(line, reason, text))
    schema = dict.fromkeys(shape.names, pl.String)
    split = pl.DataFrame(found, schema=schema, orient="row").with_columns(
        pl.Series(LINE, lines, pl.Int64)
    )
    return split.with_columns(_unquoted(name) for name in shape.names), broken


def _split_bare(rows: pl.DataFrame, shape: Shape) -> pl.DataFrame:
    split = pl.col("text").str.split_exact(shape.separator, len(shape.names) - 1)
    return _named(rows.select(split.alias("cells"), LINE), shape)


def _split_quoted(rows: pl.DataFrame, shape: Shape) -> pl.DataFrame:
    groups = pl.col("text").str.extract_groups(f"^{shape.row_in_cells}$")
    return _named(rows.select(groups.alias("cells"), LINE), shape).with_columns(
        _unquoted(name) for name in shape.names
    )


def _named(rows: pl.DataFrame, shape: Shape) -> pl.DataFrame:
    names = list(shape.names)
    return rows.with_columns(pl.col("cells").struct.rename_fields(names)).unnest("cells")


def _unquoted(name: str) -> pl.Expr:
    bare = pl.col(name).str.strip_chars(" ")
    inner = bare.str.slice(1, bare.str.len_chars().cast(pl.Int64) - 2)
    inner = inner.str.replace_all('""', '"', literal=True)
    return pl.when(bare.str.starts_with('"')).then(inner).otherwise(pl.col(name)).alias(name)


def _broken(rows: pl.DataFrame, reason: str) -> list[Broken]:
    return [Broken(line, reason, text) for line, text in rows.select(LINE, "text").iter_rows()]


def _broken_quoted(rows: pl.DataFrame, shape: Shape) -> list[Broken]:
    is_well_formed = pl.col("text").str.contains(f"^{shape.rows_of('*')}$")
    has_more = pl.col("text").str.contains(f"^{shape.rows_of(f'{{{len(shape.names)},}}')}$")
    return [
        *_broken(rows.filter(~is_well_formed), BROKEN_QUOTES),
        *_broken(rows.filter(has_more), TOO_MANY),
        *_broken(rows.filter(is_well_formed & ~has_more), TOO_FEW),
    ]
