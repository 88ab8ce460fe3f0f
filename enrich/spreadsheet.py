"""Tables for people who open them in a spreadsheet: no text of a cell runs as a formula.

A spreadsheet splits a CSV file at the separator of its own country, so a text must be harmless
after every separator that it holds: `Ana;=1+1` in a comma file is two cells where `;` separates.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import polars as pl
from polars import selectors

from enrich.errors import BadSettings
from enrich.plain_text import HIDDEN, INSTEAD, LINE_END, json_text, visible

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)

# Where a cell may begin, what a spreadsheet skips there, and the sign that makes it a formula;
# full-width and small forms of a sign count where Japanese or Chinese is written.
FORMULA = (
    r"(^|[,;|\t\n])"
    r"([\s\"\xad\u200b-\u200d\u2060-\u2064\ufeff]*)"
    r"([=+\-@\u2212\ufe62\ufe63\ufe66\ufe6b\uff0b\uff0d\uff1d\uff20])"
)
SIGNED_NUMBER = r"^[+-]?[0-9][0-9., ]*$"

MAX_SHEET_ROWS = 1_048_575
"""What a sheet of Excel holds besides its header."""
MAX_CELL_CHARACTERS = 32_767

_EXCEL = {"include_bom": True, "datetime_format": "%Y-%m-%d %H:%M:%S"}
_COMMA_DECIMALS = {**_EXCEL, "separator": ";", "decimal_comma": True}
CSV_READERS: Mapping[str, Mapping[str, Any]] = {
    "excel-br": _COMMA_DECIMALS,
    "excel-ar": _COMMA_DECIMALS,
    "excel-mx": _EXCEL,
    "excel-us": _EXCEL,
}
"""How polars writes CSV for Excel as it is set up in Brazil, Argentina, Mexico and the USA."""


def csv_options(reader: str | None) -> Mapping[str, Any]:
    """What `write_csv` is given for this reader; None is for no spreadsheet in particular.

    Raises BadSettings on one that is not known.
    """
    if reader is not None and reader not in CSV_READERS:
        raise BadSettings(f"--csv-for {reader} is not known; it is one of {', '.join(CSV_READERS)}")
    return CSV_READERS[reader] if reader else {}


def for_people(frame: Frame) -> Frame:
    """The frame for a CSV that a spreadsheet opens: lists joined with `|`, no formula anywhere."""
    joined = selectors.list().cast(pl.List(pl.String)).list.join("|")
    names = {name: harmless_text(name) for name in frame.collect_schema().names()}
    return harmless_cells(frame.with_columns(joined)).rename(names)


def flat(found: pl.DataFrame) -> pl.DataFrame:
    """The rows as cells hold them: records, maps, binary and lists of lists are JSON."""
    return found.with_columns(
        pl.Series(
            name,
            [None if value is None else json_text(value) for value in found[name].to_list()],
            pl.String,
        )
        for name, kind in found.schema.items()
        if kind == pl.Binary or (kind.is_nested() and not _is_plain_list(kind))
    )


def _is_plain_list(kind: pl.DataType) -> bool:
    return isinstance(kind, pl.List) and not isinstance(kind.inner, pl.List | pl.Struct | pl.Array)


def harmless_cells(frame: Frame) -> Frame:
    """The frame with every text harmless.

    A line that begins with a sign could become a formula with the texts after it, where another
    separator is expected: `-5,1+1` is one cell where `;` separates.
    """
    first, *others = frame.collect_schema().items()
    safe = frame.with_columns(harmless(selectors.string()))
    if first[1] == pl.String:
        return safe.with_columns(_quoted(pl.col(first[0]), pl.col(first[0]).str.contains("^[+-]")))
    if first[1].is_numeric() and others and others[0][1] == pl.String:
        goes_on = (pl.col(first[0]) < 0) & pl.col(others[0][0]).str.contains("^[0-9]")
        return safe.with_columns(_quoted(pl.col(others[0][0]), goes_on))
    return safe


def harmless(text: pl.Expr) -> pl.Expr:
    """The texts with a quote before what a spreadsheet would run, visible; signed numbers stay."""
    lines = text.str.replace_all(LINE_END, "\n").str.replace_all(HIDDEN, INSTEAD)
    safe = lines.str.replace_all(FORMULA, "${1}${2}'${3}")
    return pl.when(text.str.contains(SIGNED_NUMBER)).then(text).otherwise(safe)


def harmless_text(text: str) -> str:
    """What `harmless` makes of one text."""
    if re.fullmatch(SIGNED_NUMBER[1:-1], text, re.ASCII):
        return text
    return re.sub(FORMULA, r"\1\2'\3", visible(re.sub(LINE_END, "\n", text)))


def write_xlsx(path: Path, name: str, parts: Iterable[pl.DataFrame], row_count: int) -> None:
    """A workbook of one sheet, written row by row; `parts` are frames of the same columns.

    Numbers and days are such, every text is a text. Raises BadSettings when no sheet has the room.
    """
    import xlsxwriter  # which few commands need

    if row_count > MAX_SHEET_ROWS:
        raise BadSettings(
            f"{row_count:,} rows are more than a sheet of {MAX_SHEET_ROWS:,} holds; write .csv"
        )
    options = {"constant_memory": True, "tmpdir": str(path.parent), "strings_to_formulas": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        sheet, day = book.add_worksheet(name), book.add_format({"num_format": "yyyy-mm-dd"})
        row_no = 0
        for part in parts:
            if row_no == 0:
                sheet.write_row(0, 0, part.columns)
            for row_no, row in enumerate(part.iter_rows(), row_no + 1):  # noqa: B020
                for column, value in enumerate(row):
                    _write_cell(sheet, row_no, column, value, day)


def _write_cell(sheet: Any, row_no: int, column: int, value: Any, day: Any) -> None:
    """Numbers as numbers while Excel holds them exactly; of a text what a cell holds."""
    match value:
        case None:
            pass
        case bool():
            sheet.write_boolean(row_no, column, value)
        case int() | float() | Decimal() if -(10**15) < value < 10**15:
            sheet.write_number(row_no, column, value)
        case datetime() | date():
            sheet.write_datetime(row_no, column, value, day)
        case _:
            sheet.write_string(row_no, column, str(value)[:MAX_CELL_CHARACTERS])


def _quoted(text: pl.Expr, is_meant: pl.Expr) -> pl.Expr:
    return pl.when(~is_meant.fill_null(False)).then(text).otherwise("'" + text)
