"""A sheet of an .xlsx workbook as batches of text cells, row by row.

A reader that holds a whole sheet dies of two cells in opposite corners, so openpyxl reads it as a
stream; what it unpacks is bounded before.
"""

from __future__ import annotations

import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from io import BytesIO
from itertools import islice
from typing import Any

import polars as pl

from enrich.sources.files.batches import LINE, MAX_COLUMNS, Batch
from enrich.sources.files.spec import HEADER_ROWS, FileSpec

MAX_UNPACKED_BYTES = 2**28
BATCH_ROWS = 50_000
Row = tuple[int, Sequence[Any]]


def read_workbook(spec: FileSpec) -> Iterator[Batch]:
    """The rows of the sheet that is set, else of the first; raises BadSettings."""
    import openpyxl  # a tenth of the start of every command

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions nobody asked for
            book = openpyxl.load_workbook(_unpacked(spec), read_only=True, data_only=True)
            sheet = _sheet(spec, book)
            yield from _batches(spec, sheet)
    except _BROKEN:
        raise spec.refusal(
            "not a whole .xlsx workbook, or one with a password; open it and save it again"
        ) from None


_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, IndexError),
    *(KeyError, ValueError, TypeError, AttributeError, SyntaxError),
)
"""What the libraries raise on parts that are missing, cut off, encrypted or no XML."""


def _unpacked(spec: FileSpec) -> BytesIO:
    """The parts of the workbook, unpacked: no part is longer than it says, nor all of them."""
    plain = BytesIO()
    with zipfile.ZipFile(spec.path) as packed, zipfile.ZipFile(plain, "w") as unpacked:
        parts = [one for one in packed.infolist() if one.filename.endswith((".xml", ".rels"))]
        if sum(one.file_size for one in parts) > MAX_UNPACKED_BYTES:
            raise spec.refusal(
                f"unpacks to more than {MAX_UNPACKED_BYTES >> 20} MiB; save the sheet as CSV"
            )
        for part in parts:
            with packed.open(part) as file:
                unpacked.writestr(part.filename, file.read(part.file_size))
    plain.seek(0)
    return plain


def _sheet(spec: FileSpec, book: Any) -> Any:
    names = [sheet.title for sheet in book.worksheets]
    wanted = spec.format.sheet
    if not names or wanted not in (None, *names):
        there = ", ".join(names) or "none"
        raise spec.refusal(f"has no sheet {wanted or 'with cells'}; it has: {there}")
    sheet = book[wanted] if wanted else book.worksheets[0]
    sheet.reset_dimensions()  # what a file says of its size may be anything
    return sheet


def _batches(spec: FileSpec, sheet: Any) -> Iterator[Batch]:
    decimal = spec.format.decimal or "."
    last = max(HEADER_ROWS, spec.format.header_line or 0)
    line, names = _header(spec, _filled(sheet, 1, last, MAX_COLUMNS + 1))
    understood = f"sheet {sheet.title}, header on row {line}"
    # no wider than the header: a row that is left out is as many empty cells
    filled = _filled(sheet, line + 1, None, len(names))
    some = list(islice(filled, BATCH_ROWS))
    yield replace(_frame(names, some, decimal), understood=understood)
    while some := list(islice(filled, BATCH_ROWS)):
        yield _frame(names, some, decimal)


def _filled(sheet: Any, first: int, last: int | None, width: int) -> Iterator[Row]:
    """The rows with any value between two of them, each with its number."""
    rows = sheet.iter_rows(min_row=first, max_row=last, max_col=width, values_only=True)
    numbered = enumerate(rows, first)
    return ((line, row) for line, row in numbered if any(cell is not None for cell in row))


def _header(spec: FileSpec, filled: Iterator[Row]) -> tuple[int, list[str]]:
    """The line and the names of the first row with all columns that are wanted."""
    line_no = spec.format.header_line
    seen: list[tuple[int, list[str]]] = []
    for line, row in filled:
        cells = [_text(cell, ".") or "" for cell in row]
        while cells and not cells[-1].strip():
            cells.pop()
        if line_no in (None, line):
            if not spec.missing(cells):
                return line, spec.named(cells)
            seen.append((line, cells))
    if not seen:
        raise spec.without_columns(None, [])
    best = min(seen, key=lambda one: (len(spec.missing(one[1])), -len(one[1])))
    raise spec.without_columns(*best)


def _frame(names: Sequence[str], rows: Sequence[Row], decimal: str) -> Batch:
    """The cells below the names; columns of numbers alone are named so."""
    width = len(names)
    columns = list(zip(*((*row, *[None] * width)[:width] for _, row in rows), strict=True))
    columns = columns or [()] * width
    cells = {
        name: pl.Series(name, [_text(cell, decimal) for cell in column], dtype=pl.String)
        for name, column in zip(names, columns, strict=True)
    }
    numbers = frozenset(
        name for name, column in zip(names, columns, strict=True) if _are_numbers(column)
    )
    lines = pl.Series(LINE, [line for line, _ in rows], dtype=pl.Int64)
    return Batch(pl.DataFrame({**cells, LINE: lines}), numbers=numbers)


def _are_numbers(column: Iterable[Any]) -> bool:
    return all(cell is None or isinstance(cell, int | float) for cell in column)


def _text(cell: Any, decimal: str) -> str | None:
    """A cell as it would stand in a CSV file with this decimal sign; days and moments as ISO."""
    match cell:
        case None | str():
            return cell
        case bool():
            return "true" if cell else "false"
        case float():
            is_whole = cell.is_integer() and abs(cell) < 1e15
            return str(int(cell)) if is_whole else repr(cell).replace(".", decimal)
        case datetime() | date():
            return cell.isoformat()
        case time() | timedelta():
            return str(cell)
    return str(cell)
