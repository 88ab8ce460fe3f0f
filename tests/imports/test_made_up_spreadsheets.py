"""Made-up spreadsheets: each is read exactly, or refused with a message that names the setting.

`python -m tests.imports.test_made_up_spreadsheets 5000` tries more of them.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from enrich.errors import BadSettings
from enrich.sources.source import ImportFrames
from tests.examples import costly
from tests.imports.reads import read

OURS = ("order_id", "customer_id", "ordered_at", "amount", "promo_code")
HEADERS = {
    "ours": OURS,
    "capitals": tuple(name.upper() for name in OURS),
    "theirs": ("Nº do pedido", "Cliente", "Data", "Valor total", "Cupom"),
}
CODES = ("", "VERÃO 10", "dez; ou, mais", 'tam. "G"', 'TV 50" LED', "duas\nlinhas", "a|b\tc")
GROUPINGS = {"none": "", "comma": ",", "point": ".", "space": " "}
DATES = {"iso": "%Y-%m-%d", "dmy": "%d/%m/%Y", "mdy": "%m/%d/%Y", "dmy.": "%d.%m.%Y"}


@dataclass(frozen=True)
class Sheet:
    """What the rows mean, and how they are written."""

    rows: tuple[tuple[str, str, date, Decimal, str], ...]
    header: str
    separator: str
    encoding: str
    line_end: str
    quotes_all: bool
    decimal: str
    grouping: str
    dates: str
    titles: int
    blank_every: int
    trailing: int
    has_sep_line: bool
    is_workbook: bool

    @property
    def said(self) -> dict[str, object]:
        """The settings that describe the sheet whole."""
        columns = (
            dict(zip(OURS, HEADERS[self.header], strict=True)) if self.header == "theirs" else {}
        )
        return {
            "encoding": None if self.is_workbook else self.encoding,
            "decimal": self.decimal,
            "dates": self.dates.removesuffix("."),
            "columns": columns,
        }

    @property
    def cells(self) -> list[list[str]]:
        width = len(OURS) + self.trailing
        found = [["Relatório de vendas"] + [""] * (width - 1) for _ in range(self.titles)]
        found.append([*HEADERS[self.header], *[""] * self.trailing])
        for number, row in enumerate(self.rows, 1):
            found.append([*self._written(row), *[""] * self.trailing])
            if self.blank_every and number % self.blank_every == 0:
                found.append([""] * width)
        return found

    def _written(self, row: tuple[str, str, date, Decimal, str]) -> list[str]:
        order_id, customer_id, day, amount, code = row
        return [order_id, customer_id, day.strftime(DATES[self.dates]), self._amount(amount), code]

    def _amount(self, amount: Decimal) -> str:
        text = f"{amount:,.2f}" if self.grouping != "none" else f"{amount:.2f}"
        whole, _, part = text.partition(".")
        return whole.replace(",", GROUPINGS[self.grouping]) + self.decimal + part

    def _quoted(self, cell: str) -> str:
        """An inch mark inside a cell needs no quotes."""
        if self.quotes_all or cell.startswith('"') or {self.separator, "\n"} & set(cell):
            return '"' + cell.replace('"', '""') + '"'
        return cell

    def write(self, folder: Path) -> Path:
        if self.is_workbook:
            book = openpyxl.Workbook()
            for cells in self.cells:
                book.active.append([cell or None for cell in cells])
            book.save(folder / "sheet.xlsx")
            return folder / "sheet.xlsx"
        lines = (self.separator.join(map(self._quoted, cells)) for cells in self.cells)
        text = "".join(line + self.line_end for line in lines)
        start = f"sep={self.separator}{self.line_end}" if self.has_sep_line else ""
        path = folder / "sheet.csv"
        path.write_bytes((start + text).encode(self.encoding))
        return path


@st.composite
def sheets(draw: st.DrawFn) -> Sheet:
    decimal = draw(st.sampled_from(".,"))
    groupings = ["none", "space", "comma" if decimal == "." else "point"]
    cents = st.integers(-(10**9), 10**9).map(lambda number: Decimal(number) / 100)
    row = st.tuples(
        st.just(""),
        st.sampled_from(("c1", "00123", "Zoë", "0035g00000ABCDe")),
        st.dates(date(1970, 1, 2), date(2026, 6, 30)),
        cents,
        st.sampled_from(CODES),
    )
    rows = draw(st.lists(row, min_size=1, max_size=4))
    return Sheet(
        rows=tuple((f"A{number}", *one[1:]) for number, one in enumerate(rows)),
        header=draw(st.sampled_from(list(HEADERS))),
        separator=draw(st.sampled_from(",;\t|")),
        encoding=draw(st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16", "iso-8859-1"])),
        line_end=draw(st.sampled_from(["\n", "\r\n", "\r"])),
        quotes_all=draw(st.booleans()),
        decimal=decimal,
        grouping=draw(st.sampled_from(groupings)),
        dates=draw(st.sampled_from(list(DATES))),
        titles=draw(st.integers(0, 3)),
        blank_every=draw(st.integers(0, 2)),
        trailing=draw(st.integers(0, 2)),
        has_sep_line=draw(st.booleans()),
        is_workbook=draw(st.integers(0, 19)) == 0,
    )


@pytest.mark.slow
@settings(costly(150), suppress_health_check=[HealthCheck.too_slow])
@given(sheet=sheets())
def test_a_made_up_spreadsheet(sheet: Sheet) -> None:
    tried(sheet)


def tried(sheet: Sheet) -> None:
    """With its settings it is read exactly; without, exactly too or refused naming one of them."""
    with tempfile.TemporaryDirectory() as folder:
        path = sheet.write(Path(folder))
        assert exactly(read(path, zone="UTC", **sheet.said)) == wanted(sheet)
        try:
            frames = read(path, zone="UTC")
        except BadSettings as refused:
            names = ("encoding =", "decimal =", "dates =", "columns =")
            assert any(name in str(refused) for name in names), refused
            return
        assert exactly(frames) == wanted(sheet)


def exactly(frames: ImportFrames) -> list[tuple[object, ...]]:
    assert frames.rejects == []
    assert frames.orders is not None
    days = frames.orders["ordered_at"].dt.date()
    columns = frames.orders.select("order_id", "customer_id", days, "amount_cents", "promo_code")
    return columns.rows()


def wanted(sheet: Sheet) -> list[tuple[object, ...]]:
    return [
        (order_id, customer_id, day, int(amount * 100), code or None)
        for order_id, customer_id, day, amount, code in sheet.rows
    ]


if __name__ == "__main__":
    settings(max_examples=int(sys.argv[1]), deadline=None)(given(sheets())(tried))()
