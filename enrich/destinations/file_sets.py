"""The sets of files a file drop makes: their names, their manifest, a person out of them."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import PurePosixPath
from typing import IO, Any

import polars as pl

from enrich.destinations.places.place import FileEntry, Place

MANIFEST = ".manifest.json"
# STORE-ENTITY-DAY-ID.KIND, and the same while it is not finished: nobody else's files match.
OURS = re.compile(
    r"^\.?[a-z0-9_-]+-[a-z_]+-\d{4}-\d{2}-\d{2}-[0-9a-f]{8}"
    r"\.(parquet|csv|ndjson|manifest\.json)(\.unfinished)?$"
)

Source = Any  # a path or an open file


def read_csv(source: Source) -> pl.DataFrame:
    """Every cell as text, so that writing it again changes nothing."""
    return pl.read_csv(source, infer_schema=False)


READERS: Mapping[str, Callable[[Source], pl.DataFrame]] = {
    ".parquet": pl.read_parquet,
    ".csv": read_csv,
    # A column may be null for longer than polars would look by itself.
    ".ndjson": partial(pl.read_ndjson, infer_schema_length=None),
}
WRITERS: Mapping[str, Callable[[pl.DataFrame, Source], object]] = {
    ".parquet": lambda table, out: table.write_parquet(out),
    ".csv": lambda table, out: table.write_csv(out),
    ".ndjson": lambda table, out: table.write_ndjson(out),
}


def drop_old(place: Place, before: datetime) -> list[str]:
    """The names of our files that were written before the moment, and are gone now.

    A manifest goes before its files, so that nobody reads of files that are not there.
    """
    old = [entry.name for entry in place.entries() if is_old(entry, before)]
    ordered = sorted(old, key=lambda name: (not name.endswith(MANIFEST), name))
    for name in ordered:
        place.remove(name)
    return ordered


def is_old(entry: FileEntry, before: datetime) -> bool:
    """Whether this is a file of ours from before the moment."""
    return OURS.match(entry.name) is not None and entry.modified_at < before


def take_out(place: Place, columns: Sequence[str], values: Sequence[str]) -> int:
    """How many files were written again without the rows of which a column is one of the values.

    A file that has none of the columns, such as one of products, is about nobody.
    """
    changed = 0
    for name in [entry.name for entry in place.entries() if OURS.match(entry.name)]:
        if name.endswith(MANIFEST):
            changed += _take_out_of_set(place, json.loads(place.fetch(name)), name, columns, values)
    return changed


def _take_out_of_set(
    place: Place,
    manifest: dict[str, Any],
    name: str,
    columns: Sequence[str],
    values: Sequence[str],
) -> int:
    changed = 0
    for at, entry in enumerate(manifest["files"]):
        suffix = PurePosixPath(entry["name"]).suffix
        table = READERS[suffix](io.BytesIO(place.fetch(entry["name"])))
        present = [pl.col(name) for name in columns if name in table.columns]
        theirs = [one.cast(pl.String).is_in(values).fill_null(False) for one in present]
        kept = table.filter(~pl.any_horizontal(*theirs, pl.lit(False)))
        if kept.height < table.height:
            manifest["files"][at] = place.put(entry["name"], _writing(suffix, kept))
            manifest["row_count"] = kept.height
            changed += 1
    if changed:
        text = manifest_text(manifest)
        place.put(name, lambda out: out.write(text))
    return changed


def _writing(suffix: str, table: pl.DataFrame) -> Callable[[IO[bytes]], object]:
    return lambda out: WRITERS[suffix](table, out)


def manifest_text(manifest: Mapping[str, Any]) -> bytes:
    """The manifest as it stands in its file."""
    return json.dumps(manifest, indent=2).encode()
