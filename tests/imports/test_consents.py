"""A file of consents: the same rows in every format, and what becomes of the bad ones."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from enrich.sources.files.consents import read_consents

ROWS = {
    "email": ["ana@example.com", "Bo@Example.com", "cy@example.com", None, "di@example.com"],
    "opted_in": ["yes", "0", "FALSE", "true", "perhaps"],
    "changed_at": [
        "2026-03-01T10:00:00Z",
        "2026-03-01T10:00:00+02:00",
        "2026-03-01 10:00:00",
        "2026-03-01T10:00:00Z",
        "2026-03-01T10:00:00Z",
    ],
    "origin": ["counter", "counter", "call", "counter", "counter"],
}
WRITERS = {
    "csv": pl.DataFrame.write_csv,
    "ndjson": pl.DataFrame.write_ndjson,
    "parquet": pl.DataFrame.write_parquet,
}


@pytest.mark.parametrize("suffix", sorted(WRITERS))
def test_each_format_tells_the_same(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"words.{suffix}"
    WRITERS[suffix](pl.DataFrame(ROWS), path)
    found = read_consents(path, time_zone="America/Sao_Paulo")
    rows = found.rows.select("email", "event", "changed_at", "origin", "is_dated", "by_person")
    assert rows.rows() == [
        ("ana@example.com", "subscribed", moment(10), "counter", True, False),
        ("bo@example.com", "unsubscribed", moment(8), "counter", True, False),
        ("cy@example.com", "unsubscribed", moment(13), "call", True, False),
    ]
    assert len(found.rejects) == 2
    # The reason and the key are shown by `enrich rejects`: neither holds an address.
    assert "example.com" not in str([(one.key, one.reason) for one in found.rejects])


def moment(hour: int) -> datetime:
    return datetime(2026, 3, 1, hour)  # noqa: DTZ001
