"""The tables that docs/ shows, made from the code they describe."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from typer.models import OptionInfo

from enrich.cli.main import COMMANDS, GROUPS
from enrich.described import texts_below
from enrich.settings import (
    Alerts,
    AlertTarget,
    AudienceSettings,
    Caller,
    Consent,
    DestinationEntry,
    GoalSettings,
    ImportSettings,
    LakeSettings,
    OwnFieldSettings,
    Pace,
    PredictionSettings,
    ProductSettings,
    ReadCopySettings,
    Receive,
    Retention,
    Schedule,
    SecretSource,
    Settings,
    StoreSettings,
    WarehouseSettings,
)

SETTING_COLUMNS = ("setting", "values", "default", "what it does")
_WORDS: Mapping[Any, str] = {
    str: "text",
    int: "number",
    float: "number",
    bool: "`true`, `false`",
    Path: "path",
    datetime: "moment",
    SecretSource: "where a secret is kept",
}


def all_commands() -> Iterator[tuple[str, Callable[..., None]]]:
    """Every command by its name, those of two words last."""
    yield from COMMANDS
    for first, (_, functions) in GROUPS.items():
        yield from ((f"{first} {second}", function) for second, function in functions.items())


def command_rows() -> list[tuple[str, str]]:
    """One row per command, as docs/commands.md shows them."""
    return [
        (f"`enrich {name}`", (inspect.getdoc(function) or "").split("\n")[0])
        for name, function in all_commands()
    ]


def option_rows() -> list[tuple[str, str, str]]:
    """One row per command and option or argument of its own: command, option, what it is."""
    return [
        (f"`enrich {name}`", *_option_row(parameter))
        for name, function in all_commands()
        for parameter in list(inspect.signature(function, eval_str=True).parameters.values())[1:]
    ]


def _option_row(parameter: inspect.Parameter) -> tuple[str, str]:
    """An argument is named in capitals; a default that the help does not tell is added."""
    (declared,) = parameter.annotation.__metadata__
    is_option = isinstance(declared, OptionInfo)
    spelt = str(declared.default) if is_option else parameter.name.upper()
    text = declared.help or ""
    is_plain = parameter.default in (parameter.empty, None, False) or "default" in text.lower()
    return f"`{spelt}`", text if is_plain else f"{text} (default: {parameter.default})"


def setting_rows() -> list[tuple[str, str, str, str]]:
    """One row per setting: where it stands, its values, its default, what it does."""
    return [
        *_rows_of("", Settings, skip=_TABLES),
        *_rows_of("stores.NAME.", StoreSettings, skip=("pace",)),
        *_rows_of("stores.NAME.pace.", Pace),
        *_rows_of("destinations.NAME.", DestinationEntry),
        *_rows_of("audiences.NAME.", AudienceSettings),
        *_rows_of("warehouse.", WarehouseSettings),
        *_rows_of("schedule.", Schedule),
        *_rows_of("retention.", Retention),
        *_rows_of("imports.NAME.", ImportSettings),
        *_rows_of("read_copy.", ReadCopySettings),
        *_rows_of("lake.", LakeSettings),
        *_rows_of("receive.", Receive, skip=("callers",)),
        *_rows_of("receive.callers.NAME.", Caller),
        *_rows_of("consent.", Consent),
        *_rows_of("prediction.", PredictionSettings),
        *_rows_of("products.", ProductSettings),
        *_rows_of("fields.NAME.", OwnFieldSettings),
        *_rows_of("goals.NAME.", GoalSettings),
        *_rows_of("alerts.", Alerts, skip=("targets",)),
        *_rows_of("alerts.targets.NAME.", AlertTarget),
    ]


# Settings that are tables of their own, with rows of their own.
_TABLES = (
    "stores",
    "destinations",
    "audiences",
    "warehouse",
    "schedule",
    "retention",
    "imports",
    "read_copy",
    "lake",
    "receive",
    "consent",
    "prediction",
    "products",
    "fields",
    "goals",
    "alerts",
)


def _rows_of(
    prefix: str, model: type[BaseModel], skip: Sequence[str] = ()
) -> Iterator[tuple[str, str, str, str]]:
    texts = texts_below(model)
    for name, field in model.model_fields.items():
        if name not in skip:
            values, default = _values_of(field.annotation), _default_of(field)
            yield f"`{prefix}{name}`", values, default, texts.get(name, "")


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
