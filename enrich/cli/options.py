"""Options that several commands share, and reading their values."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from enrich.errors import BadSettings
from enrich.spreadsheet import CSV_READERS

StoreOption = Annotated[str | None, typer.Option("--store", help="Only this store of the settings")]
CsvForOption = Annotated[
    str | None,
    typer.Option(
        "--csv-for", help=f"CSV with the separator and decimal sign of {', '.join(CSV_READERS)}"
    ),
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask: for scripts")]
KeyOption = Annotated[int | None, typer.Option("--key", help="Our customer_key")]


def parse_day(text: str | None) -> date | None:
    """The day written as 2026-03-01, None for None; raises BadSettings."""
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise BadSettings(f"{text!r} is not a day such as 2026-03-01") from None
