"""A file of consents: email, opted_in, changed_at, origin."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl

from enrich.model import FileFormat
from enrich.sources.files.checking import TableRead, read_table
from enrich.sources.files.tables import consents_table

_EVENT = pl.when("opted_in").then(pl.lit("subscribed")).otherwise(pl.lit("unsubscribed"))


def read_consents(path: Path, *, time_zone: str, form: FileFormat = FileFormat()) -> TableRead:
    """The rows: email, origin, event, changed_at (UTC), is_dated, by_person; and the bad ones.

    `form` says how the file is written; a moment without a zone is the store's. Raises BadSettings
    when nothing can be used.
    """
    found = read_table(path, consents_table(time_zone, form))
    rows = found.rows.select(
        "email",
        "origin",
        "changed_at",
        event=_EVENT,
        is_dated=pl.lit(True),
        by_person=pl.col("by_person").fill_null(False),
    )
    return replace(found, rows=rows)
