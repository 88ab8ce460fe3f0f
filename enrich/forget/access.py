"""Everything held about one person, in one file: what data protection laws call access."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import polars as pl

from enrich.durable import whole_file
from enrich.errors import BadSettings
from enrich.receiver import TOPICS, inboxes_in
from enrich.spreadsheet import MAX_CELL_CHARACTERS, flat, for_people
from enrich.warehouse import Named, Warehouse, traces_of
from enrich.warehouse.dictionary import table_notes

MAX_SHEET_NAME = 31

ORIGINS: Mapping[str, str] = {
    "raw.vtex_orders": "VTEX, orders, as VTEX sent them",
    "raw.vtex_customers": "VTEX, Master Data, as VTEX sent them",
    "raw.imported_orders": "files that were imported (source_file, source_line)",
    "raw.imported_items": "files that were imported",
    "raw.imported_customers": "files that were imported",
    "push_records": "what was sent, to which platform (destination), and its answer",
    "push_intents": "what was on its way to a platform when a push ended",
    "push_job_records": "what a platform has in a job that is not over",
    "push_addresses": "by what a platform knew the person before an address changed",
    "state.rejects": "documents and rows that could not be used",
    "consent_statements": "who stated the consent: the column origin",
    "inbox": "received and not taken in yet: the column origin",
}
_COMPUTED = "computed by enrich"
_FROM_SOURCES = frozenset(
    {"orders", "order_items", "order_refunds", "order_promo_codes", "contacts", "carts"}
)


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one place about the person, and where they came from."""

    name: str
    origin: str
    rows: pl.DataFrame = field(repr=False)


def access_tables(
    warehouse: Warehouse, store: str, customer_key: int, data_dir: Path
) -> list[Table]:
    """What every table and the inbox hold about one customer, places without anything left out."""
    named = Named((customer_key,))
    held = warehouse.people.everything_held(store, named)
    found = [Table(name, _origin(name), rows) for name, rows in held.items()]
    keys = traces_of(warehouse.people.find(store, named).traces).values
    received = list(_received(data_dir, store, frozenset(keys)))
    return found + ([Table("inbox", ORIGINS["inbox"], pl.DataFrame(received))] if received else [])


def _origin(table: str) -> str:
    if table in ORIGINS:
        return ORIGINS[table]
    note = table_notes().get(table.rpartition(".")[2], "")
    by = "read from the documents of the sources" if table in _FROM_SOURCES else _COMPUTED
    return f"{by}; {note}" if note else by


def _received(data_dir: Path, store: str, keys: frozenset[str]) -> Iterator[dict[str, object]]:
    inbox = inboxes_in(data_dir).get(store)
    for topic in TOPICS if inbox else ():
        for file in inbox.open(topic) if inbox else ():
            for message in file.messages:
                if message.notice.key.lower() in keys:
                    yield {
                        "topic": topic,
                        "key": message.notice.key,
                        "event": message.notice.event,
                        "origin": message.origin,
                        "received_at": message.received_at,
                    }


def write_access(
    path: Path, store: str, customer_key: int, tables: Sequence[Table], now: datetime
) -> None:
    """The file, whole or not at all, for its owner alone; raises BadSettings."""
    write = WRITERS.get(path.suffix.lower())
    if write is None:
        raise BadSettings(f"{path} must end in {' or '.join(WRITERS)}")
    if path.exists():
        raise BadSettings(f"{path} exists already; it is left as it is")
    about = {"store": store, "customer_key": customer_key, "made_at": now.isoformat()}
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as unfinished, unfinished.open("wb") as out:
        write(out, about, tables)


def _write_json(out: IO[bytes], about: Mapping[str, Any], tables: Sequence[Table]) -> None:
    held = {one.name: {"from": one.origin, "rows": _objects(one.rows)} for one in tables}
    whole = {"about": about, "held": held}
    out.write(json.dumps(whole, default=str, ensure_ascii=False, indent=2).encode())


def _objects(rows: pl.DataFrame) -> list[dict[str, Any]]:
    """The rows with documents as JSON and not as a text of it."""
    return [
        {
            name: _parsed(value) if name in ("payload", "extra_fields") else value
            for name, value in row.items()
        }
        for row in rows.iter_rows(named=True)
    ]


def _parsed(value: Any) -> Any:
    try:
        return json.loads(value)
    except (TypeError, ValueError):
        return value


def _write_xlsx(out: IO[bytes], about: Mapping[str, Any], tables: Sequence[Table]) -> None:
    """A sheet per table; every text is a text, so that nothing of it runs as a formula."""
    import xlsxwriter  # which few commands need

    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "in_memory": True,
    }
    with xlsxwriter.Workbook(out, options) as book:
        contents = [(one.name, one.rows.height, one.origin) for one in tables]
        _fill(book.add_worksheet("about"), [*about.items(), ("", ""), *contents])
        for number, one in enumerate(tables, 1):
            sheet = book.add_worksheet(_sheet_name(one.name, number))
            _fill(sheet, [tuple(one.rows.columns), *for_people(flat(one.rows)).iter_rows()])


def _sheet_name(table: str, number: int) -> str:
    """Distinct however long the names are."""
    return f"{number} {table}"[:MAX_SHEET_NAME]


def _fill(sheet: Any, rows: Sequence[Sequence[Any]]) -> None:
    for row_no, row in enumerate(rows):
        for column, value in enumerate(_in_pieces(row)):
            if value is not None:
                _write_cell(sheet, row_no, column, value)


def _in_pieces(row: Sequence[Any]) -> Iterator[Any]:
    """The values of a row; of a text that no cell holds the rest comes behind all others."""
    rest: list[str] = []
    for value in row:
        text = value if isinstance(value, str) else ""
        yield text[:MAX_CELL_CHARACTERS] if text else value
        starts = range(MAX_CELL_CHARACTERS, len(text), MAX_CELL_CHARACTERS)
        rest += [text[start : start + MAX_CELL_CHARACTERS] for start in starts]
    yield from rest


def _write_cell(sheet: Any, row_no: int, column: int, value: Any) -> None:
    """Keys and amounts as numbers while Excel holds them exactly, everything else as text."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and abs(value) < 10**15:
        sheet.write_number(row_no, column, value)
    else:
        sheet.write_string(row_no, column, str(value))


WRITERS: Mapping[str, Callable[[IO[bytes], Mapping[str, Any], Sequence[Table]], None]] = {
    ".json": _write_json,
    ".xlsx": _write_xlsx,
}
