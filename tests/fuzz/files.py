"""Order files with anything in their cells, and what a slow reader makes of every row."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from hypothesis import strategies as st

from enrich.errors import BadSettings
from enrich.model import FileFormat
from enrich.sources.files.reading import read_import
from enrich.sources.files.words import STATUSES, folded
from enrich.sources.source import ImportFrames
from enrich.warehouse import open_warehouse
from tests.fuzz.reading import Wrong
from tests.fuzz.trial import NOW, Counts

ZONE = "America/Sao_Paulo"
SAID = FileFormat(decimal=".", dates="iso")
"""Said, so that a cell in another notation costs its row and not the file."""
COLUMNS = (
    "order_id", "customer_id", "email", "ordered_at", "amount", "currency", "status", "promo_code",
    "refund_of",
)  # fmt: skip
CELLS = (
    "", " ", "\u00a0", "a", "b", "17850", "17850.0", "0", "-0", "1", "1.", ".5", "+5", "-2.5",
    "1.005", "-1.005", "0.0049999", "1,5", "1,234.50", "1.234,50", "1 234.50", "1e3", "5e-7",
    "NaN", "inf", "9999999999999.99", "10000000000000", "99999999999999999999", "1_000", "٣",
    "2024-01-01",
    "2024-01-01T10:00", "2024-01-01 10:00:59.1234567", "2024-01-01T10:00Z", "2024-01-01T10:00-03",
    "2024-01-01T10:00+05:30", "2018-11-04", "2018-11-04T00:30", "2018-02-17T23:30", "1899-12-31",
    "2101-01-01", "0001-01-01", "2023-02-29", "01/02/24", "20240101", "2024-01-01T25:00", "today",
    "BRL", "brl", "R$", "invoiced", "Canceled", "ana@example.com", "Ana@Example.com", "ana@",
    "=1+1", "@x", "a\tb", 'say "hi"', "x" * 3_000, "a;b", "a|b", "a,b", "\u2028", "\u0000", "é",
)  # fmt: skip
_BLANKS = (
    "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009"
    "\u200a\u2028\u2029\u202f\u205f\u3000"
)
GOOD = ("o", "c", None, "2024-01-01", "10.00", None, None, None, None)

_TEXT = st.text(st.characters(max_codepoint=0x24F, exclude_characters="\r\n"), max_size=6)
_CELL = st.one_of(st.sampled_from(CELLS), st.sampled_from(CELLS), _TEXT, st.none())


@st.composite
def rows(draw: st.DrawFn, size: int) -> list[tuple[str | None, ...]]:
    """Rows of the file: good ones with up to three cells changed, under ids of their own."""
    found = []
    for number in range(size):
        row = [f"o{number}", *GOOD[1:]]
        for place in draw(st.lists(st.integers(0, len(COLUMNS) - 1), max_size=3)):
            row[place] = draw(_CELL)
        found.append(tuple(row))
    return found


FORMATS = ("csv", "ndjson", "parquet")


def write(path: Path, table: Sequence[Sequence[str | None]]) -> None:
    """The rows as a file of the kind its suffix says."""
    if path.suffix == ".parquet":
        pl.DataFrame(table, schema=dict.fromkeys(COLUMNS, pl.String), orient="row").write_parquet(
            path
        )
        return
    if path.suffix == ".ndjson":
        lines = (json.dumps(dict(zip(COLUMNS, row, strict=True))) for row in table)
        path.write_text("\n".join(lines), encoding="utf-8")
        return
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([COLUMNS, *([cell or "" for cell in row] for row in table)])
    path.write_bytes(text.getvalue().encode())


def complaints(
    table: Sequence[Sequence[str | None]], kind: str, folder: Path, store: str, counts: Counts
) -> Iterator[str]:
    """What is not as it must be of a file; nothing when every row ended as it has to."""
    path = folder / f"orders.{kind}"
    write(path, table)
    wanted = [_wanted(row) for row in table]
    try:
        frames = read_import(
            path, None, None, time_zone=ZONE, currency="BRL", now=NOW, formats={"orders": SAID}
        )
    except BadSettings as refused:
        if any(isinstance(row, dict) for row in wanted):
            yield f"the whole file is refused ({refused}): {table!r}"
        return
    yield from _differing(table, wanted, frames, first_line=2 if kind == "csv" else 1)
    with open_warehouse(folder) as warehouse:
        run: dict[str, Any] = {"run_id": "fuzz", "now": NOW}
        loaded = warehouse.imports.load(store, frames.orders, None, None, frames.rejects, **run)
        again = warehouse.imports.load(store, frames.orders, None, None, **run)
    assert again["orders"].new_count == 0, "a repeat is new"
    counts.good += loaded["orders"].new_count
    counts.rejected += len(frames.rejects)
    counts.reasons.update(reject.reason for reject in frames.rejects)


def _differing(
    table: Sequence[Sequence[str | None]],
    wanted: Sequence[Mapping[str, Any] | str],
    frames: ImportFrames,
    first_line: int,
) -> Iterator[str]:
    assert frames.orders is not None
    kept = {row["line"]: row for row in frames.orders.to_dicts()}
    reasons = {reject.line: reject.reason for reject in frames.rejects}
    times = Counter(row["order_id"] for row in wanted if isinstance(row, dict))
    for line, (cells, row) in enumerate(zip(table, wanted, strict=True), first_line):
        if isinstance(row, dict) and times[row["order_id"]] > 1:
            continue  # the first counts; the others are repeats or contradictions
        if isinstance(row, str):
            if line in kept or not reasons.get(line):
                yield f"must be rejected ({row}): {cells!r}"
        elif line not in kept:
            yield f"rejected ({reasons.get(line)}) although it is good: {cells!r}"
        else:
            for name, value in row.items():
                if kept[line][name] != value:
                    yield f"{name} is {kept[line][name]!r} and not {value!r}: {cells!r}"


def _wanted(row: Sequence[str | None]) -> dict[str, Any] | str:
    """The values of a good row, or the column that spoils it."""
    cells = {name: _trimmed(cell) for name, cell in zip(COLUMNS, row, strict=True)}
    try:
        return _values(cells)
    except Wrong as wrong:
        return str(wrong)


def _trimmed(cell: str | None) -> str | None:
    return (cell or "").strip(_BLANKS) or None


def _values(cells: Mapping[str, str | None]) -> dict[str, Any]:
    order_id, customer, refund_of = map(
        _id, (cells["order_id"], cells["customer_id"], cells["refund_of"])
    )
    if order_id is None:
        raise Wrong("order_id")
    for name in ("ordered_at", "amount"):
        if cells[name] is None:
            raise Wrong(name)
    cents = _cents(str(cells["amount"]))
    if refund_of is not None and (cents >= 0 or refund_of == order_id):
        raise Wrong("refund_of")
    currency = (_word(cells["currency"]) or "BRL").upper().replace("R$", "BRL")
    if not re.fullmatch("[A-Z]{3}", currency):
        raise Wrong("currency")
    status = _word(cells["status"])
    return {
        "order_id": order_id,
        "customer_id": None if customer is None or _is_nobody(customer) else customer,
        "ordered_at": _moment(str(cells["ordered_at"])),
        "amount_cents": cents,
        "currency": currency,
        "status": status and STATUSES.get(folded(status), status.lower()),
        "promo_code": _word(cells["promo_code"], longest_is_wrong=False),
        "refund_of": refund_of,
    }


EMPTY = {"null", "nan", "none", "nil", "n/a", "n/d", r"\n", "undefined", "#n/a", "#n/d", "-", "--"}


def _word(cell: str | None, *, longest_is_wrong: bool = True) -> str | None:
    if cell is None or cell.lower() in EMPTY:
        return None
    if len(cell) > 320:
        if longest_is_wrong:
            raise Wrong("length")
        return None
    return cell


def _id(cell: str | None) -> str | None:
    if cell is None:
        return None
    if len(cell) > 320:
        raise Wrong("length")
    seen = unicodedata.normalize("NFC", cell).replace("\u00ad", "").strip(_BLANKS)
    if re.fullmatch(r"[0-9](?:[.,][0-9]+)?[eE]\+[0-9]+", cell):
        raise Wrong("digits")
    return _word(re.sub(r"^([0-9]{1,15})[.,]0$", r"\1", seen)) or None


def _is_nobody(customer: str) -> bool:
    return not customer.strip("_./-" + _BLANKS) or not customer.strip("0")


def _cents(said: str) -> int:
    """Decimal text; an exponent is only read where the number is next to nothing."""
    if re.fullmatch(r"[+-]?[0-9](\.[0-9]+)?[eE]-0*([4-9]|[1-9][0-9]+)", said):
        return 0
    if re.fullmatch(r"[+-]?[0-9]{1,3}((,[0-9]{3})+|([ '’\u00a0\u202f][0-9]{3})+)(\.[0-9]*)?", said):
        said = re.sub(r"[, '’\u00a0\u202f]", "", said)
    if not re.fullmatch(r"[+-]?([0-9]+|[0-9]*\.[0-9]+|[0-9]+\.)", said):
        raise Wrong("amount")
    cents = (Decimal(said) * 100).quantize(Decimal(1), ROUND_HALF_UP) if len(said) < 25 else None
    if cents is None or abs(cents) > 10**13:
        raise Wrong("amount")
    return int(cents)


_MOMENT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[Tt ]([0-9]{2}):([0-5][0-9])(?::([0-5][0-9])(?:\.([0-9]{1,9}))?)?"
    r" ?([Zz]|[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9])?)?)?"
)


def _moment(said: str) -> datetime:
    """UTC without a zone; where none is given it is the shop's clock."""
    match = _MOMENT.fullmatch(said)
    if match is None:
        raise Wrong("ordered_at")
    *parts, fraction, zone = match.groups()
    year, month, day, hour, minute, second = (int(part or 0) for part in parts)
    microsecond = int(((fraction or "") + "000000")[:6])
    try:
        local = datetime(year, month, day, hour, minute, second, microsecond, tzinfo=UTC)
    except ValueError:
        raise Wrong("ordered_at") from None
    if zone is None:
        found = local.replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC)
    else:
        found = local - _offset(zone)
    if year < 1970 or found > NOW + timedelta(days=1):
        raise Wrong("ordered_at")
    return found.replace(tzinfo=None)


def _offset(zone: str) -> timedelta:
    if zone in "Zz":
        return timedelta(0)
    digits = zone[1:].replace(":", "").ljust(4, "0")
    length = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -length if zone[0] == "-" else length
