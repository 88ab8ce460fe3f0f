"""What the platforms behind an HTTP API share for purchases, products, coupons and carts.

A mapping names where each value goes: `metadata.status` is a key inside an object, `products[].sku`
one inside every line. A value of the record itself may go into every line too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

import polars as pl

from enrich.destinations.base import (
    PROFILES,
    Capabilities,
    Destination,
    Entity,
    MappedField,
    Payload,
    Row,
    Tools,
)
from enrich.destinations.kinds import CARTS, KINDS, PRODUCTS, PURCHASES, Kind
from enrich.destinations.mapping import Format, version_of
from enrich.destinations.remote import Remote, Wire

# What a product is known by where it is sent: the SKU bought, or its product.
ProductKey: TypeAlias = Literal["sku", "product_id"]

EVERY_LINE = "[]"
OF_LINES = "lines."

RECORD_FORMATS: Mapping[str, Format] = {
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


@runtime_checkable
class Remembers(Protocol):
    """A destination that has to repeat, in later changes, some of what it sent."""

    def remember(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The rows with `memo` brought up to date: what is to be remembered once they are sent."""
        ...


@dataclass(frozen=True)
class RecordWire(Wire):
    """How one entity of a platform is spoken to; `shape` gets the mapped values as one object.

    `remember` makes the new memo of a row and its old one; `arrange` makes the row that is mapped
    of a row and its new memo. `written` are the settings that decide how a value is written,
    `limited` what they change of the limits, `named` what of the mapping.
    """

    written: tuple[str, ...] = ()

    remember: Callable[[Remote, Row, Mapping[str, Any]], Mapping[str, Any]] | None = None
    arrange: Callable[[Row, Mapping[str, Any]], Row] = lambda row, memo: row
    limited: Callable[[Any, Capabilities], Capabilities] = lambda settings, limits: limits
    named: Callable[[Any, Sequence[MappedField]], Sequence[MappedField]] = lambda settings, ours: (
        ours
    )


@dataclass(frozen=True)
class RecordRemote(Remote):
    """One entity of a configured platform."""

    renderer: Renderer | None = None

    @property
    def mapping_version(self) -> str:
        wire = self._wire
        return version_of(wire.version, *(getattr(self.settings, name) for name in wire.written))

    def render(self, row: Row, *, is_known: bool) -> Payload:
        memo = json.loads(row["memo"]) if row.get("memo") else {}
        arranged = self._wire.arrange(row, memo)
        assert self.renderer is not None
        return self.wire.shape(self, {**arranged, "memo": memo}, self.renderer(arranged))

    def render_all(self, frame: pl.DataFrame) -> list[Payload]:
        return [self.render(row, is_known=row["is_known"]) for row in frame.iter_rows(named=True)]

    def remember(self, frame: pl.DataFrame) -> pl.DataFrame:
        remember = self._wire.remember
        if remember is None:
            return frame
        memos = [
            json.dumps(remember(self, row, json.loads(row["memo"] or "{}")), ensure_ascii=False)
            for row in frame.iter_rows(named=True)
        ]
        return frame.with_columns(memo=pl.Series(memos, dtype=pl.String))

    @property
    def _wire(self) -> RecordWire:
        assert isinstance(self.wire, RecordWire)
        return self.wire


@dataclass(frozen=True, slots=True)
class Renderer:
    """A mapping made ready: where the values of a record and of its lines go, and how."""

    of_record: tuple[tuple[str, tuple[str, ...], Format], ...]
    of_lines: tuple[tuple[str, bool, tuple[str, ...], Format], ...]
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


def renderer(fields: Sequence[MappedField], formats: Mapping[str, Format]) -> Renderer:
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


def _put(payload: dict[str, Any], path: tuple[str, ...], value: Any, write: Format) -> None:
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


def own_fields(kind: Kind) -> tuple[MappedField, ...]:
    """Every column of a kind under its own name."""
    return tuple(MappedField(one.name, one.name, one.format) for one in kind.columns)


def own_renderer(kind: Kind) -> Renderer:
    """How a record of a kind is written where the names are ours."""
    return renderer(own_fields(kind), RECORD_FORMATS)


def own_entities(
    limits: Capabilities, opener: Callable[[Kind], Callable[[Any, Tools], Destination]]
) -> tuple[Entity, ...]:
    """Products, purchases and carts of a platform whose names are ours."""
    return tuple(
        Entity(name, limits, own_fields(KINDS[name]), opener(KINDS[name]), after, wishes=wishes)
        for name, after, wishes in _OWN
    )


_OWN = (
    (PRODUCTS, (), ("product_key",)),
    (PURCHASES, (PROFILES, PRODUCTS), ("product_key",)),
    (CARTS, (PROFILES,), ("cart_days",)),
)


def record_opener(
    wire: RecordWire, limits: Capabilities, mapping: Sequence[MappedField]
) -> Callable[[Any, Tools], Destination]:
    """How to open one entity of a platform; `batch_size` of its settings is the profiles' alone."""

    def open_records(settings: Any, tools: Tools) -> RecordRemote:
        secrets = {
            name: tools.secret(getattr(settings, name))
            for name in type(settings).SECRETS
            if getattr(settings, name) is not None
        }
        fields = tuple(wire.named(settings, mapping))
        return RecordRemote(
            settings=settings,
            capabilities=wire.limited(settings, limits),
            fields=fields,
            wire=wire,
            http=tools.http,
            secrets=secrets,
            data_dir=tools.data_dir,
            memory=tools.session,
            renderer=renderer(fields, {**RECORD_FORMATS, **wire.formats(settings)}),
        )

    return open_records
