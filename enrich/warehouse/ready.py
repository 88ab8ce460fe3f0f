"""The ready queries for analysts: the files of sql/analysis, and those of a shop's own folder.

A file begins with the question it answers. A parameter is a line above the statement, which names
it as DuckDB does: `-- $since date = 2026-01-01: Purchases from this day on.`
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from enrich.errors import BadSettings
from enrich.warehouse.scripts import scripts_in, statement

_DECLARED = re.compile(r"^-- \$(\w+) (\w+)(?: = (.*?))?: (.+)$", re.MULTILINE)
_BOOLEANS = {"true": True, "yes": True, "false": False, "no": False}

TYPES: Mapping[str, Callable[[str], Any]] = {
    "date": date.fromisoformat,
    "timestamp": datetime.fromisoformat,
    "integer": int,
    "decimal": Decimal,
    "text": str,
    "boolean": _BOOLEANS.__getitem__,
}
"""How the value of each type of parameter is read."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a query asks for; without a default it is null unless somebody sets it."""

    name: str
    type: str
    default: str | None
    words: str

    def value_of(self, text: str | None) -> Any:
        """The value written as the text; raises BadSettings when it is none of the type."""
        if text is None:
            return None
        try:
            return TYPES[self.type](text)
        except (ValueError, KeyError, InvalidOperation):
            raise BadSettings(f"{self.name}: {text!r} is no {self.type}") from None


@dataclass(frozen=True, slots=True)
class ReadyQuery:
    """A query of the read copy; `question` is the first sentence above it."""

    question: str
    statement: str
    parameters: tuple[Parameter, ...] = ()

    def values(self, given: Iterable[str] = ()) -> dict[str, Any]:
        """The value of each parameter, the given ones as NAME=VALUE; raises BadSettings."""
        texts = {one.name: one.default for one in self.parameters}
        for pair in given:
            name, is_pair, text = pair.partition("=")
            if not is_pair or name not in texts:
                known = ", ".join(texts) or "none"
                raise BadSettings(
                    f"--set {pair}: it is NAME=VALUE of a parameter of the query, which has {known}"
                )
            texts[name] = text
        return {one.name: one.value_of(texts[one.name]) for one in self.parameters}


def ready_queries(folder: Path | None = None) -> dict[str, ReadyQuery]:
    """Every ready query by name; one of the shop's `folder` takes the place of ours.

    Raises BadSettings when the folder or a file in it cannot be read.
    """
    ours = {
        script.removeprefix("analysis/"): query_of(statement(script))
        for script in scripts_in("analysis")
    }
    return {**ours, **(_in_folder(folder) if folder else {})}


def _in_folder(folder: Path) -> dict[str, ReadyQuery]:
    if not folder.is_dir():
        raise BadSettings(f"queries_dir {folder} is no folder")
    return {path.stem: _of_file(path) for path in sorted(folder.glob("*.sql"))}


def _of_file(path: Path) -> ReadyQuery:
    try:
        return query_of(path.read_text(encoding="utf-8"))
    except BadSettings as fault:
        raise BadSettings(f"{path}: {fault}") from None
    except (OSError, UnicodeDecodeError) as fault:
        problem = fault.strerror if isinstance(fault, OSError) else "it is not text in UTF-8"
        raise BadSettings(f"{path} cannot be read: {problem}") from None


def query_of(text: str) -> ReadyQuery:
    """The query of a text; raises BadSettings on a parameter of a type that is not known."""
    above = " ".join(
        line.removeprefix("--").strip() for line in text.splitlines() if line.startswith("--")
    )
    question = above.partition(". Grain:")[0].partition(". ")[0].partition(" $")[0].rstrip(".")
    found = tuple(Parameter(*groups) for groups in _DECLARED.findall(text))
    return ReadyQuery(question, text, tuple(map(_checked, found)))


def _checked(one: Parameter) -> Parameter:
    """The parameter with its default, which is of its type; '' is none."""
    if one.type not in TYPES:
        raise BadSettings(f"${one.name} is of no type {one.type}; there are {', '.join(TYPES)}")
    checked = Parameter(one.name, one.type, one.default or None, one.words)
    checked.value_of(checked.default)
    return checked
