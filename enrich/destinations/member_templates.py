"""The columns by which tools for WhatsApp and text messages take people, as data."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import polars as pl

from enrich.errors import BadSettings

PHONES: Mapping[str, str] = {"digits": "", "zero": "0", "e164": "+", "whatsapp": "whatsapp:+"}
"""What stands before the digits of an E.164 phone."""


@dataclass(frozen=True, slots=True)
class Template:
    """Name there -> our field, with how a phone is written; for audiences by these channels."""

    name: str
    page: str
    channels: tuple[str, ...]
    forms: tuple[str, ...]
    columns: Mapping[str, str]

    def require(self, channel: str) -> None:
        """Raise BadSettings where the audience is by another channel, and so is its consent."""
        if channel not in self.channels:
            raise BadSettings(
                f"{self.name} is for audiences by {' or '.join(self.channels)}, not by {channel}:"
                f' set channel = "{self.channels[0]}"'
            )

    def of_row(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The columns of one member; a field that a member does not have is left out."""
        found = {name: _written(row, field) for name, field in self.columns.items()}
        return {name: value for name, value in found.items() if value is not None}

    def of_frame(self, members: pl.DataFrame) -> pl.DataFrame:
        """The columns of many, in their order."""
        rows = [self.of_row(row) for row in members.iter_rows(named=True)]
        return pl.DataFrame(rows, schema=dict.fromkeys(self.columns, pl.String), strict=False)


def template(name: str, form: str) -> Template:
    """The template of this name; raises BadSettings that lists those there are for the form."""
    known = {one.name: one for one in templates().values() if form in one.forms}
    if name not in known:
        raise BadSettings(f"there is no template {name!r}; known: {', '.join(known)}")
    return known[name]


@cache
def templates() -> Mapping[str, Template]:
    text = resources.files("enrich.destinations").joinpath("member_templates.toml").read_text()
    tables = tomllib.loads(text).items()
    return {
        name: Template(
            name,
            one["page"],
            tuple(one["channels"]),
            tuple(one["forms"]),
            one["columns"],
        )
        for name, one in tables
    }


def _written(row: Mapping[str, Any], field: str) -> Any:
    source, _, how = field.partition(":")
    value = row.get(source)
    return value if not how or value is None else PHONES[how] + str(value).lstrip("+")
