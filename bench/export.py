"""The profiles a warehouse keeps, as Parquet: python -m bench.export FOLDER OUT."""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

from enrich.profile import FIELDS
from enrich.warehouse import open_warehouse


def export(folder: Path, out: Path) -> None:
    """Writes the fields that all contenders make of the kept profiles of the only store.

    Without the day that the store is known since: the four tables do not say it.
    """
    names = [field.name for field in FIELDS if field.is_sent_by_default]
    with open_warehouse(folder) as warehouse:
        profiles = warehouse.profiles.of("shop").select(names)
    profiles.with_columns(history_since=pl.lit(None, pl.Date)).write_parquet(out)


if __name__ == "__main__":
    export(Path(sys.argv[1]), Path(sys.argv[2]))
