"""One customer: who this is and why, what was bought, scored and pushed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer

from enrich.cli.console import show_table
from enrich.cli.forget import WhoArgument
from enrich.cli.options import KeyOption, StoreOption
from enrich.cli.shell import Shell
from enrich.errors import BadSettings
from enrich.forget.access import access_tables, write_access
from enrich.plain_text import json_text
from enrich.warehouse.person import the_only_one

ExportOption = Annotated[
    Path | None,
    typer.Option("--export", help="Write everything held about the person here: .json or .xlsx"),
]

TITLES = {
    "links": "one person, because",
    "purchases": "purchases",
    "scores": "scores, and the cut points that gave them",
    "prediction": "what comes next",
    "segments": "segments",
    "pushes": "pushed",
}


def customer(
    shell: Shell,
    who: WhoArgument = None,
    store: StoreOption = None,
    key: KeyOption = None,
    export: ExportOption = None,
) -> None:
    """Show one customer: identity, purchases, scores, what comes next, segments, pushes."""
    if (who is None) == (key is None):
        raise BadSettings("give an e-mail, document, customer id or order id, or --key alone")
    if export is not None:
        export_person(shell, export, who, store, key)
        return
    with shell.wiring.read_copy() as copy:
        frames = copy.customer(who, store, key)
    if shell.as_json:
        shell.out.write(person_json(frames) + "\n")
        return
    person = frames["person"].row(0, named=True)
    known = [(name, _cell(value)) for name, value in person.items() if value is not None]
    show_table(shell.out, "customer", ("field", "value"), known)
    for name, title in TITLES.items():
        if name in frames:
            rows = ([_cell(value) for value in row] for row in frames[name].iter_rows())
            show_table(shell.out, title, frames[name].columns, rows)


def export_person(
    shell: Shell, path: Path, who: str | None, store: str | None, key: int | None
) -> None:
    """Write everything held about one person, with where it came from and where it was sent."""
    with shell.wiring.warehouse("customer") as warehouse:
        name, customer_key = the_only_one(warehouse.people.named(who, store, key))
        tables = access_tables(warehouse, name, customer_key, shell.settings.data_dir)
    write_access(path, name, customer_key, tables, shell.now)
    rows = [(table.name, table.rows.height, table.origin) for table in tables]
    show_table(shell.out, "held about the person", ("what", "rows", "from"), rows)
    shell.answer(f"written: {path}; it holds personal data, for its owner alone")


def person_json(frames: Mapping[str, pl.DataFrame]) -> str:
    """The frames as one JSON object: `person` an object, the others lists of objects."""
    content: dict[str, Any] = {name: frame.to_dicts() for name, frame in frames.items()}
    content["person"] = content["person"][0]
    return json_text(content, indent=2)


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    return str(value) if isinstance(value, date) else value
