"""The tables of docs/platforms/*.md, made from the declarations so that they cannot go stale."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, get_args

import polars as pl
from pydantic import BaseModel

from enrich.destinations import PROFILES, REGISTRY, DestinationEntity
from enrich.destinations.base import RateLimit
from enrich.destinations.http import HttpDestination
from enrich.destinations.kinds import Kind
from tests.destinations.held import KINDS, PUBLISHED
from tests.destinations.openapi import read_document


def index_table() -> str:
    """Every platform: its page, what its module says it is, what it takes."""
    rows = [
        (
            f"[{kind}]({kind}.md)",
            first_line(platform),
            ", ".join(entity.name for entity in platform.entities()),
        )
        for kind, platform in sorted(REGISTRY.items())
    ]
    return _table(("Kind", "What it is", "Takes, in this order"), rows)


def matrix() -> str:
    """What each platform can do, a line each."""
    rows = [
        (
            f"[{kind}]({kind}.md)",
            ", ".join(entity.name for entity in platform.entities()),
            _clears(platform),
            MOVES[platform.moves_address],
            _erases(platform),
            _rate(platform.rate_limit, "none published") if platform.vendor_pages else "yours",
            platform.api_version or "ours",
            str(platform.checked_on or "–"),
        )
        for kind, platform in sorted(REGISTRY.items())
    ]
    head = (
        *("Kind", "Entities", "An empty value", "A changed address", "Erases"),
        *("Rate", "API version", "Checked on"),
    )
    return _table(head, rows)


MOVES = {
    "update": "moves the contact",
    "merge": "merges the old contact into the new one",
    "delete": "deletes the old document",
    "clear": "empties the old contact",
    "field": "is a field like others",
}


def _clears(platform: type[DestinationEntity]) -> str:
    field = platform.Settings.model_fields.get("clear_with")
    if platform.null_meaning == "clears" or (field and field.default != "nothing"):
        return "clears"
    return "clears with `clear_with`" if field else "stays: not documented"


def _erases(platform: type[DestinationEntity]) -> str:
    if platform.erases_with:
        return f"with `{'`, `'.join(platform.erases_with)}`"
    has_own = platform.erase not in (DestinationEntity.erase, HttpDestination.erase)
    return "yes" if has_own or getattr(platform, "delete", None) else "by hand"


def first_line(platform: type[DestinationEntity]) -> str:
    """The first line of the platform's module, or of its folder, without the full stop."""
    module = sys.modules[".".join(platform.__module__.split(".")[:3])]
    return (module.__doc__ or "").split("\n")[0].rstrip(".")


def mapping_table(entity: type[DestinationEntity]) -> str:
    """Our field, the platform's name, how it is written, whether the name is the platform's own."""
    rows = [
        (
            f"`{field.source}`",
            f"`{field.target}`",
            field.format,
            "" if field.is_documented else "ours",
        )
        for field in entity.mapping
    ]
    ours = "Profile field" if entity.name == PROFILES else f"Field of {entity.name}"
    return _table((ours, "Name there", "Written as", "Name"), rows)


def limits_table(platform: type[DestinationEntity]) -> str:
    """What the platform takes and reports, a line each, a column for each entity."""
    names = [entity.name for entity in platform.entities()]
    rows = [
        (name, *(_shown(entity, name) for entity in platform.entities()))
        for name in (*_LIMITS, *(_OF_RECORDS if platform.others else ()))
    ]
    return _table(("What", *(names if len(names) > 1 else ("Here",))), rows)


def keys_table(platform: type[DestinationEntity]) -> str:
    """The settings keys with their defaults; a key without one is required."""
    return _table(("Key", "Default"), _keys(platform.Settings))


def columns_table(kind: Kind) -> str:
    """The columns of a kind of record, their types and what they mean; those of its lines last."""
    of_lines = [
        (f"`lines.{one.name}`", _type(one.dtype), one.definition) for one in kind.line_columns
    ]
    rows = [(f"`{one.name}`", _type(one.dtype), one.definition) for one in kind.columns]
    return _table((f"Column of {kind.name}", "Type", "Meaning"), [*rows, *of_lines])


def held_table() -> str:
    """Against which document of a vendor each platform's calls were held, and when."""
    rows = [
        (f"[{kind}]({kind}.md)", one["published"], one["version"], info["held_on"])
        for kind in KINDS
        for info in [read_document(PUBLISHED / f"{kind}.json")["info"]]
        for one in info["against"]
    ]
    return _table(("Kind", "Published", "Its version", "Held on"), rows)


def _type(dtype: Any) -> str:
    if isinstance(dtype, pl.List):
        return "list of lines" if isinstance(dtype.inner, pl.Struct) else "list of text"
    return next(name for known, name in _TYPES.items() if dtype.base_type() is known)


_TYPES: Mapping[Any, str] = {
    pl.String: "text",
    pl.Int64: "integer",
    pl.Boolean: "boolean",
    pl.Date: "day",
    pl.Datetime: "moment",
    pl.Decimal: "amount",
}


def _keys(settings: type[BaseModel], within: str = "") -> Iterator[tuple[str, str]]:
    """A line per key; the keys of a table within stand below it, with its name in front."""
    for name, field in settings.model_fields.items():
        default = (
            "required"
            if field.is_required()
            else f"`{_as_toml(field.get_default(call_default_factory=True))}`"
        )
        yield f"`{within}{name}`", default
        for kind in get_args(field.annotation):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from _keys(kind, f"{within}{name}.")


_LIMITS = (
    "record_key",
    "transport",
    "max_records",
    "max_bytes",
    "rate_limit",
    "concurrency",
    "result_fidelity",
    "null_meaning",
    "idempotency_key",
    "fields_created_first",
    "diff_days_since",
    "removals",
    "moves_address",
)

_OF_RECORDS = ("takes_changes", "tells_end", "asks_first")


def _shown(entity: type[DestinationEntity], name: str) -> str:
    value = getattr(entity, name)
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, RateLimit):
        return _rate(value)
    return "none known" if value is None else str(value)


def _rate(limit: RateLimit | None, unknown: str = "none known") -> str:
    if limit is None:
        return unknown
    shared = ", shared by everybody who uses the account" if limit.is_shared else ""
    return f"{limit.requests} requests in {limit.seconds:g} s{shared}"


def _as_toml(value: object) -> str:
    if value is None:
        return "unset"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(_as_toml(item) for item in value)}]"
    if isinstance(value, dict):
        pairs = (f"{key} = {_as_toml(item)}" for key, item in value.items())
        return f"{{ {', '.join(pairs)} }}" if value else "{}"
    return str(value) if isinstance(value, int | float) else f'"{value}"'


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    # A bar inside a cell would end it.
    lines = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *lines))
