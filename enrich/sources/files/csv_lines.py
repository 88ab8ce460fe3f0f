"""CSV as batches, so that a broken row costs itself and never its neighbours.

The standard library's reader knows the quoting. What no reader does is here: finding the header and
the separator, and going on right after a stray quote, which would else swallow the rows behind it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from enrich.sources.files.batches import CHUNK_BYTES, LINE, MAX_LINE_LENGTH, Batch, Broken
from enrich.sources.files.spec import HEADER_ROWS, FileSpec
from enrich.sources.files.text_lines import Lines, encoding_of, read_lines

SEPARATORS = (",", ";", "\t", "|")
MAX_ROW_LINES = 100

BROKEN_QUOTES = "row: broken quoting"
TOO_MANY = "row: more fields than the header"

csv.field_size_limit(MAX_LINE_LENGTH)


@dataclass(frozen=True)
class Header:
    """How the rows of this file are cut, and the line behind which they begin."""

    separator: str
    names: tuple[str, ...]
    line: int

    @property
    def blank(self) -> str:
        """What a cell without content and the separators around it are made of."""
        return f" \t\xa0{self.separator}"


def read_csv(spec: FileSpec, chunk_bytes: int = CHUNK_BYTES) -> Iterator[Batch]:
    """The rows of a CSV file; a row is numbered by its first line.

    Raises BadSettings when there is no header with the columns that are wanted.
    """
    encoding = encoding_of(spec)
    header: Header | None = None
    carried: list[str] = []
    following, understood = 1, ""
    for lines in read_lines(spec, encoding, chunk_bytes):
        texts, first = carried + lines.texts, lines.first - len(carried)
        if header is None:
            header = find_header(spec, lines)
            texts, first = texts[header.line :], header.line + 1
            names = {"\t": "tabs"}.get(header.separator, header.separator)
            understood = f"{encoding}, cells separated by {names}, header on line {header.line}"
        batch, taken = _read(Lines(first, texts), header, is_last=False)
        unusable = (row for row in lines.broken if row.line > header.line)
        yield Batch(batch.rows, (*batch.broken, *unusable), understood=understood)
        carried, following = texts[taken:], first + taken
    if header is not None and carried:
        yield _read(Lines(following, carried), header, is_last=True)[0]


def find_header(spec: FileSpec, lines: Lines) -> Header:
    """The first row with all columns that are wanted, by any separator; raises BadSettings."""
    line_no = spec.format.header_line
    head = lines.texts[: line_no or HEADER_ROWS]
    given = re.fullmatch(r'"?sep=(.)\1*"?', head[0].strip(" ")) if head else None
    found = [
        (index, separator, _without_blank_end(cells or []))
        for separator in ([given[1]] if given else SEPARATORS)
        for index, cells in _rows(head, separator, is_last=True)[0]
        if line_no in (None, index + 1) and not (given and index == 0)
    ]
    candidates = sorted((one for one in found if one[2]), key=lambda one: (one[0], -len(one[2])))
    for index, separator, cells in candidates:
        if not spec.missing(cells):
            return Header(separator, tuple(spec.named(cells)), index + 1)
    if not candidates:
        raise spec.without_columns(None, [])
    index, _, cells = min(candidates, key=lambda one: (len(spec.missing(one[2])), -len(one[2])))
    raise spec.without_columns(index + 1, cells)


def _without_blank_end(cells: list[str]) -> list[str]:
    count = len(cells)
    while count and not cells[count - 1].strip():
        count -= 1
    return cells[:count]


class _Feed:
    """The lines from a place on, so that reading can begin again behind a broken one."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts, self.at = texts, 0

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        if self.at >= len(self.texts):
            raise StopIteration
        self.at += 1
        return self.texts[self.at - 1] + "\n"


Row = tuple[int, list[str] | None]
"""Where a row begins, and its cells; None where its quotes are broken."""


def _rows(
    texts: Sequence[str], separator: str, *, is_last: bool, width: int | None = None
) -> tuple[list[Row], int]:
    """The rows of these lines, and how many lines they are: the last one may go on.

    A row of several lines has exactly `width` cells, and none of the lines inside is a row.
    """
    rows: list[Row] = []
    feed = _Feed(texts)
    reader = csv.reader(feed, delimiter=separator, strict=True, skipinitialspace=True)
    while (start := feed.at) < len(texts):
        try:
            cells: list[str] | None = next(reader)
        except csv.Error:
            if feed.at == len(texts) and not is_last and len(texts) - start < MAX_ROW_LINES:
                return rows, start
            cells = None
        inside = texts[start + 1 : feed.at - 1]
        if cells is None or (
            feed.at - start > 1 and not _is_one_row(cells, inside, separator, width)
        ):
            cells = _with_blanks_behind_quotes(texts[start], separator)
            feed.at = start + 1
        rows.append((start, cells))
    return rows, len(texts)


def _is_one_row(cells: list[str], inside: Sequence[str], separator: str, width: int | None) -> bool:
    if len(inside) > MAX_ROW_LINES - 2 or len(_without_blank_end(cells)) > (width or len(cells)):
        return False
    if width and len(cells) < width:
        return False
    alone = (_cells(line, separator) for line in inside)
    return not any(one and len(one) == len(cells) for one in alone)


def _cells(line: str, separator: str) -> list[str] | None:
    try:
        return next(csv.reader([line], delimiter=separator, strict=True, skipinitialspace=True), [])
    except csv.Error:
        return None


def _with_blanks_behind_quotes(line: str, separator: str) -> list[str] | None:
    """The cells of a line in which a blank stands behind a closing quote; else None."""
    closed = re.sub(rf'" +(?={re.escape(separator)}|$)', '"', line)
    return _cells(closed, separator) if closed != line else None


def _read(lines: Lines, header: Header, *, is_last: bool) -> tuple[Batch, int]:
    """The cells of these lines, and how many lines are done."""
    if not any('"' in text for text in lines.texts):
        return _read_bare(lines, header), len(lines.texts)
    width = len(header.names)
    rows, taken = _rows(lines.texts, header.separator, is_last=is_last, width=width)
    found: list[list[str]] = []
    numbers: list[int] = []
    broken: list[Broken] = []
    for start, cells in rows:
        number = lines.first + start
        if cells is None:
            broken.append(Broken(number, BROKEN_QUOTES, lines.texts[start]))
        elif len(cells) > width and any(cell.strip() for cell in cells[width:]):
            broken.append(Broken(number, TOO_MANY, lines.texts[start]))
        elif any(cell and not cell.isspace() for cell in cells):
            found.append((cells + [""] * (width - len(cells)))[:width])
            numbers.append(number)
    return Batch(_frame(header, found, numbers), tuple(broken)), taken


def _frame(header: Header, rows: Sequence[Sequence[str]], numbers: Sequence[int]) -> pl.DataFrame:
    columns = zip(*rows, strict=True) if rows else [()] * len(header.names)
    cells = {
        name: pl.Series(name, column, dtype=pl.String)
        for name, column in zip(header.names, columns, strict=True)
    }
    return pl.DataFrame({**cells, LINE: pl.Series(LINE, numbers, dtype=pl.Int64)})


def _read_bare(lines: Lines, header: Header) -> Batch:
    """The same for lines without any quote, ten times as fast."""
    names = [*header.names, "\x00more"]
    text = pl.col("text")
    rows = (
        pl.DataFrame({"text": pl.Series(lines.texts, dtype=pl.String)})
        .with_row_index(LINE, lines.first)
        .filter(text.str.strip_chars(header.blank).str.len_bytes() > 0)
        .with_columns(
            pl.col(LINE).cast(pl.Int64), cells=text.str.splitn(header.separator, len(names))
        )
    )
    cells = rows.with_columns(pl.col("cells").struct.rename_fields(names)).unnest("cells")
    has_more = pl.col(names[-1]).str.strip_chars(header.blank).str.len_bytes() > 0
    more = cells.filter(has_more)
    broken = tuple(
        Broken(line, TOO_MANY, row) for line, row in more.select(LINE, "text").iter_rows()
    )
    fitting = cells.filter(~has_more.fill_null(False)).select(*header.names, LINE)
    return Batch(fitting, broken)
