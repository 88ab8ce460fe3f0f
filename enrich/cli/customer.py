"""One customer on the desk: who this is and why, what was bought, scored and pushed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any

import polars as pl
import typer

from enrich.cli.console import show_table
from enrich.cli.options import StoreOption
from enrich.cli.shell import Shell
from enrich.plain_text import json_text

WhoArgument = Annotated[
    str, typer.Argument(help="E-mail, the source's customer id, our key, or an order id")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables")]

TITLES = {
    "links": "one person, because",
    "purchases": "purchases",
    "scores": "scores, and the cut points that gave them",
    "segments": "segments",
    "pushes": "pushed",
}


def customer(
    shell: Shell, who: WhoArgument, as_json: JsonOption = False, store: StoreOption = None
) -> None:
    """Show one customer: identity, purchases, scores, segments, pushes."""
    with shell.wiring.read_copy() as copy:
        frames = copy.customer(who, store)
    if as_json:
        shell.out.write(person_json(frames) + "\n")
        return
    person = frames["person"].row(0, named=True)
    known = [(name, _cell(value)) for name, value in person.items() if value is not None]
    show_table(shell.out, "customer", ("field", "value"), known)
    for name, title in TITLES.items():
        if name in frames:
            rows = ([_cell(value) for value in row] for row in frames[name].iter_rows())
            show_table(shell.out, title, frames[name].columns, rows)


def person_json(frames: Mapping[str, pl.DataFrame]) -> str:
    """The frames as one JSON object: `person` an object, the others lists of objects."""
    content: dict[str, Any] = {name: frame.to_dicts() for name, frame in frames.items()}
    content["person"] = content["person"][0]
    return json_text(content, indent=2)


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    return str(value) if isinstance(value, date) else value
