"""Load files, or look how they are understood; the options that say how they are written."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from enrich.cli.console import reporter
from enrich.cli.options import StoreOption
from enrich.cli.shell import Shell
from enrich.cli.shows import show_import, show_seen
from enrich.errors import BadSettings
from enrich.model import FileFormat
from enrich.runs.publish import publish
from enrich.settings import import_format
from enrich.shop import Shop
from enrich.sources.files import Files
from enrich.sources.files.reading import COLUMNS
from enrich.sync.import_files import hold, import_store
from enrich.warehouse import Warehouse, open_warehouse

OrdersOption = Annotated[
    Path | None, typer.Option("--orders", help="CSV, .xlsx, Parquet or NDJSON")
]
ItemsOption = Annotated[Path | None, typer.Option("--items", help="The lines of those orders")]
CustomersOption = Annotated[Path | None, typer.Option("--customers", help="Contact attributes")]
CheckOption = Annotated[
    bool, typer.Option("--check", help="Only show how the files are understood; store nothing")
]
ConfirmOption = Annotated[
    bool, typer.Option("--confirm", help="You looked: load the good rows of files that are held")
]
EncodingOption = Annotated[
    str | None, typer.Option("--encoding", help="Of CSV and NDJSON, such as cp1252")
]
DecimalOption = Annotated[
    str | None, typer.Option("--decimal", help="Decimal sign of amounts: . or ,")
]
DatesOption = Annotated[
    str | None, typer.Option("--dates", help="Order of a date: iso, dmy or mdy")
]
ColumnsOption = Annotated[
    list[str] | None,
    typer.Option("--columns", help="Our column and its name there, order_id=Pedido; repeatable"),
]
StatusesOption = Annotated[
    list[str] | None,
    typer.Option("--statuses", help="A word there and VTEX's status, Pago=invoiced; repeatable"),
]
SheetOption = Annotated[
    str | None, typer.Option("--sheet", help="Sheet of a workbook (default: the first)")
]
HeaderLineOption = Annotated[
    int | None, typer.Option("--header-line", min=1, help="Line of the column names")
]


def import_files(
    shell: Shell,
    orders: OrdersOption = None,
    items: ItemsOption = None,
    customers: CustomersOption = None,
    check: CheckOption = False,
    confirm: ConfirmOption = False,
    encoding: EncodingOption = None,
    decimal: DecimalOption = None,
    dates: DatesOption = None,
    columns: ColumnsOption = None,
    statuses: StatusesOption = None,
    sheet: SheetOption = None,
    header_line: HeaderLineOption = None,
    store: StoreOption = None,
) -> None:
    """Load orders, items and customers from files into the same tables."""
    shop = shell.wiring.plain_shop(shell.only_store(store))
    options = {
        "encoding": encoding,
        "decimal": decimal,
        "dates": dates,
        "columns": pairs("--columns", columns),
        "statuses": pairs("--statuses", statuses),
        "sheet": sheet,
        "header_line": header_line,
    }
    formats = formats_of(shell, {key: value for key, value in options.items() if value is not None})
    files = Files(orders, items, customers, formats)
    (_check if check else _load)(shell, shop, files, confirmed=confirm)


def _check(shell: Shell, shop: Shop, files: Files, *, confirmed: bool) -> None:
    (rows,) = files.entities
    frames = rows.changed(None, shell.now, shop.rules)
    show_seen(shell.out, frames)
    with _any_warehouse(shell) as warehouse:
        hold(warehouse, shop, frames, confirmed=confirmed)
    shell.say("nothing was stored; without --check these rows are loaded")


def _load(shell: Shell, shop: Shop, files: Files, *, confirmed: bool) -> None:
    with shell.wiring.warehouse("import") as warehouse, reporter(shell.err) as report:
        done = import_store(
            warehouse, shop, files, now=shell.now, confirmed=confirmed, report=report
        )
        publish(warehouse)
    show_import(shell.out, done)


def pairs(option: str, texts: Sequence[str] | None) -> dict[str, str] | None:
    """The pairs written as A=B, or None; the last `=` parts them. Raises BadSettings otherwise."""
    pairs = [text.rpartition("=") for text in texts or ()]
    if any(not (left.strip() and right.strip()) for left, _, right in pairs):
        raise BadSettings(f"{option} takes NAME=VALUE, such as {_EXAMPLES[option]}")
    return {left.strip(): right.strip() for left, _, right in pairs} or None


_EXAMPLES = {"--columns": "order_id=Pedido", "--statuses": "Pago=invoiced"}


def formats_of(shell: Shell, options: Mapping[str, Any]) -> dict[str, FileFormat]:
    """How each kind of file is written: as the settings say, the options before them.

    A pair of `--columns` is for the files that have a column of ours of that name.
    """
    columns = options.get("columns", {})
    known = dict.fromkeys(name for names in COLUMNS.values() for name in names)
    if unknown := [name for name in columns if name not in known]:
        there = ", ".join(known)
        raise BadSettings(f"--columns {unknown[0]}=... is no column of ours; they are {there}")
    found: dict[str, FileFormat] = {}
    for kind, names in COLUMNS.items():
        own = {ours: theirs for ours, theirs in columns.items() if ours in names}
        found[kind] = import_format(shell.settings, kind, {**options, "columns": own})
    return found


@contextmanager
def _any_warehouse(shell: Shell) -> Iterator[Warehouse]:
    """The warehouse, or an empty one for a moment: looking makes none."""
    if shell.wiring.has_warehouse:
        with shell.wiring.warehouse("import") as warehouse:
            yield warehouse
        return
    with tempfile.TemporaryDirectory() as folder, open_warehouse(Path(folder)) as warehouse:
        yield warehouse
