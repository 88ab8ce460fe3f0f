"""Files that no spreadsheet wrote: workbooks that unpack to anything, quotes that never end."""

from __future__ import annotations

import zipfile
from pathlib import Path

import openpyxl

from tests.attack.attempt import Attempt, Finding
from tests.attack.bounds import GOOD, LONG, ORDERS, enrich, imported, rejects

SHEET = "xl/worksheets/sheet1.xml"


def workbook(folder: Path, *, far_cell: bool = False) -> Path:
    """A workbook of one order."""
    book = openpyxl.Workbook()
    for row in (ORDERS.split(","), GOOD.split(",")):
        book.active.append(row)
    if far_cell:
        book.active.cell(row=1_048_576, column=16_384, value="x")
    path = folder / "orders.xlsx"
    book.save(path)
    return path


def far_corner(folder: Path) -> Finding:
    """Two cells in opposite corners: a reader of the whole sheet asks for half a terabyte."""
    ran = enrich(folder, "import", "--orders", str(workbook(folder, far_cell=True)))
    return ran.finding(ran.code == 0)


def with_sheet(path: Path, pieces: tuple[bytes, ...]) -> Path:
    """The workbook with another sheet, packed as it is written."""
    packed = path.with_name("packed.xlsx")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name != SHEET:
                new.writestr(name, old.read(name))
        with new.open(SHEET, "w", force_zip64=True) as sheet:
            for piece in pieces:
                sheet.write(piece)
    return packed


def bomb(folder: Path) -> Finding:
    """A sheet that unpacks to 2 GB."""
    packed = with_sheet(workbook(folder), (b" " * 2**20,) * 2048)
    ran = enrich(folder, "import", "--orders", str(packed))
    return ran.finding(ran.code == 2 and "unpacks to more than" in ran.said)


def lying_bomb(folder: Path) -> Finding:
    """The same, and both directories of the archive say it is a thousand bytes."""
    packed = with_sheet(workbook(folder), (b" " * 2**20,) * 2048)
    content = packed.read_bytes()
    packed.write_bytes(content.replace((2**31).to_bytes(8, "little"), (1000).to_bytes(8, "little")))
    ran = enrich(folder, "import", "--orders", str(packed))
    return ran.finding(ran.code == 2 and "workbook" in ran.said)


def many_entities(folder: Path) -> Finding:
    """A sheet whose text doubles with every entity."""
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    sheet = f'<!DOCTYPE x [<!ENTITY e0 "{"x" * 100}">{entities}]><worksheet>&e11;</worksheet>'
    packed = with_sheet(workbook(folder), (sheet.encode(),))
    ran = enrich(folder, "import", "--orders", str(packed))
    return ran.finding(ran.code == 2)


def endless_quote(folder: Path) -> Finding:
    """A quote that nobody closes in front of 200 MB, and ten thousand more of them."""
    openers = b"".join(b'b,"c,2024-01-01,1\n' for _ in range(10_000))
    rows = "".join(f"{GOOD.replace('good', f'good-{n}')}\n" for n in range(90_000))
    parts = (f"{ORDERS}\n".encode(), openers, b'z,"', *LONG, b"\n", rows.encode())
    ran = imported(folder, "quotes.csv", *parts)
    return ran.finding(ran.code == 0 and "line 2: row: broken quoting" in rejects(folder))


ATTEMPTS = (
    Attempt("a workbook with cells in opposite corners", far_corner),
    Attempt("a workbook that unpacks to 2 GB", bomb, long=True),
    Attempt("a workbook of 2 GB that says it is small", lying_bomb, long=True),
    Attempt("a workbook of entities that multiply", many_entities),
    Attempt("quotes that nobody closes in a CSV file", endless_quote, long=True),
)
