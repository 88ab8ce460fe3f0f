"""NDJSON as batches: one JSON object a line, values as text."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

import polars as pl

from enrich.sources.files.batches import LINE, MAX_COLUMNS, Batch, Broken
from enrich.sources.files.spec import FileSpec
from enrich.sources.files.text_lines import encoding_of, read_lines

MAX_CELLS = 2**23
_CHUNK_BYTES = 8 * 2**20  # one broken line sends its whole chunk the slow way


def read_ndjson(spec: FileSpec) -> Iterator[Batch]:
    """The objects of an NDJSON file; a line that is no object is broken, a blank line nothing."""
    for lines in read_lines(spec, encoding_of(spec), _CHUNK_BYTES):
        numbered = {
            line: text for line, text in enumerate(lines.texts, lines.first) if text.strip()
        }
        if lines.broken:
            yield Batch(pl.DataFrame(schema={LINE: pl.Int64}), lines.broken)
        if numbered:
            yield from _batches(spec, numbered)


def _batches(spec: FileSpec, numbered: dict[int, str]) -> Iterator[Batch]:
    """So few lines at once that a frame stays small in which each line has a column of its own."""
    names = {name for text in numbered.values() for name in _NAME.findall(text)}
    if len(names) * len(numbered) > MAX_CELLS and len(numbered) > 1:
        half = len(numbered) // 2
        yield from _batches(spec, dict(islice(numbered.items(), half)))
        yield from _batches(spec, dict(islice(numbered.items(), half, None)))
    elif len(names) > MAX_COLUMNS:  # maybe of nested objects: only the slow way tells them apart
        yield _line_by_line(spec, numbered)
    else:
        yield _fast(numbered) or _line_by_line(spec, numbered)


_NAME = re.compile(r'"((?:[^"\\]|\\.)*+)"\s*:')


def _fast(numbered: dict[int, str]) -> Batch | None:
    """All lines at once, or None when one of them is no object."""
    content = "\n".join(numbered.values()).encode()
    if b"\\u" in content and _NO_TEXT.search(content):  # the library reads half a pair as a NUL
        return None
    try:
        schema = pl.read_ndjson(io.BytesIO(content), infer_schema_length=None).schema
        as_text = dict.fromkeys(schema, pl.String)
        rows = pl.read_ndjson(io.BytesIO(content), schema=as_text)
    except pl.exceptions.PolarsError:
        return None
    if rows.height != len(numbered):
        return None
    numbers = frozenset(name for name, dtype in schema.items() if dtype.is_numeric())
    return Batch(rows.with_columns(pl.Series(LINE, list(numbered), pl.Int64)), numbers=numbers)


_NO_TEXT = re.compile(
    rb"\\u0000|\\u[dD](?:[89abAB]..(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB]..\\u[dD])[c-fC-F])"
)


_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def _line_by_line(spec: FileSpec, numbered: dict[int, str]) -> Batch:
    objects: dict[int, dict[str, Any]] = {}
    broken: list[Broken] = []
    for line, text in numbered.items():
        value = _parsed(text)
        if isinstance(value, dict):
            objects[line] = value
        else:
            broken.append(Broken(line, "row: not a JSON object", text))
    names = dict.fromkeys(name for value in objects.values() for name in value)
    spec.check_column_count(len(names))
    cells = {
        name: pl.Series([_text(value.get(name)) for value in objects.values()], dtype=pl.String)
        for name in names
    }
    rows = pl.DataFrame({**cells, LINE: pl.Series(list(objects), dtype=pl.Int64)})
    numbers = frozenset(
        name
        for name in names
        if all(isinstance(value.get(name), _Number | None) for value in objects.values())
    )
    return Batch(rows, tuple(broken), numbers)


class _Number(str):
    """The digits of a number as they stand in the file."""


def _parsed(text: str) -> Any:
    try:
        value = json.loads(text, parse_float=_Number, parse_int=_Number, parse_constant=str)
        # half a surrogate pair is no text, and a NUL ends one in many a program
        return None if _NUL.search(json.dumps(value, ensure_ascii=False).encode()) else value
    except (ValueError, RecursionError):
        return None


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
