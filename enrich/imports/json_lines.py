"""NDJSON as batches: one JSON object a line, values as text."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from enrich.imports.batches import LINE, Batch, Broken, read_lines

_CHUNK_BYTES = 8 * 2**20  # one broken line sends its whole chunk the slow way


def read_ndjson(path: Path) -> Iterator[Batch]:
    """The objects of an NDJSON file; a line that is no object is broken, a blank line nothing."""
    for lines in read_lines(path, _CHUNK_BYTES):
        numbered = {
            line: text for line, text in enumerate(lines.texts, lines.first) if text.strip()
        }
        if numbered:
            yield _fast(numbered) or _line_by_line(numbered)


def _fast(numbered: dict[int, str]) -> Batch | None:
    """All lines at once, or None when one of them is no object."""
    content = "\n".join(numbered.values()).encode()
    try:
        names = pl.read_ndjson(io.BytesIO(content), infer_schema_length=None).columns
        as_text = dict.fromkeys(names, pl.String)
        rows = pl.read_ndjson(io.BytesIO(content), schema=as_text)
    except pl.exceptions.PolarsError:
        return None
    if rows.height != len(numbered):
        return None
    return Batch(rows.with_columns(pl.Series(LINE, list(numbered), pl.Int64)))


def _line_by_line(numbered: dict[int, str]) -> Batch:
    objects: dict[int, dict[str, Any]] = {}
    broken: list[Broken] = []
    for line, text in numbered.items():
        value = _parsed(text)
        if isinstance(value, dict):
            objects[line] = value
        else:
            broken.append(Broken(line, "row: not a JSON object", text))
    names = dict.fromkeys(name for value in objects.values() for name in value)
    cells = {
        name: pl.Series([_text(value.get(name)) for value in objects.values()], dtype=pl.String)
        for name in names
    }
    rows = pl.DataFrame({**cells, LINE: pl.Series(list(objects), dtype=pl.Int64)})
    return Batch(rows, tuple(broken))


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError):
        return None


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
