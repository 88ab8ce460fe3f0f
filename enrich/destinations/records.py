"""What destinations share for purchases, products, coupons, carts and consents.

A mapping names where each value goes: `metadata.status` is a key inside an object, `products[].sku`
one inside every line. A value of the record itself may go into every line too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal, TypeAlias

import polars as pl

from enrich.destinations.base import MappedField, Payload, Row
from enrich.destinations.entity import DestinationEntity
from enrich.destinations.http import HttpDestination
from enrich.destinations.kinds import KINDS
from enrich.destinations.mapping import Write, version_of

# What a product is known by where it is sent: the SKU bought, or its product.
ProductKey: TypeAlias = Literal["sku", "product_id"]

EVERY_LINE = "[]"
OF_LINES = "lines."

RECORD_FORMATS: Mapping[str, Write] = {
    "text": str,
    "integer": int,
    "amount": float,
    "boolean": bool,
    "flag": lambda value: True if value else None,
    "date": lambda value: value.isoformat(),
    "moment": lambda value: f"{value:%Y-%m-%dT%H:%M:%S}.{value.microsecond // 1000:03}Z",
    "list": list,
    "path": lambda names: "/".join(name.replace("/", " ") for name in names) or None,
    "paths": lambda names: ["/".join(name.replace("/", " ") for name in names)] if names else None,
    "lines": lambda lines: [_plain(line) for line in lines],
}


class RecordEntity(DestinationEntity):
    """Purchases, products, coupons, carts or consents; comes before the platform in the bases."""

    @property
    def formats(self) -> Mapping[str, Write]:
        return RECORD_FORMATS

    @cached_property
    def _renderer(self) -> Renderer:
        return renderer(self.fields, self.formats)

    def mapped(self) -> tuple[MappedField, ...]:
        return self.mapping

    def validate(self, row: Row) -> str | None:
        return None

    def new_memo(self, row: Row, memo: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """What a later change of the record has to repeat, given what it was; None: nothing."""
        return None

    def arrange(self, row: Row, memo: Mapping[str, Any]) -> Row:
        """The row that is mapped, made of the record and its memo."""
        return row

    def render(self, frame: pl.DataFrame) -> list[Payload]:
        return [self._payload(row) for row in frame.iter_rows(named=True)]

    def _payload(self, row: Row) -> Payload:
        memo = json.loads(row["memo"]) if row.get("memo") else {}
        arranged = self.arrange(row, memo)
        return self.shape({**arranged, "memo": memo}, self._renderer(arranged))

    def remember(self, frame: pl.DataFrame) -> pl.DataFrame:
        rows = frame.iter_rows(named=True)
        memos = [self.new_memo(row, json.loads(row["memo"] or "{}")) for row in rows]
        if None in memos:
            return frame
        texts = [json.dumps(memo, ensure_ascii=False) for memo in memos]
        return frame.with_columns(memo=pl.Series(texts, dtype=pl.String))


class HttpRecords(RecordEntity, HttpDestination):
    """The same at a platform behind an HTTP API."""

    @property
    def mapping_version(self) -> str:
        return version_of(self.version, *(getattr(self.settings, name) for name in self.written))


@dataclass(frozen=True, slots=True)
class Renderer:
    """A mapping made ready: where the values of a record and of its lines go, and how."""

    of_record: tuple[tuple[str, tuple[str, ...], Write], ...]
    of_lines: tuple[tuple[str, bool, tuple[str, ...], Write], ...]
    lines_at: tuple[str, ...] = ()

    def __call__(self, row: Row) -> dict[str, Any]:
        """The mapped values of one record as one object; a null is left out."""
        payload: dict[str, Any] = {}
        for source, path, write in self.of_record:
            _put(payload, path, row[source], write)
        if self.of_lines:
            lines = [self._line(row, line) for line in row["lines"]]
            _put(payload, self.lines_at, lines, list)
        return payload

    def _line(self, row: Row, line: Mapping[str, Any]) -> dict[str, Any]:
        item: dict[str, Any] = {}
        for source, is_of_line, path, write in self.of_lines:
            _put(item, path, line[source] if is_of_line else row[source], write)
        return item


def renderer(fields: Sequence[MappedField], formats: Mapping[str, Write]) -> Renderer:
    """The mapping ready to be applied to many rows."""
    of_record, of_lines = [], []
    lines_at: tuple[str, ...] = ()
    for field in fields:
        place, is_in_lines, rest = field.target.partition(f"{EVERY_LINE}.")
        write = formats[field.format]
        if not is_in_lines:
            of_record.append((field.source, tuple(place.split(".")), write))
            continue
        lines_at = tuple(place.split("."))
        source = field.source.removeprefix(OF_LINES)
        is_of_line = source != field.source
        of_lines.append((source, is_of_line, tuple(rest.split(".")), write))
    return Renderer(tuple(of_record), tuple(of_lines), lines_at)


def _put(payload: dict[str, Any], path: tuple[str, ...], value: Any, write: Write) -> None:
    written = None if value is None else write(value)
    if written is None:
        return
    for name in path[:-1]:
        payload = payload.setdefault(name, {})
    payload[path[-1]] = written


def _plain(line: Mapping[str, Any]) -> dict[str, Any]:
    """A line as JSON takes it, without its nulls."""
    return {
        name: float(value) if isinstance(value, Decimal) else value
        for name, value in line.items()
        if value is not None
    }


def own_fields(entity: str) -> tuple[MappedField, ...]:
    """Every column of a kind of record under its own name."""
    return tuple(MappedField(one.name, one.name, one.format) for one in KINDS[entity].columns)


def own_records(base: type[RecordEntity], *entities: str) -> tuple[type[DestinationEntity], ...]:
    """A class of the platform for each of these kinds, with every column under its own name."""
    return tuple(
        type(f"{base.__qualname__}_{name}", (base,), {"name": name, "mapping": own_fields(name)})
        for name in entities
    )
