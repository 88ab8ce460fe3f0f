"""The tables that docs/ shows, made from the code they describe."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import polars as pl
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from enrich.model import Rules
from enrich.profile import FIELDS, ProfileField
from enrich.profile.windows import windows
from enrich.settings import (
    Caller,
    Consent,
    DestinationEntry,
    ImportSettings,
    Pace,
    ReadCopySettings,
    Receive,
    Retention,
    Schedule,
    SecretSource,
    Settings,
    StoreSettings,
    WarehouseSettings,
)

FIELD_COLUMNS = ("field", "type", "unit", "empty", "definition")
SETTING_COLUMNS = ("setting", "values", "default", "what it does")
FIRST_WINDOW, *OTHER_WINDOWS = windows(Rules())
_WORDS: Mapping[Any, str] = {
    str: "text",
    int: "number",
    float: "number",
    bool: "`true`, `false`",
    Path: "path",
    datetime: "moment",
    SecretSource: "where a secret is kept",
}


def markdown_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; a pipe inside a cell is escaped."""
    lines = [f"| {' | '.join(columns)} |", f"| {' | '.join('---' for _ in columns)} |"]
    for row in rows:
        cells = ("" if cell is None else str(cell).replace("|", "\\|") for cell in row)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def field_rows() -> list[tuple[str, str, str, str, str]]:
    """One row per profile field; a family with a window is one row, its name ends in `_W`."""
    return [
        (
            public_name(field),
            type_name(field),
            field.unit,
            empty_text(field),
            field.definition.replace(FIRST_WINDOW.phrase, "in W"),
        )
        for field in FIELDS
        if not field.name.endswith(tuple(f"_{window.name}" for window in OTHER_WINDOWS))
    ]


def public_name(field: ProfileField) -> str:
    base_name, found, _ = field.name.partition(f"_{FIRST_WINDOW.name}")
    return f"{base_name}_W" if found else base_name


def type_name(field: ProfileField) -> str:
    """The type in words a reader of SQL knows."""
    dtype: Any = field.dtype
    if isinstance(dtype, pl.List):
        return "list of text"
    if isinstance(dtype, pl.Decimal):
        return "decimal(18,2)"
    return {pl.String: "text", pl.Date: "date", pl.Boolean: "boolean"}.get(dtype, "integer")


def empty_text(field: ProfileField) -> str:
    """What a customer without purchases has."""
    if field.empty is None:
        return "null"
    return "[]" if isinstance(field.empty, list | tuple) else str(field.empty)


def setting_rows() -> list[tuple[str, str, str, str]]:
    """One row per setting: where it stands, its values, its default, what it does."""
    return [
        *_rows_of("", Settings, skip=_TABLES),
        *_rows_of("stores.NAME.", StoreSettings, skip=("pace",)),
        *_rows_of("stores.NAME.pace.", Pace),
        *_rows_of("destinations.NAME.", DestinationEntry),
        *_rows_of("warehouse.", WarehouseSettings),
        *_rows_of("schedule.", Schedule),
        *_rows_of("retention.", Retention),
        *_rows_of("imports.NAME.", ImportSettings),
        *_rows_of("read_copy.", ReadCopySettings),
        *_rows_of("receive.", Receive, skip=("callers",)),
        *_rows_of("receive.callers.NAME.", Caller),
        *_rows_of("consent.", Consent),
    ]


# Settings that are tables of their own, with rows of their own.
_TABLES = (
    "stores",
    "destinations",
    "warehouse",
    "schedule",
    "retention",
    "imports",
    "read_copy",
    "receive",
    "consent",
)


def _rows_of(
    prefix: str, model: type[BaseModel], skip: Sequence[str] = ()
) -> Iterator[tuple[str, str, str, str]]:
    for name, field in model.model_fields.items():
        if name not in skip:
            values, default = _values_of(field.annotation), _default_of(field)
            yield f"`{prefix}{name}`", values, default, field.description or ""


def _values_of(annotation: Any) -> str:
    """The values a setting takes, in words."""
    if annotation in _WORDS:
        return _WORDS[annotation]
    if get_origin(annotation) is Literal:
        return ", ".join(f"`{value}`" for value in get_args(annotation))
    if get_origin(annotation) is tuple:
        return "list of numbers" if int in get_args(annotation) else "list of text"
    if get_origin(annotation) is dict:
        return "table"
    parts = [_values_of(part) for part in get_args(annotation) if part is not type(None)]
    return " or ".join(dict.fromkeys(parts)) if parts else "text"


def _default_of(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    value = field.get_default(call_default_factory=True)
    if value is None or value in ((), {}):
        return ""
    if isinstance(value, tuple):
        return f"`{list(value)}`"
    return f"`{value.as_posix() if isinstance(value, Path) else value}`"
