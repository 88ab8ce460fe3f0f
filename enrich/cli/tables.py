"""The table of fields, on the terminal and in docs/fields.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from enrich.model import Rules
from enrich.profile import FIELDS, ProfileField
from enrich.profile.field import ShareStep
from enrich.profile.windows import windows

FIELD_COLUMNS = ("field", "type", "unit", "empty", "sent", "definition")
FIRST_WINDOW = windows(Rules())[0]


def markdown_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; a pipe inside a cell is escaped."""
    lines = [f"| {' | '.join(columns)} |", f"| {' | '.join('---' for _ in columns)} |"]
    for row in rows:
        cells = ("" if cell is None else str(cell).replace("|", "\\|") for cell in row)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def field_rows(own: Sequence[ProfileField] = ()) -> list[tuple[str, ...]]:
    """One row per profile field, `own` ones last; a family with a window is one row, its name ends
    in `_W`."""
    return [
        (
            public_name(field),
            type_name(field),
            field.unit,
            empty_text(field),
            sent_text(field),
            field.definition.replace(FIRST_WINDOW.phrase, "in W"),
        )
        for field in (*FIELDS, *own)
        if field.window in (None, FIRST_WINDOW.name)
    ]


def public_name(field: ProfileField) -> str:
    return field.name if field.window is None else field.name.removesuffix(field.window) + "W"


def sent_text(field: ProfileField) -> str:
    """Whether mappings of all fields send it; how far a drifting value moves before it is sent."""
    when = "by default" if field.is_sent_by_default else "when named"
    size = f"{field.step:.0%}" if isinstance(field.step, ShareStep) else f"{field.step or 0:g}"
    step = "" if field.step is None else f", step {size}"
    return "never" if not (field.is_sent_by_default or field.can_be_named) else when + step


def type_name(field: ProfileField) -> str:
    """The type in words a reader of SQL knows."""
    dtype: Any = field.dtype
    if isinstance(dtype, pl.List):
        return "list of text"
    if isinstance(dtype, pl.Decimal):
        return "decimal(18,2)"
    return {pl.String: "text", pl.Float64: "double", pl.Date: "date", pl.Boolean: "boolean"}.get(
        dtype, "integer"
    )


def empty_text(field: ProfileField) -> str:
    """What a customer without purchases has."""
    if field.empty is None:
        return "null"
    return "[]" if isinstance(field.empty, list | tuple) else str(field.empty)
