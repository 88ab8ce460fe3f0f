"""What is wrong in settings, in our words: which one, where it is written, what was meant.

Never the value: it may be a secret that was pasted into the wrong place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from enrich.errors import BadSettings
from enrich.installed import page

Place = tuple[str, ...]
Where = Callable[[Place], str | None]
"""Says where a setting is written, such as `enrich.toml:12`; None where it is not."""


def nowhere(place: Place) -> str | None:
    """None: it is not known where settings are written."""
    return None


@dataclass(frozen=True, slots=True)
class Problem:
    """One wrong setting: its path, where it is written, and what is wrong with it."""

    place: str
    where: str | None
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}" + (f" ({self.where})" if self.where else "")


class WrongSettings(BadSettings):
    """Every problem of some settings at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        lines = "; ".join(map(str, problems))
        super().__init__(f"wrong settings: {lines} ({page('settings.md')} lists every setting)")


def problems_of(
    error: ValidationError,
    model: type[BaseModel],
    where: Where = nowhere,
    under: Place = (),
) -> list[Problem]:
    """The problems that validation by `model` found, one a setting; `under` is where it stands."""
    schema = model.model_json_schema()
    found: dict[str, Problem] = {}
    for item in error.errors(include_url=False):
        # A choice has branches, such as `tuple[str, ...]`; they are no part of the path.
        place = tuple(str(part) for part in item["loc"] if not re.search(r"[\[\]]", str(part)))
        whole = (*under, *place)
        name = ".".join(whole) or "settings"
        found[name] = Problem(name, where(whole), _text(item, schema, place))
    return list(found.values())


def _text(item: Mapping[str, Any], schema: Mapping[str, Any], place: Place) -> str:
    kind, context = item["type"], item.get("ctx", {})
    if kind == "extra_forbidden":
        return "there is no such setting" + meant(place[-1], names_at(schema, place[:-1]))
    if kind == "literal_error":
        options = re.findall(r"'([^']*)'", context["expected"])
        return f"must be {context['expected']}" + meant(item["input"], options)
    if kind == "string_pattern_mismatch":
        return PATTERNS.get(context["pattern"], f"must look like {context['pattern']}")
    text = _PLAIN.get(kind)
    if text is None:  # our own, from a validator; or one that nobody foresaw
        return re.sub(r"^Input should", "must", str(item["msg"]).removeprefix("Value error, "))
    short = {name: f"{one:g}" for name, one in context.items() if isinstance(one, float)}
    return text.format_map({**context, **short})


# What the validation library says in the words of a programmer, by its kind of error.
_PLAIN = {
    "model_type": 'must be a table, such as {{ env = "NAME" }}',
    "model_attributes_type": 'must be a table, such as {{ env = "NAME" }}',
    "dict_type": "must be a table, such as [imports.orders]",
    "tuple_type": 'must be a list, such as ["1", "2"], or "all" where that is allowed',
    "list_type": 'must be a list, such as ["1", "2"]',
    "missing": "is needed",
    "string_type": 'must be text between quotes, such as "name"',
    "path_type": 'must be a path between quotes, such as "data"',
    "string_too_short": "must have {min_length} letters or more",
    "string_too_long": "must have {max_length} letters or fewer",
    "too_short": "must have {min_length} or more",
    "too_long": "must have {max_length} or fewer",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be {ge} or more",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be {le} or less",
    "datetime_type": "must be a moment such as 2026-03-01T03:00:00Z",
    "datetime_parsing": "must be a moment such as 2026-03-01T03:00:00Z",
    "datetime_from_date_parsing": "must be a moment such as 2026-03-01T03:00:00Z",
    "date_type": "must be a day such as 2026-03-01",
    "date_parsing": "must be a day such as 2026-03-01",
    "date_from_datetime_parsing": "must be a day such as 2026-03-01",
}
PATTERNS = {
    r"^https?://": "must begin with https:// or http://",
    r"^[A-Z]{3}$": "must be three capital letters, such as BRL",
    r"^[a-z0-9][a-z0-9-]*$": "must be small letters, digits and -",
    r"^[a-z0-9][a-z0-9-]{0,40}$": "must be at most 41 small letters, digits and -",
    r"^[a-z0-9][a-z0-9_-]{0,40}$": "must be at most 41 small letters, digits, - and _",
    r"^[A-Za-z_][A-Za-z0-9_]{0,60}$": "must be at most 61 letters, digits and _",
}
"""What a pattern of the settings asks for, in words."""


def meant(written: object, known: Sequence[str]) -> str:
    """`; did you mean NAME?` for the known name that is closest; empty where none is close."""
    close = get_close_matches(str(written), known, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def names_at(schema: Mapping[str, Any], place: Place) -> list[str]:
    """The settings that the table at `place` may have, by the JSON schema of all of them."""
    node = schema
    for part in place:
        table = _table(schema, node)
        free = (*table.get("patternProperties", {}).values(), table.get("additionalProperties"))
        node = table.get("properties", {}).get(part) or free[0] or {}
    return list(_table(schema, node).get("properties", {}))


def _table(schema: Mapping[str, Any], node: Any) -> Mapping[str, Any]:
    """The node, or the table that it refers to."""
    for option in (node, *node.get("anyOf", ())) if isinstance(node, dict) else ():
        if "$ref" in option:
            found: Mapping[str, Any] = schema["$defs"][option["$ref"].rpartition("/")[2]]
            return found
    return node if isinstance(node, dict) else {}


_HEADER = re.compile(r"^\s*\[+\s*([^\]]+?)\s*\]")
_KEY = re.compile(r"""^\s*((?:"[^"]*"|'[^']*'|[\w.-])+)\s*=""")
_NAME = re.compile(r""""[^"]*"|'[^']*'|[\w-]+""")


def holder(places: Mapping[Place, str], place: Place) -> str | None:
    """What `places` says of the setting, or of the innermost table of it that they have."""
    found = (places.get(place[:length]) for length in range(len(place), 0, -1))
    return next(filter(None, found), None)


def lines_of(toml: str) -> dict[Place, int]:
    """The line of each table and setting of a TOML document; an inline table is one setting."""
    lines: dict[Place, int] = {}
    table: Place = ()
    for number, line in enumerate(toml.splitlines(), 1):
        if header := _HEADER.match(line):
            table = _names(header[1])
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            lines.setdefault((*table, *_names(key[1])), number)
    return lines


def _names(dotted: str) -> Place:
    return tuple(name.strip("\"'") for name in _NAME.findall(dotted))
